"""How may an event of the log be shown, when a key was declared sensitive after it was written?

The log itself is private and is never rewritten: its hashes would break. What leaves it (views, reports, the terminal) is masked by what the
registry says today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recon.fix.log import Event
from recon.store.masking import Masker

_TELLING = ("why", "reason", "comment")  # sentences that may quote a value
_HIDDEN = "(not shown: the key is sensitive)"


def published(event: Event, masker: Masker) -> Event:
    """The event with every value masked that may not be shown; its number and hash stay those of the log."""
    said = event.detail
    key = str(said.get("key", ""))
    raw_keys = [
        str(change.get("raw_key", "")) for change in said.get("changes", ()) if isinstance(change, Mapping)
    ]
    masked: dict[str, Any] = _masked(said, key, masker)
    if any(masker.sensitive(name) for name in (key, *raw_keys) if name):
        masked |= {name: _HIDDEN for name in _TELLING if masked.get(name)}
    return replace(event, detail=masked) if masked != said else event


def _masked(value: Any, key: str, masker: Masker) -> Any:
    """Values stand in `before`, `after`, `value`: of the change's own raw key, else of the event's key; `before` of a decision is a map of
    raw keys."""
    if isinstance(value, Mapping):
        own = str(value.get("raw_key", key))
        return {part: _part(part, each, own, masker) for part, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each, key, masker) for each in value]
    return value


def _part(name: str, value: Any, key: str, masker: Masker) -> Any:
    if name in ("before", "after", "value") and isinstance(value, str):
        return _shown(key, value, masker)
    if name == "before" and isinstance(value, Mapping):
        return {raw_key: _shown(raw_key, str(each), masker) for raw_key, each in value.items()}
    return _masked(value, key, masker)


def _shown(key: str, value: str, masker: Masker) -> str:
    return masker.token(value) if masker.hides(key, value) else value
