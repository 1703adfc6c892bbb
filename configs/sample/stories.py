"""What happened to one tag of one resource, and which verdict does that earn on each day?

A story is a key's timeline: from each span's first day on, what the resource carries (live), what its bill
lines carry (billed), and the verdict and payer that the contract's rules give a usage line of that day. The
verdict is written down here with the story, not computed from the tags: this is the planted truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from configs.sample import clock
from configs.sample.company import Tags

OWNER_KEY = "cost-center"
REQUIRED_KEYS = (OWNER_KEY, "environment", "data-class")

_WRONG_ON_THE_BILL = (
    "variant",
    "invalid",
    "wrong-owner",
    "conflict",
    "tagged-late",
    "lagging",
    "not-activated",
)
_NOT_THERE = ("not-billed", "untagged", "unknown-resource", "deleted")
DEFECTS = frozenset((*_WRONG_ON_THE_BILL, *_NOT_THERE))
VERDICTS = DEFECTS | {"ok", "inherited", "not-required", "untaggable", "shared"}


@dataclass(frozen=True)
class Span:
    """One stretch of a story. `pays` is a ledger account before splits, None for keys that pay nothing."""

    since: date
    live: Tags
    billed: Tags
    verdict: str
    pays: str | None = None


@dataclass(frozen=True)
class Story:
    """One key of one resource over time. `kind` says what was planted; "healthy" means nothing was."""

    key: str
    kind: str
    spans: tuple[Span, ...]

    def on(self, day: date) -> Span:
        """The span in force on a day; days before the first span read the first."""
        current = self.spans[0]
        for span in self.spans:
            if span.since <= day:
                current = span
        return current


def spelled(key: str, provider: str) -> str:
    """The canonical raw key on a provider: the registry spells the owner key otherwise on Google Cloud."""
    return "cost_center" if (key, provider) == (OWNER_KEY, "gcp") else key


def steady(key: str, kind: str, live: Tags, billed: Tags, verdict: str, pays: str | None = None) -> Story:
    """A story in which nothing changes."""
    return Story(key, kind, (Span(clock.FIRST_DAY, live, billed, verdict, pays),))


def healthy(key: str, provider: str, value: str) -> Story:
    """Tagged in the canonical form, live and on the bill, all the time."""
    tags = ((spelled(key, provider), value),)
    return steady(key, "healthy", tags, tags, "ok", f"owner:{value}" if key == OWNER_KEY else None)


def absent(key: str, verdict: str, kind: str | None = None, pays: str | None = None) -> Story:
    """Nowhere a value; `verdict` says why, `pays` defaults to the pool that is named after it."""
    pays = pays or f"unallocated:{verdict}"
    return steady(key, kind or verdict, (), (), verdict, pays if key == OWNER_KEY else None)


def not_required(key: str) -> Story:
    """Absent where the registry does not ask for it: no defect, and nothing planted."""
    return absent(key, "not-required", "healthy")


def free(tags: Tags, kind: str = "healthy") -> Story:
    """Tags under keys that no verdict is about: names, notes, contacts."""
    return steady(tags[0][0], kind, tags, tags, "")
