"""How is something found in a record whose writer may have left out, renamed or redacted any part of it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def inside(record: Any, *names: str) -> Any:
    """What stands at the path; None where a part of it is no mapping or is not there."""
    for name in names:
        if not isinstance(record, Mapping):
            return None
        record = record.get(name)
    return record


def text(value: Any) -> str | None:
    """The text, blanks around it gone; None for what is no text or is blank."""
    return value.strip() or None if isinstance(value, str) else None


def items(value: Any) -> list[Any]:
    """A list of what may be written as a list, as one thing, or as {"items": […]}."""
    if isinstance(value, Mapping) and isinstance(value.get("items"), list):
        return list(value["items"])
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def walk(value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Every (name, value) below `value`, down to `depth` mappings; lists are looked through."""
    if isinstance(value, list):
        for item in value:
            yield from walk(item, depth)
    elif isinstance(value, Mapping) and depth > 0:
        for name, found in value.items():
            yield str(name), found
            yield from walk(found, depth - 1)


def key_names(tags: Any) -> list[str]:
    """The names of tag keys, of however many forms: {"k": "v"}, [{"key": "k", …}] (Key, tagKey, TagKey), ["k"], or {"items": […]}."""
    if isinstance(tags, Mapping) and not any(name in tags for name in ("items", *_KEY)):
        return [str(name) for name in tags]
    found = []
    for item in items(tags):
        key = next((item[k] for k in _KEY if k in item), None) if isinstance(item, Mapping) else item
        if isinstance(key, str) and key:
            found.append(key)
    return found


_KEY = ("key", "Key", "tagKey", "TagKey")
