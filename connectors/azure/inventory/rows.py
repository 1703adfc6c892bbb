"""How does a row of Azure, from Resource Graph or from a list, become a resource? As connectors/files/azure_graph.sql
reads a dump: ids and tag names keep their casing, which Azure itself ignores; types are in lower case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recon.snapshot.listing import Resource

SUBSCRIPTION = "microsoft.resources/subscriptions"
GROUP = f"{SUBSCRIPTION}/resourcegroups"
_IN_SUBSCRIPTION = re.compile(r"(?i)(/subscriptions/([^/]+))(?:/.*)?", re.DOTALL)
_IN_GROUP = re.compile(r"(?i)(/subscriptions/[^/]+/resourcegroups/[^/]+)/.+", re.DOTALL)


def resource(row: Mapping[str, Any], account: str = "") -> Resource:
    """`row` with id, name, type, location, tags and, from Resource Graph, subscriptionId. Raises ValueError where it
    has no id or no type."""
    own, kind = row.get("id"), row.get("type")
    if not isinstance(own, str) or not isinstance(kind, str) or not own or not kind:
        raise ValueError("a row without id or type")
    subscription = _IN_SUBSCRIPTION.fullmatch(own)
    group = _IN_GROUP.fullmatch(own)
    container = group[1] if group else subscription[1] if subscription else None
    named = str(row.get("subscriptionId") or "") or account or (subscription[2] if subscription else "")
    return Resource(
        "azure",
        named,
        str(row.get("location") or ""),
        kind.lower(),
        own,
        str(row.get("name") or "") or None,
        None if container is None or container.lower() == own.lower() else container,
        tags_of(row.get("tags")),
    )


def tags_of(tags: Any) -> dict[str, str]:
    """Tags as they are, hidden ones too; a tag whose value is null is none. Raises ValueError for what is no tag."""
    if tags is None or tags == "":
        return {}
    if not isinstance(tags, Mapping):
        raise ValueError("tags that are no mapping")
    if any(not isinstance(value, str | None) for value in tags.values()):
        raise ValueError("a tag whose value is no text")
    return {str(key): value for key, value in tags.items() if value is not None}
