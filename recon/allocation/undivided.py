"""In which months does no split divide a pool?"""

from __future__ import annotations

from collections.abc import Iterable

from recon.allocation.split_model import Split, before
from recon.allocation.split_order import FIRST, epochs
from recon.hostile import shown
from recon.yaml_file import nearest


def undivided(pool: str, splits: Iterable[Split]) -> str | None:
    """The sentence that no split divides `pool`, in which months, and what to do; None where one always does."""
    known = list(splits)
    own = [split for split in known if split.source == pool]
    if not own:
        near = nearest(pool, sorted({s.source for s in known if s.source.startswith("shared:")}))
        hint = f' Did you mean "{shown(near)}"?' if near is not None else ""
        return f'no split divides "{shown(pool)}"; add one with this `source`, or name an owner.{hint}'
    months = _months(own)
    if not months:
        return None
    return f'no split divides "{shown(pool)}" {", ".join(months)}; add one for these months, or name an owner'


def _months(own: list[Split]) -> list[str]:
    """The stretches of time in which none of the splits is in force, in words."""
    starts = epochs(own)
    open_ = [not any(split.in_force(start) for split in own) for start in starts]
    found = []
    for i, start in enumerate(starts):
        if open_[i] and not (i and open_[i - 1]):
            ends = next((starts[j] for j in range(i + 1, len(starts)) if not open_[j]), None)
            if start == FIRST:
                found.append(f"before {ends}")
            else:
                found.append(f"from {start} through {before(ends)}" if ends else f"from {start} on")
    return found
