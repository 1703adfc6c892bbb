"""What may the identity do that lists subscriptions of Azure? Nothing but read. Data only."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.places.permissions import Permission

SUBSCRIPTIONS = Permission(
    "Microsoft.Resources/subscriptions/read",
    "each subscription, or a management group above it (Reader)",
    "know which subscriptions there are, with their tags",
)
GRAPH = Permission(
    "Microsoft.ResourceGraph/resources/read",
    "each subscription, or a management group above it (Reader)",
    "list resources and resource groups with their tags, 1,000 a request",
)
RESOURCES = Permission(
    "Microsoft.Resources/subscriptions/resources/read",
    "each subscription (Reader)",
    "list a subscription's resources where Resource Graph does not answer",
)
GROUPS = Permission(
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "each subscription (Reader)",
    "list its resource groups where Resource Graph does not answer",
)

PERMISSIONS = (SUBSCRIPTIONS, GRAPH, RESOURCES, GROUPS)
# request, as it is counted → what it needs
NEEDED: Mapping[str, Permission] = {
    "subscriptions:List": SUBSCRIPTIONS,
    "resourcegraph:Resources": GRAPH,
    "resources:List": RESOURCES,
    "resourceGroups:List": GROUPS,
}
