"""Which tags does the code give a resource? They stand under another name with every provider.

AWS `tags_all` and Google's `terraform_labels` hold the provider's default tags too. Attributes as the providers' own
documents name them; not seen in a live file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# the first that is there counts; 0: of a list its first element
_WHERE: tuple[tuple[str | int, ...], ...] = (
    ("tags_all",),
    ("terraform_labels",),
    ("resource_labels",),
    ("settings", 0, "user_labels"),
    ("metadata", 0, "labels"),
    ("tags",),
    ("labels",),
    ("effective_labels",),
)


def tags_of(attributes: Mapping[str, Any], hidden: Any) -> dict[str, str]:
    """Tags as text. `hidden`: what is sensitive, by the same path: true, or a mapping of keys that are."""
    for path in _WHERE:
        tags, covered = attributes, hidden
        for step in path:
            tags, covered = _at(tags, step), True if covered is True else _at(covered, step)
        if isinstance(tags, Mapping):
            return {} if covered is True else _texts(tags, covered)
    return _of_list(attributes.get("tag"), _at(hidden, "tag"))


def _of_list(tags: Any, hidden: Any) -> dict[str, str]:
    """Auto Scaling groups carry blocks of key and value."""
    if not isinstance(tags, list) or hidden:
        return {}
    pairs = {each.get("key"): each.get("value") for each in tags if isinstance(each, Mapping)}
    return _texts({key: value for key, value in pairs.items() if isinstance(key, str)}, {})


def _texts(tags: Mapping[str, Any], hidden: Any) -> dict[str, str]:
    return {
        str(key): value
        for key, value in tags.items()
        if isinstance(value, str) and not _at(hidden, key)  # null: not set
    }


def _at(found: Any, step: str | int) -> Any:
    if isinstance(step, int) and isinstance(found, list):
        return found[step] if len(found) > step else None
    return found.get(str(step)) if isinstance(found, Mapping) else None
