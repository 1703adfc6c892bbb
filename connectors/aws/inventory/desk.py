"""How is one account asked: paced, page after page, with errors in words?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from connectors.aws.inventory.failures import explained, patience
from connectors.aws.inventory.session import Sessions
from connectors.live.pace import Pace
from recon.errors import OurBug, Unreachable


class Desk(AbstractContextManager["Desk"]):
    """Asks one account; closes its clients at the end. One thread uses it."""

    def __init__(self, sessions: Sessions, pace: Pace, account: str) -> None:
        self.sessions, self.pace, self.account = sessions, pace, account
        self._clients: dict[tuple[str, str], Any] = {}

    def __exit__(self, *_: object) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def ask(self, service: str, operation: str, region: str, **asked: Any) -> dict[str, Any]:
        """One answer. Raises Unreachable, with the permission that the request needs where it was denied, and
        ClientError's own exception chained below it."""
        needs = self.needs(service, operation)
        try:
            return self.pace.ask(
                self.share(service, region),
                lambda: self.once(service, operation, region, **asked),
                patience(service),
            )
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            raise explained(error, f"aws/{self.account}/{region}", needs, service) from error

    def once(self, service: str, operation: str, region: str, **asked: Any) -> dict[str, Any]:
        """One request and its answer, not paced and never asked again. Raises the SDK's own errors."""
        self.needs(service, operation)
        method = getattr(self._client(service, region), xform_name(operation))
        return dict(method(**asked))

    def needs(self, service: str, operation: str) -> str:
        """The permission that a call needs. Raises OurBug for one that is not in the list of calls."""
        call = f"{service}:{operation}"
        if call not in self.sessions.allowed:
            raise OurBug(f"{call} stands not in the list of calls")
        return self.sessions.allowed[call].name

    def share(self, service: str, region: str) -> str:
        """What shares one pace."""
        return f"aws/{self.account}/{region}/{service}"

    def pages(
        self, service: str, operation: str, region: str, needs: str | None = None, **asked: Any
    ) -> Iterator[dict[str, Any]]:
        """All answers, page after page, by the service's own rules of paging; an empty page is not the end.

        `needs`: what each page must hold: one without it is no page of this list, and must not pass for its end.
        """
        client = self._client(service, region)
        if not client.can_paginate(xform_name(operation)):
            yield self._page(self.ask(service, operation, region, **asked), needs, service, operation)
            return
        rules = client.get_paginator(xform_name(operation))._pagination_cfg
        tokens, outputs = _listed(rules["input_token"]), _listed(rules["output_token"])
        said: tuple[Any, ...] = ()
        while True:
            page = self._page(self.ask(service, operation, region, **asked), needs, service, operation)
            yield page
            more = "more_results" not in rules or jmespath.search(rules["more_results"], page)
            found = tuple(jmespath.search(output, page) for output in outputs)
            if not more or not any(found):
                return
            if found == said:
                raise Unreachable(
                    f"aws/{self.account}/{region}", f"{service}:{operation} gave the same page token twice"
                )
            said = found
            asked |= {token: value for token, value in zip(tokens, found, strict=True) if value}

    def _page(self, page: dict[str, Any], needs: str | None, service: str, operation: str) -> dict[str, Any]:
        if needs is not None and not isinstance(page.get(needs), list):
            raise Unreachable(
                f"aws/{self.account}", f"an answer that can't be read: {service}:{operation} lacks {needs}"
            )
        return page

    def _client(self, service: str, region: str) -> Any:
        known = self._clients.get((service, region))
        if known is None:
            known = self._clients[service, region] = self.sessions.client(self.account, service, region)
        return known


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
