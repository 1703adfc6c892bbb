"""What may the identity do that lists a cluster? Nothing but get and list. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.kubernetes.inventory.kinds import KINDS, Kind
from connectors.places.permissions import Permission


def rule(kind: Kind) -> str:
    """What a cluster role needs for one kind, in the words of RBAC."""
    return f'list {kind.plural} (apiGroups: ["{kind.group}"])'


_WHY = {
    "namespace": "know the namespaces and the labels that what lies in them may inherit",
    "node": "know the nodes, their labels and which machines they are",
    "pod": "list pods that no controller owns",
}
LIST: Mapping[str, Permission] = {
    kind.name: Permission(
        rule(kind),
        "the cluster, or each configured namespace" if kind.namespaced else "the cluster",
        _WHY.get(kind.name, f"list {kind.plural} with their labels"),
    )
    for kind in KINDS
}
GET_NAMESPACE = Permission(
    'get namespaces (apiGroups: [""])',
    "each configured namespace",
    "read the labels of just those namespaces",
)

PERMISSIONS = (*LIST.values(), GET_NAMESPACE)
# request, as it is counted → what it needs
NEEDED: Mapping[str, Permission] = {
    **{kind.call: LIST[kind.name] for kind in KINDS},
    "kubernetes:get namespaces": GET_NAMESPACE,
}
CLUSTER_ROLE: Mapping[str, Any] = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "tagrecon-inventory"},
    "rules": [
        {
            "apiGroups": [group],
            "resources": [kind.plural for kind in KINDS if kind.group == group],
            "verbs": ["get", "list"],
        }
        for group in ("", "apps", "batch")
    ],
}
