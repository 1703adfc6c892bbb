"""Which period does the report lead with, which one is it compared to, and which of the two are still open?

The headline period is the newest that had ended when the run began; where none has, the newest one, marked
open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from reports.summary import Summary


@dataclass(frozen=True)
class Periods:
    """`shown` oldest first (at most 13); `previous` is the one before `headline`, None when there is none."""

    shown: tuple[str, ...]
    headline: str
    previous: str | None
    headline_is_open: bool
    open: tuple[str, ...]
    now: datetime


def periods_of(summary: Summary) -> Periods:
    """The periods of a summary; `now` is the run's start as naive UTC."""
    now = _naive_utc(summary.run.started_at)
    seen = {row.billing_period for row in summary.verdicts} | {row.billing_period for row in summary.closing}
    found = sorted(seen or set(summary.run.periods))
    shown = tuple(found[-13:])
    ended = [period for period in shown if has_ended(period, now)]
    headline = ended[-1] if ended else (shown[-1] if shown else "")
    place = shown.index(headline) if headline else 0
    return Periods(
        shown=shown,
        headline=headline,
        previous=shown[place - 1] if place else None,
        headline_is_open=bool(headline) and not ended,
        open=tuple(period for period in shown if not has_ended(period, now)),
        now=now,
    )


def has_ended(period: str, now: datetime) -> bool:
    """True once the month after the period has begun (UTC); text that is no period never ends."""
    year, _, month = period.partition("-")
    if not (year.isdigit() and month.isdigit()):
        return False
    return (int(year), int(month)) < (now.year, now.month)


def currencies(summary: Summary, period: str) -> list[str]:
    """Currencies of the period, the one with most charges first, ties by name."""
    charges: dict[str, int] = {}
    for row in summary.verdicts:
        if row.billing_period == period:
            charges[row.currency] = charges.get(row.currency, 0) + row.charges
    return sorted(charges, key=lambda currency: (-charges[currency], currency))


def _naive_utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
