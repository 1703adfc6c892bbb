"""Which subscriptions are to be listed, and which of those that were asked for does the identity not see?

Resource Manager leaves a subscription out in silence that the identity may not read: only comparing tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from connectors.azure.inventory.clients import Clients
from connectors.azure.inventory.graph import Graph
from connectors.azure.inventory.one_by_one import pages
from connectors.azure.inventory.permissions import SUBSCRIPTIONS
from connectors.azure.inventory.rows import SUBSCRIPTION, resource
from recon.config.live import AzureScope
from recon.errors import Unreachable
from recon.hostile import shown
from recon.snapshot.listing import Resource, Unseen

_WHAT = "the list of subscriptions"
_SHARE = "arm"


@dataclass(frozen=True)
class Plan:
    """`found`: the subscriptions to list, by id; `unseen`: what is configured and can't be seen."""

    found: dict[str, Resource] = field(default_factory=dict)
    unseen: list[Unseen] = field(default_factory=list)


def plan(clients: Clients, graph: Graph, scope: AzureScope | None) -> Plan:
    """What the scope means. Raises Unreachable where not even the subscriptions can be told."""
    visible = {one.account.lower(): one for one in _visible(clients)}
    if scope is None or not (scope.subscriptions or scope.management_groups):
        return Plan(dict(sorted((one.account, one) for one in visible.values())))
    chosen: dict[str, Resource] = {}
    unseen: list[Unseen] = []
    for wanted in scope.subscriptions:
        if one := visible.get(wanted.lower()):
            chosen[one.account] = one
        else:
            unseen.append(_not_visible(wanted))
    for group in scope.management_groups:
        try:
            for page in graph.subscriptions_below(group):
                chosen.update({row.account: visible.get(row.account.lower(), row) for row in page.rows})
                if page.cut:
                    unseen.append(Unseen("azure", "", f"management group {shown(group)}: {page.cut}"))
        except Unreachable as error:
            unseen.append(Unseen("azure", "", str(error), kind=error.kind, permission=error.permission))
    return Plan(dict(sorted(chosen.items())), unseen)


def _visible(clients: Clients) -> list[Resource]:
    def asked() -> Any:
        return clients.subscriptions.subscriptions.list()

    return [
        _subscription(one)
        for page in pages(clients, "subscriptions:List", _SHARE, _WHAT, asked)
        for one in page
        if one.get("state") != "Deleted"
    ]


def _subscription(one: dict[str, Any]) -> Resource:
    try:
        own = str(one["subscriptionId"])
        row = {"id": f"/subscriptions/{own}", "name": one.get("displayName"), "type": SUBSCRIPTION}
        return resource({**row, "tags": one.get("tags")}, own)
    except (ValueError, KeyError) as error:
        raise Unreachable(_WHAT, f"an answer holds what is no subscription ({error})") from error


def _not_visible(wanted: str) -> Unseen:
    name = shown(wanted, 100)
    reason = f"subscription {name} is not among those that the identity can see: it does not exist, or is not shown"
    return Unseen("azure", wanted, reason, kind="denied", permission=SUBSCRIPTIONS.name)
