"""What do Resource Graph's tables hold for these subscriptions, page by page?

Resources and their containers stand in two tables. A query must name `id` and be sorted, else its pages overlap. About
15 queries in 5 seconds are allowed to one identity; each answer says how many are left, and where none is, the next
question waits through the pace until they are there again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

from connectors.azure.inventory.clients import Clients, QuotaSpent, seconds
from connectors.azure.inventory.rows import GROUP, SUBSCRIPTION, resource
from recon.errors import Unreachable
from recon.hostile import shown
from recon.snapshot.listing import Resource

PAGE = 1000  # the most that a page may hold
SHARE = "resourcegraph"
_FIELDS = "| project id, name, type, location, resourceGroup, subscriptionId, tags | order by id asc"
TABLES = (
    f"resourcecontainers | where type in~ ('{SUBSCRIPTION}', '{GROUP}') {_FIELDS}",
    f"resources {_FIELDS}",
)
_BELOW = f"resourcecontainers | where type =~ '{SUBSCRIPTION}' {_FIELDS}"
_OPERATION = "resourcegraph:Resources"


@dataclass(frozen=True)
class Page:
    """`cut`: why rows are missing that no further page will bring; None where none are."""

    rows: list[Resource]
    cut: str | None = None


class Graph:
    """Resource Graph, asked by any number of threads, which share one quota."""

    def __init__(self, clients: Clients) -> None:
        self.clients, self._again_at = clients, 0.0

    def list(self, subscriptions: Sequence[str], what: str) -> Iterator[Page]:
        """Containers, then resources, of the subscriptions. Raises Unreachable."""
        for query in TABLES:
            yield from self._pages(QueryRequest(query=query, subscriptions=[*subscriptions]), what)

    def subscriptions_below(self, group: str) -> Iterator[Page]:
        """The subscriptions below a management group that the identity can see. Raises Unreachable."""
        request = QueryRequest(query=_BELOW, management_groups=[group])
        yield from self._pages(request, f"management group {shown(group)}", allow_partial_scopes=True)

    def answers(self, subscription: str) -> None:
        """One cheap question about a subscription. Raises Unreachable."""
        request = QueryRequest(query=_BELOW, subscriptions=[subscription])
        next(self._pages(request, f"subscription {subscription}", top=1))

    def _pages(self, request: QueryRequest, what: str, top: int = PAGE, **options: Any) -> Iterator[Page]:
        token: str | None = None
        while True:
            request.options = QueryRequestOptions(
                top=top, skip_token=token, result_format="objectArray", **options
            )
            said, headers = self.clients.ask(_OPERATION, SHARE, what, lambda: self._query(request))
            rows, following = _read(said, what), said.get("$skipToken") or None
            yield Page(rows, _cut(said, headers, len(rows), first=token is None, last=following is None))
            if following is None:
                return
            if following == token:
                raise Unreachable(what, "Resource Graph names the same page again and again")
            token = following

    def _query(self, request: QueryRequest) -> tuple[dict[str, Any], Any]:
        left = self._again_at - self.clients.pace.clock()
        if left > 0:
            raise QuotaSpent(left)
        answer: Any = self.clients.graph.resources(request, cls=_told)
        _, headers = answer
        if headers.get("x-ms-user-quota-remaining") == "0":
            wait = seconds(headers.get("x-ms-user-quota-resets-after"))
            self._again_at = self.clients.pace.clock() + wait
        return answer  # type: ignore[no-any-return]


def _told(response: Any, *_: object) -> tuple[dict[str, Any], Any]:
    """The answer as it was sent: the SDK's own reading guesses at types."""
    said = json.loads(response.http_response.text())
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said, response.http_response.headers


def _read(said: dict[str, Any], what: str) -> list[Resource]:
    try:
        return [resource(row) for row in said["data"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreachable(what, f"Resource Graph's answer is no list of resources ({error})") from error


def _cut(said: dict[str, Any], headers: Any, rows: int, *, first: bool, last: bool) -> str | None:
    if str(headers.get("x-ms-tenant-subscription-limit-hit", "")).lower() == "true":
        return "Resource Graph left subscriptions out, for it looks at no more than 10,000 in one question"
    total = said.get("totalRecords")
    if last and str(said.get("resultTruncated", "")).lower() == "true":
        return "Resource Graph cut its answer off and names no further page"
    if first and last and isinstance(total, int) and total > rows:
        return f"Resource Graph shows {rows} of {total} rows and names no further page"
    return None
