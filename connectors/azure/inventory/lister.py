"""What lies in the configured subscriptions now, with its tags?

A unit is a batch of subscriptions, which Resource Graph answers together: 200 subscriptions of 50 resources take 4
queries for containers and 10 for resources, and 400 one by one, at 3 a second for all workers together. A query takes
up to 1,000 subscriptions; batches are of 100, so that one that breaks costs little to repeat. Gaps stay those of a
subscription: one whose own row a batch lacks was left out in silence, and where Resource Graph does not answer, each
subscription of the batch is listed for itself by Resource Manager, whose quota is another one.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator, Sequence

from connectors.azure.inventory.clients import Clients, Tries
from connectors.azure.inventory.graph import SHARE, Graph
from connectors.azure.inventory.one_by_one import list_subscription
from connectors.azure.inventory.permissions import GRAPH
from connectors.azure.inventory.rows import SUBSCRIPTION
from connectors.azure.inventory.subscriptions import Plan, plan
from connectors.live.pace import Pace
from recon.config.live import AzureScope
from recon.errors import Unreachable
from recon.snapshot.listing import Resource, Unit, Unseen

BATCH = 100
_SILENT = 3


def open_lister(
    scope: AzureScope | None, pace: Pace | None = None, tries: Tries | None = None
) -> AzureLister:
    """The lister of a configured part of Azure, or of all that the identity can see; asks nothing yet."""
    cloud = scope.cloud if scope else "public"
    return AzureLister(scope, Clients(cloud, pace or Pace(), tries or Tries()))


class AzureLister:
    """A `Lister` over Resource Graph and Resource Manager. Where Resource Graph breaks off in a unit, the lists that
    take its place name resources again that it had named before."""

    provider = "azure"
    lists_untagged = True

    def __init__(self, scope: AzureScope | None, clients: Clients) -> None:
        self._scope, self._clients, self._graph = scope, clients, Graph(clients)
        self._planned: Plan | None = None
        self._lock = threading.Lock()

    @property
    def calls(self) -> Counter[str]:
        return self._clients.calls

    def units(self) -> Iterator[Unit | Unseen]:
        """Batches of the subscriptions that the identity can see, and what of the configuration it can't."""
        yield from self._plan().unseen
        for batch in self._batches():
            yield _unit(batch)

    def resources(self, unit: Unit) -> Iterator[Resource | Unseen]:
        """Subscriptions, resource groups and resources of a unit. Raises Unreachable where none of it can be listed."""
        batch = {_unit(batch).key: batch for batch in self._batches()}.get(unit.key)
        if batch is None:
            raise Unreachable(
                f"unit {unit.key}", "it is none of the subscriptions that can be seen now", kind="missing"
            )
        broken = Unreachable("Resource Graph", "it was left out in silence", GRAPH.name, "denied")
        lacking = {account.lower(): account for account in batch}
        try:
            yield from self._by_graph(batch, unit, lacking)
        except Unreachable as error:
            broken, lacking = error, {account.lower(): account for account in batch}
        failed: dict[str, Unreachable] = {}
        yield from self._one_by_one([*lacking.values()], failed)
        for account, why in failed.items():
            told = _both(broken, why)
            if unit.account:
                raise told
            yield Unseen("azure", account, str(told), kind=told.kind, permission=told.permission)

    def activations(self) -> tuple[()]:
        """None: tags reach an Azure bill without being activated."""
        return ()

    def probe(self) -> Iterator[Unit | Unseen]:
        """The units, each asked about its first subscription, and what can't be seen."""
        yield from self._plan().unseen
        for batch in self._batches():
            try:
                self._graph.answers(batch[0])
                yield _unit(batch)
            except Unreachable as error:
                account = batch[0] if len(batch) == 1 else ""
                yield Unseen("azure", account, str(error), kind=error.kind, permission=error.permission)

    def close(self) -> None:
        self._clients.close()

    def _by_graph(
        self, batch: Sequence[str], unit: Unit, lacking: dict[str, str]
    ) -> Iterator[Resource | Unseen]:
        """What Resource Graph shows of a batch; takes out of `lacking` the subscriptions whose own rows came."""
        what = f"subscription {batch[0]}" if unit.account else f"{len(batch)} subscriptions"
        for page in self._graph.list(batch, what):
            for row in page.rows:
                if row.type == SUBSCRIPTION:
                    lacking.pop(row.account.lower(), None)
            yield from page.rows
            if page.cut:
                for account in batch:
                    yield Unseen("azure", account, page.cut)

    def _one_by_one(self, accounts: Sequence[str], failed: dict[str, Unreachable]) -> Iterator[Resource]:
        """What Resource Manager lists of each; `failed`: why not. What is wrong with all of them is not waited for in
        each: after a few in a row that did not answer at all, the others fail alike."""
        silent = 0
        for account in accounts:
            if silent >= _SILENT:
                failed[account] = failed[next(reversed(failed))]
                continue
            try:
                yield from list_subscription(self._clients, self._plan().found[account])
                silent = 0
            except Unreachable as error:
                failed[account] = error
                silent = 0 if error.kind in ("denied", "missing") else silent + 1

    def _batches(self) -> list[tuple[str, ...]]:
        found = [*self._plan().found]
        return [tuple(found[at : at + BATCH]) for at in range(0, len(found), BATCH)]

    def _plan(self) -> Plan:
        with self._lock:
            if self._planned is None:
                self._planned = plan(self._clients, self._graph, self._scope)
            return self._planned


def _unit(batch: Sequence[str]) -> Unit:
    """A batch's key changes with what it holds: what was listed of another one is no part of it."""
    if len(batch) == 1:
        return Unit(batch[0], "azure", batch[0], share=SHARE)
    digest = hashlib.sha256("\n".join(batch).encode()).hexdigest()[:12]
    return Unit(f"{len(batch)} subscriptions {digest}", "azure", "", share=SHARE)


def _both(graph: Unreachable, listed: Unreachable) -> Unreachable:
    """Why neither way led to the resources; what the list needs is what is missing."""
    return Unreachable(
        listed.what, f"{listed.reason}; before, {graph.what}: {graph.reason}", listed.permission, listed.kind
    )
