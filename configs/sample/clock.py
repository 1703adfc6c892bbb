"""Which days does the sample estate live through?

Three billing periods that have ended, and six inventory snapshots. The milestones are chosen so that the
contract's rules give one answer: a value retires on a Saturday and is used on weekdays only, a tag appears
between two snapshots that enclose every day on which its resource is billed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

NOW = datetime(2026, 11, 3, 6, tzinfo=UTC)
PERIODS = ("2026-08", "2026-09", "2026-10")
FIRST_DAY, LAST_DAY = date(2026, 8, 1), date(2026, 10, 31)
SNAPSHOTS = (
    date(2026, 9, 1),
    date(2026, 9, 15),
    date(2026, 10, 1),
    date(2026, 10, 15),
    date(2026, 10, 31),
    date(2026, 11, 2),
)
SNAPSHOT_HOUR = 2

BILL_CAUGHT_UP = date(2026, 8, 20)  # bill lines carry the tag from here on, inventory never saw it missing
AUGUST_RETAG = date(2026, 8, 15)
VALUE_RETIRED = date(2026, 8, 15)  # a Saturday
KEY_SUNSET = date(2026, 9, 27)  # a Sunday
OCTOBER_CHANGE = date(2026, 10, 8)  # halfway between two snapshots
TAGGED_BEFORE_LAST = date(2026, 10, 20)  # first seen by the snapshot of 31 October
TAG_REMOVED = date(2026, 11, 1)  # after the last bill line, before the last snapshot
GONE_AFTER = date(2026, 9, 24)  # seen by the snapshot of 15 September, not by the next
ARRIVED = date(2026, 9, 20)


def days(first: date = FIRST_DAY, last: date = LAST_DAY) -> tuple[date, ...]:
    """Every day from `first` to `last`, both included."""
    return tuple(first + timedelta(n) for n in range((last - first).days + 1))


def weekdays() -> tuple[date, ...]:
    """Monday to Friday of all three periods."""
    return tuple(d for d in days() if d.weekday() < 5)


def period_of(day: date) -> str:
    """The billing period `YYYY-MM` that a day belongs to."""
    return f"{day:%Y-%m}"


@cache
def period_days(period: str) -> tuple[date, ...]:
    """The days of one billing period."""
    return tuple(d for d in days() if period_of(d) == period)


@cache
def period_end(period: str) -> date:
    """The exclusive end of a billing period: the first day of the next month."""
    return period_days(period)[-1] + timedelta(1)
