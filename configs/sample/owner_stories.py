"""Which ways of getting the owner key wrong (or only seemingly wrong) does the estate hold?

Each function tells one story for an owner `v`, with `w` as the other owner where two are at odds. The day of
a change is chosen so that the snapshots around it leave one reading of the rules (see `clock`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from configs.sample import clock
from configs.sample.company import RETIRED_OWNER, Tags
from configs.sample.stories import OWNER_KEY, Span, Story, absent, spelled, steady

# Registered aliases. NEVER_ACTIVATED stands on no bill line of its AWS billing account.
ALIAS = {"aws": "CostCenter", "azure": "CostCenter", "gcp": "costcenter"}
NEVER_ACTIVATED = "CostCentre"
DEPRECATED_KEY = "department"

_START = clock.FIRST_DAY


@dataclass(frozen=True)
class Cast:
    """Who plays in a story: the provider, the owner `v`, another owner `w`."""

    provider: str
    v: str
    w: str

    @property
    def key(self) -> str:
        return spelled(OWNER_KEY, self.provider)


def _told(kind: str, *spans: tuple[date, Tags, Tags, str, str]) -> Story:
    return Story(OWNER_KEY, kind, tuple(Span(*s) for s in spans))


def _same(kind: str, tags: Tags, verdict: str, pays: str) -> Story:
    return steady(OWNER_KEY, kind, tags, tags, verdict, pays)


def variant_value(c: Cast) -> Story:
    """The right owner in capitals; not on Google Cloud, where labels are lower case."""
    return _same("variant-value", ((c.key, c.v.upper()),), "variant", f"owner:{c.v}")


def variant_key(c: Cast) -> Story:
    """The right owner under an alias of the key."""
    return _same("variant-key", ((ALIAS[c.provider], c.v),), "variant", f"owner:{c.v}")


def typo(c: Cast) -> Story:
    """Two letters exchanged: never folded, so invalid."""
    wrong = c.v[0] + c.v[2] + c.v[1] + c.v[3:]
    return _same("typo", ((c.key, wrong),), "invalid", "unallocated:invalid")


def retired_value(c: Cast) -> Story:
    """Valid until the registry retired it; billed on weekdays only, so never on the day itself."""
    tags = ((c.key, RETIRED_OWNER),)
    return _told(
        "retired-value",
        (_START, tags, tags, "ok", f"owner:{RETIRED_OWNER}"),
        (clock.VALUE_RETIRED, tags, tags, "invalid", "unallocated:invalid"),
    )


def deprecated_key(c: Cast) -> Story:
    """A key that stood for the owner key until its sunset, and stands for nothing after it."""
    tags = ((DEPRECATED_KEY, c.v),)
    return _told(
        "deprecated-key",
        (_START, tags, tags, "variant", f"owner:{c.v}"),
        (clock.KEY_SUNSET, tags, tags, "untagged", "unallocated:untagged"),
    )


def wrong_by_catalogue(c: Cast) -> Story:
    """The catalogue expects `v`; live and bill agree on `w`, which pays until someone decides."""
    return _same("wrong-owner-catalogue", ((c.key, c.w),), "wrong-owner", f"owner:{c.w}")


def wrong_by_container(c: Cast) -> Story:
    """The account's own tag is binding and says `v`; the resource says `w`."""
    return _same("wrong-owner-container", ((c.key, c.w),), "wrong-owner", f"owner:{c.w}")


def conflict_live(c: Cast) -> Story:
    """The bill says `v`, the resource `w`, all the time."""
    return steady(OWNER_KEY, "conflict-live", ((c.key, c.w),), ((c.key, c.v),), "conflict", f"owner:{c.v}")


def conflict_spellings(c: Cast) -> Story:
    """Two spellings of the key with different values; the canonical spelling pays."""
    return _same("conflict-spellings", ((ALIAS[c.provider], c.w), (c.key, c.v)), "conflict", f"owner:{c.v}")


def late_by_history(c: Cast) -> Story:
    """Tagged between two snapshots; billed, untagged, only on days between the same two."""
    tags = ((c.key, c.v),)
    return _told(
        "tagged-late-history",
        (_START, (), (), "tagged-late", f"owner:{c.v}"),
        (clock.TAGGED_BEFORE_LAST, tags, (), "tagged-late", f"owner:{c.v}"),
    )


