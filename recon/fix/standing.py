"""How does a resource stand to an action: as before it, as after it, or otherwise? And what is left to write?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from recon.fix.limits import limits_of
from recon.fix.planned import Action, Change
from recon.fix.writing import Edit
from recon.hostile import MASK

Raw = Callable[[str], str]  # a published value → the byte-exact one
Stand = Literal["before", "after", "other"]


@dataclass(frozen=True)
class Standing:
    """`left`: the changes that are still to be made; empty unless `stand` is before."""

    stand: Stand
    left: tuple[Change, ...] = field(default=(), repr=False)


def standing(action: Action, tags: Mapping[str, str], raw: Raw) -> Standing:
    """Each changed key for itself: where every one is as before or as after, what is left is still to be written."""
    left = []
    for change in action.changes:
        now = value_of(tags, change.raw_key, action.target.provider_id)
        if now == exact(change.after, raw):
            continue
        # a backfill of earlier months is no earlier state of this one
        if now != exact(change.before, raw) and not action.backfills:
            return Standing("other")
        left.append(change)
    return Standing("before", tuple(left)) if left else Standing("after")


def edit_of(action: Action, left: Sequence[Change], raw: Raw) -> Edit:
    """The changes as a writer makes them."""
    put = {c.raw_key: exact(c.after, raw) or "" for c in left if c.after is not None}
    return Edit(action.target, put, tuple(c.raw_key for c in left if c.after is None))


def unknown_values(action: Action, raw: Raw) -> bool:
    """Whether a mark stands for a value that is not known on this machine: such a mark must never be written."""
    texts = (exact(c.after, raw) for c in action.changes)
    return any(text is not None and MASK.fullmatch(text) for text in texts)


def exact(value: str | None, raw: Raw) -> str | None:
    """The byte-exact value; None stays None: the key is not there."""
    return None if value is None else raw(value)


def value_of(tags: Mapping[str, str], raw_key: str, provider_id: str) -> str | None:
    """The value of a raw key; where the provider tells keys apart without regard to case, of the one that is there."""
    if raw_key in tags or not limits_of(provider_id).keys_fold:
        return tags.get(raw_key)
    return next((v for k, v in sorted(tags.items()) if k.casefold() == raw_key.casefold()), None)
