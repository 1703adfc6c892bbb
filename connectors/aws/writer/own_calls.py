"""How are tags read and written where a service has calls of its own: one resource at a time?"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import jmespath  # type: ignore[import-untyped]

from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.failures import throttled
from connectors.aws.inventory.names import Arn, tags_of
from connectors.aws.writer.outcomes import SDK_ERRORS, failed
from connectors.aws.writer.ways import Way, named
from recon.errors import Unreachable
from recon.fix.writing import Done, Failed, Seen

_URLS = ("QueueName", "QueueOwnerAWSAccountId", "QueueUrl")


class OwnCalls:
    """Reads and writes by `Way`s. One thread uses it."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}

    def read(self, desk: Desk, way: Way, arn: Arn, region: str) -> Seen | Failed:
        """The tags as they are now."""
        tags: dict[str, str] = {}
        try:
            asked = named(way, arn, self._url(desk, way, arn, region))
            for page in desk.pages(way.service, way.read, region, **asked):
                if way.holds and jmespath.search(way.holds, page) is None:
                    return Failed("gone", f"{way.service} knows no such resource")
                tags |= tags_of(jmespath.search(way.found, page))
        except Unreachable as error:
            cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
            return failed(cause, way.service, error.permission or "", ())
        return Seen(tags)

    def put(
        self, desk: Desk, way: Way, arn: Arn, region: str, tags: Mapping[str, str], values: Collection[str]
    ) -> Done | Failed:
        """Add the tags."""
        return self._sent(desk, way, way.put, arn, region, way.putting(tags), values)

    def drop(
        self, desk: Desk, way: Way, arn: Arn, region: str, keys: tuple[str, ...], values: Collection[str]
    ) -> Done | Failed:
        """Take the keys away."""
        return self._sent(desk, way, way.drop, arn, region, way.dropping(keys), values)

    def _sent(
        self,
        desk: Desk,
        way: Way,
        operation: str,
        arn: Arn,
        region: str,
        asked: dict[str, object],
        values: Collection[str],
    ) -> Done | Failed:
        try:
            asked = {**named(way, arn, self._url(desk, way, arn, region)), **asked}
            answer = desk.pace.at_once(
                desk.share(way.service, region),
                lambda: desk.once(way.service, operation, region, **asked),
                lambda error: throttled(error, way.service),
            )
        except SDK_ERRORS as error:
            return failed(error, way.service, desk.needs(way.service, operation), values)
        return Done(answer.get("ResponseMetadata", {}).get("RequestId"))

    def _url(self, desk: Desk, way: Way, arn: Arn, region: str) -> str:
        """A queue's URL, asked for once. Raises Unreachable."""
        if not way.url:
            return ""
        if arn.text not in self._urls:
            name, owner, url = _URLS
            said = desk.ask(way.service, way.url, region, **{name: arn.rest, owner: arn.account})
            self._urls[arn.text] = str(said.get(url, ""))
        return self._urls[arn.text]