def lagging(c: Cast) -> Story:
    """Seen tagged by the snapshot of 31 October; that day's lines are still within the grace hours."""
    tags = ((c.key, c.v),)
    return _told(
        "lagging",
        (_START, (), (), "tagged-late", f"owner:{c.v}"),
        (clock.TAGGED_BEFORE_LAST, tags, (), "tagged-late", f"owner:{c.v}"),
        (clock.LAST_DAY, tags, (), "lagging", f"owner:{c.v}"),
    )


def late_by_bill(c: Cast) -> Story:
    """Bill lines carry the tag from a day in August on; the inventory began later and always saw it."""
    tags = ((c.key, c.v),)
    return _told(
        "tagged-late-bill",
        (_START, tags, (), "tagged-late", f"owner:{c.v}"),
        (clock.BILL_CAUGHT_UP, tags, tags, "ok", f"owner:{c.v}"),
    )


def not_activated(c: Cast) -> Story:
    """Live under an alias that AWS was never asked to put on the bill."""
    return steady(OWNER_KEY, "not-activated", ((NEVER_ACTIVATED, c.v),), (), "not-activated", f"owner:{c.v}")


def not_billed(c: Cast) -> Story:
    """Live all the time, never on the bill, although the key is on other lines."""
    return steady(OWNER_KEY, "not-billed", ((c.key, c.v),), (), "not-billed", f"owner:{c.v}")


def untagged(c: Cast) -> Story:
    """Nobody ever set it."""
    return absent(OWNER_KEY, "untagged")


def untagged_but_catalogued(c: Cast) -> Story:
    """Absent everywhere, yet the catalogue knows who should pay."""
    return absent(OWNER_KEY, "untagged", "untagged-catalogued", f"owner:{c.v}")


def empty(c: Cast) -> Story:
    """The key is there with nothing in it: a blank value is absent."""
    return _same("empty-value", ((c.key, ""),), "untagged", "unallocated:untagged")


def inherited(c: Cast) -> Story:
    """No value of its own; the container's tag names `v`."""
    return absent(OWNER_KEY, "inherited", "inherited-ladder", f"owner:{c.v}")


def inherited_on_bill(c: Cast) -> Story:
    """The cloud put the container's value on the line; the resource itself does not carry it."""
    return steady(OWNER_KEY, "inherited-bill", (), ((c.key, c.v),), "inherited", f"owner:{c.v}")


def exempt(c: Cast) -> Story:
    """Absent, and the registry exempts the account."""
    return absent(OWNER_KEY, "not-required", "exempt")


def retagged(c: Cast) -> Story:
    """Handed from `v` to `w` between two snapshots; the bill followed on the same day and is right."""
    return _handed_over(c, "retagged", clock.OCTOBER_CHANGE)


def retagged_in_august(c: Cast) -> Story:
    """Handed over before the first snapshot: later lines carry what is live, so the bill is right."""
    return _handed_over(c, "retagged-assumed", clock.AUGUST_RETAG)


def _handed_over(c: Cast, kind: str, day: date) -> Story:
    old, new = ((c.key, c.v),), ((c.key, c.w),)
    return _told(kind, (_START, old, old, "ok", f"owner:{c.v}"), (day, new, new, "ok", f"owner:{c.w}"))


def renamed(c: Cast) -> Story:
    """The key was renamed to an alias, on the resource and on the bill."""
    old, new = ((c.key, c.v),), ((ALIAS[c.provider], c.v),)
    return _told(
        "renamed-key",
        (_START, old, old, "ok", f"owner:{c.v}"),
        (clock.OCTOBER_CHANGE, new, new, "variant", f"owner:{c.v}"),
    )


def removed(c: Cast) -> Story:
    """The live tag was taken away after the last bill line; an absent live value changes nothing."""
    tags = ((c.key, c.v),)
    return _told(
        "removed-key",
        (_START, tags, tags, "ok", f"owner:{c.v}"),
        (clock.TAG_REMOVED, (), tags, "ok", f"owner:{c.v}"),
    )


Teller = Callable[[Cast], Story]
