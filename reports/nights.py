"""What became of the labels on live resources, night after night, and which fixes lie between the nights?"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reports.questions import Row, Store
from reports.words import ratio, things

_SHOWN = 14
_COVERAGE = """
SELECT observed_at, key, sum(taggable)::BIGINT AS taggable, sum(taggable_labelled)::BIGINT AS labelled
FROM live_coverage GROUP BY ALL ORDER BY observed_at, key"""
_FIXES = """
SELECT ended_at AS "at", state AS what FROM fix_history WHERE sent_at IS NOT NULL AND ended_at IS NOT NULL
UNION ALL
SELECT undone_at, 'rolled back' FROM fix_history WHERE undo IN ('applied', 'already') AND undone_at IS NOT NULL ORDER BY ALL"""
# a fix that was looked at later, whatever was found then, was applied in its night
_APPLIED = ("applied", "verified", "reverted", "overwritten", "raced", "gone")


@dataclass(frozen=True)
class Share:
    """One key in one night: labelled ÷ taggable live resources; None where none is taggable."""

    share: Decimal | None
    labelled: int
    taggable: int


@dataclass(frozen=True)
class Night:
    """`shares`: in the order of the keys; `fixes`: what was done to tags since the night before, in words."""

    at: datetime
    shares: list[Share | None]
    fixes: str


@dataclass(frozen=True)
class Nights:
    """The newest nights first; empty where there was no night with a complete inventory."""

    keys: list[str]
    rows: list[Night]


def nights(store: Store) -> Nights:
    """Coverage by count of what can be tagged, per night and key, over all providers."""
    found = store.ask(_COVERAGE)
    instants = sorted({row["observed_at"] for row in found})
    keys = sorted({str(row["key"]) for row in found})
    cells = {(row["observed_at"], row["key"]): _share(row) for row in found}
    done = _between(instants, store.ask(_FIXES))
    rows = [
        Night(at, [cells.get((at, key)) for key in keys], _told(done[n])) for n, at in enumerate(instants)
    ]
    return Nights(keys, rows[::-1][:_SHOWN])


def _share(row: Row) -> Share:
    labelled, taggable = int(row["labelled"]), int(row["taggable"])
    return Share(ratio(Decimal(labelled), Decimal(taggable)), labelled, taggable)


def _between(instants: Sequence[datetime], fixes: Sequence[Row]) -> list[Counter[str]]:
    """What was done before each night and after the one before it."""
    done = [Counter[str]() for _ in instants]
    for row in fixes:
        at = bisect_left(instants, row["at"])
        # what was done at the very instant of a night came after it was read
        at += at < len(instants) and instants[at] == row["at"]
        if at < len(instants):
            done[at]["applied" if row["what"] in _APPLIED else str(row["what"])] += 1
    return done


def _told(done: Counter[str]) -> str:
    return ", ".join(things(count, f"fix {what}", f"fixes {what}") for what, count in sorted(done.items()))
