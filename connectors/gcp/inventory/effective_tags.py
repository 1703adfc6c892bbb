"""Under which keys do labels and Resource Manager tags stand, so that bill and inventory say the same?

The billing export gives labels their own keys and puts a resource's own tags beside them, weaker: a tag goes by its
short name, and where a label or an earlier tag has that key, by `tag/<namespace>/<key>`. What a container hands down
it tells the other way round: its tags first, and a project's label below them as `project_label/<key>` where a tag has
its key. Both rules are those of connectors/gcp/billing_export.sql and words.sql (`beside`, `below`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connectors.gcp.inventory.names import MANAGER


def own_tags(labels: Mapping[str, str], tags: Iterable[Any]) -> dict[str, str]:
    """Key → value of a resource: its labels, and `tags` (Cloud Asset `Tag`s) attached to itself."""
    found = dict(labels)
    _lay_beside(found, tags)
    return found


def container_tags(labels: Mapping[str, str], tags: Iterable[Any]) -> dict[str, str]:
    """Key → value of a project, folder or organization, as those below inherit it."""
    found: dict[str, str] = {}
    _lay_beside(found, tags)
    taken = set(found)
    for key, value in labels.items():
        found[f"project_label/{key}" if key in taken else key] = value
    return found


def handed_down(effective: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Containers that a result inherits from, by full name, each with the tags that reach it."""
    for part in effective:
        if part.attached_resource.startswith(MANAGER):
            yield part.attached_resource, list(part.effective_tags)


def _lay_beside(found: dict[str, str], tags: Iterable[Any]) -> None:
    for tag in tags:
        # Namespaced: 123456/env, and its value 123456/env/prod
        namespace, _, key = tag.tag_key.rpartition("/")
        value = tag.tag_value.removeprefix(f"{tag.tag_key}/")
        found[f"tag/{namespace}/{key}" if key in found else key] = value
