"""How does an object of the API server become a row?

Ids are our own, for Kubernetes has no full names: `k8s://cluster/namespace/kind/name`, `k8s://cluster/node/name` and
`k8s://cluster/namespace`. They outlive the object: one that is deleted and made again under its name is the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.kubernetes.inventory.kinds import NAMESPACE, NODE, POD, Kind
from recon.snapshot.listing import Resource

REGION = "topology.kubernetes.io/region"


def resource(cluster: str, kind: Kind, item: Any) -> Resource | None:
    """The row of an object; None for a pod that a controller owns. Raises ValueError for what is no object."""
    meta = item.get("metadata") if isinstance(item, Mapping) else None
    if not isinstance(meta, Mapping):
        raise ValueError("an item without metadata")
    name, namespace = meta.get("name"), meta.get("namespace")
    if not isinstance(name, str) or not name or (kind.namespaced and not namespace):
        raise ValueError("an item without name or namespace")
    if kind is POD and _is_owned(meta):
        return None
    tags = labels(meta)
    own = id_of(cluster, kind, str(namespace or ""), name)
    return Resource(
        "k8s",
        cluster,
        tags.get(REGION, "") if kind is NODE else "",
        kind.type,
        own,
        name,
        f"k8s://{cluster}/{namespace}" if kind.namespaced else None,
        tags,
        _other_ids(cluster, kind, own, meta, item.get("spec")),
    )


def id_of(cluster: str, kind: Kind, namespace: str, name: str) -> str:
    """The full name of an object."""
    if kind.namespaced:
        return f"k8s://{cluster}/{namespace}/{kind.name}/{name}"
    return f"k8s://{cluster}/{name}" if kind is NAMESPACE else f"k8s://{cluster}/{kind.name}/{name}"


def labels(meta: Mapping[str, Any]) -> dict[str, str]:
    """Labels as they are. Raises ValueError for what is none."""
    found = meta.get("labels")
    if found is None:
        return {}
    if not isinstance(found, Mapping) or any(not isinstance(value, str) for value in found.values()):
        raise ValueError("labels that are no mapping of text")
    return dict(found)


def _is_owned(meta: Mapping[str, Any]) -> bool:
    owners = meta.get("ownerReferences") or []
    return any(isinstance(owner, Mapping) and owner.get("controller") is True for owner in owners)


def _other_ids(cluster: str, kind: Kind, own: str, meta: Mapping[str, Any], spec: Any) -> tuple[str, ...]:
    """By which other names a bill may call it: the id without its scheme, its uid, the tail of the ARN that AWS split
    cost allocation gives a pod; of a node its machine, of a claim its volume."""
    found = [own.removeprefix("k8s://"), meta.get("uid")]
    if kind is POD and meta.get("uid"):
        found.append(f"pod/{cluster}/{meta['namespace']}/{meta['name']}/{meta['uid']}")
    if isinstance(spec, Mapping):
        found += [spec.get("providerID") if kind is NODE else None, spec.get("volumeName")]
    return tuple(dict.fromkeys(other for other in found if isinstance(other, str) and other))
