"""What lies in one subscription, where Resource Graph does not answer? Resource Manager's own lists say it.

They are never filtered by tags: an answer so filtered leaves the tags out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from connectors.azure.inventory.clients import Clients
from connectors.azure.inventory.rows import GROUP, resource
from recon.errors import Unreachable
from recon.snapshot.listing import Resource


def list_subscription(clients: Clients, subscription: Resource) -> Iterator[Resource]:
    """The subscription itself, its resource groups, its resources. Raises Unreachable."""
    account, what = subscription.account, f"subscription {subscription.account}"
    yield subscription
    with closing(clients.manager(account)) as manager:
        for operation, asked, kind in (
            ("resourceGroups:List", manager.resource_groups.list, {"type": GROUP}),
            ("resources:List", manager.resources.list, {}),
        ):
            for page in pages(clients, operation, f"arm/{account}", what, asked):
                try:
                    found = [resource({**row, **kind}, account) for row in page]
                except ValueError as error:
                    raise Unreachable(what, f"the list holds what is no resource ({error})") from error
                yield from found


def pages(
    clients: Clients, operation: str, share: str, what: str, asked: Callable[[], Any]
) -> Iterator[list[dict[str, Any]]]:
    """The pages of one of Resource Manager's lists, items as they were sent. Raises Unreachable."""
    found = clients.ask(operation, share, what, lambda: asked().by_page())
    passed: set[str] = set()
    # A page that broke is asked for again: the iterator moves on only after an answer.
    while (page := clients.ask(operation, share, what, lambda: _next(found))) is not None:
        yield page
        token = found.continuation_token
        if token in passed:
            raise Unreachable(what, "the list names the same page again and again")
        if token:
            passed.add(token)


def _next(found: Any) -> list[dict[str, Any]] | None:
    page = next(found, None)
    return None if page is None else [one.as_dict() for one in page]
