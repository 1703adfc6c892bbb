"""What are the five figures, and how has each moved?

Cost in scope, share with an owner, misallocated cost, drift this week, money that open fixes recover: each
with its change against the period before (drift: the week before), a trend, a target, and the gaps that touch
it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from reports import words
from reports.charts import sparkline
from reports.periods import Periods
from reports.summary import Sli, Summary
from reports.words import exact_sum, part_of, ratio


@dataclass(frozen=True)
class LedgerTotal:
    """One posted period of one currency, BilledCost: all of it, with an owner, and still unresolved."""

    total: Decimal
    owned: Decimal
    unresolved: Decimal


NOTHING = LedgerTotal(Decimal(0), Decimal(0), Decimal(0))


@dataclass(frozen=True)
class Figure:
    """One figure as the page shows it. `direction`: up, down, level or unknown; `tone`: good, bad or
    plain.
    """

    name: str
    value: str
    unit: str
    note: str
    direction: str
    change: str
    tone: str
    target: str
    trend: Markup
    gap_ids: tuple[str, ...]
    definition: str
    csv: str


@dataclass(frozen=True)
class FixTotal:
    """Open fixes of one currency."""

    fixes: int
    billed_recovered: Decimal


def five_figures(
    summary: Summary,
    periods: Periods,
    currency: str,
    ledger: Mapping[str, LedgerTotal],
    drift_weeks: Sequence[int],
    fixes: FixTotal,
) -> list[Figure]:
    """The figures of one currency; `ledger` by posted period, `drift_weeks` oldest first."""
    now = ledger.get(periods.headline, NOTHING)
    before = ledger.get(periods.previous or "")
    history = [ledger.get(period) for period in periods.shown[: periods.shown.index(periods.headline) + 1]]
    return [
        _cost(summary, periods, currency, now, before, history),
        _allocated(summary, periods, currency, now, before, history),
        _misallocated(summary, periods, currency, now, before, history),
        _drift(summary, drift_weeks),
        _fixes(currency, now, fixes),
    ]


History = Sequence[LedgerTotal | None]


def _cost(
    s: Summary, p: Periods, currency: str, now: LedgerTotal, before: LedgerTotal | None, history: History
) -> Figure:
    direction, change = _moved(now.total, before.total if before else None, p.previous, currency)
    trend = sparkline([h.total if h else None for h in history], f"Billed cost per period, {currency}")
    return Figure(
        "Cost in scope", words.amount(now.total, currency), currency, "BilledCost, every charge class",
        direction, change,
        "plain", "Target: none set", trend, real_gaps(s), "def-cost", "csv/verdicts.csv",
    )  # fmt: skip


def _allocated(
    s: Summary, p: Periods, currency: str, now: LedgerTotal, before: LedgerTotal | None, history: History
) -> Figure:
    value = part_of(now.owned, now.total)
    earlier = part_of(before.owned, before.total) if before else None
    direction, change = _moved_points(value, earlier, p.previous)
    shares = [part_of(h.owned, h.total) if h else None for h in history]
    return Figure(
        "Allocated share", words.share(value), "", f"of {words.money(now.total, currency)}",
        direction, change,
        {"up": "good", "down": "bad"}.get(direction, "plain"), "Target: none set",
        sparkline(shares, "Share of the bill with an owner, per period"), real_gaps(s),
        "def-allocated", "csv/ledger.csv",
    )  # fmt: skip


def _misallocated(
    s: Summary, p: Periods, currency: str, now: LedgerTotal, before: LedgerTotal | None, history: History
) -> Figure:
    direction, change = _moved(now.unresolved, before.unresolved if before else None, p.previous, currency)
    m10 = find_sli(s, "M10", p.headline, currency)
    return Figure(
        "Misallocated cost", words.amount(now.unresolved, currency), currency,
        f"{words.share(part_of(now.unresolved, now.total))} of the bill; no owner, wrong owner or conflict",
        direction, change, {"down": "good", "up": "bad"}.get(direction, "plain"), sli_target(m10, "below"),
        sparkline(
            [h.unresolved if h else None for h in history], f"Misallocated cost per period, {currency}"
        ),
        real_gaps(s) if m10 is None else m10.gap_ids, "def-M10", "csv/ledger.csv",
    )  # fmt: skip


def _drift(s: Summary, weeks: Sequence[int]) -> Figure:
    rows = [row for row in s.slis if row.id == "M2"]
    newest = max((row.billing_period or "" for row in rows), default="")
    rows = [row for row in rows if (row.billing_period or "") == newest]
    whole = [row for row in rows if row.key is None] or rows
    pairs = exact_sum(row.denominator for row in whole if row.denominator is not None)
    changed = exact_sum(row.numerator for row in whole if row.numerator is not None)
    rate = ratio(changed, pairs)
    this_week = weeks[-1] if weeks else 0
    direction, change = "unknown", "no earlier week to compare"
    if len(weeks) > 1:
        difference = this_week - weeks[-2]
        direction = _direction(Decimal(difference))
        change = (
            f"{_WORD[direction]} {words.count(abs(difference))} on the week before"
            if difference
            else "same as the week before"
        )
    note = f"{words.things(this_week, 'tag change')} seen in 7 days"
    if rate is not None:
        note += (
            f"; {words.measure(changed, 'count')} of {words.measure(pairs, 'count')} pairs left the registry "
            "or changed unapproved"
        )
    return Figure(
        "Drift this week",
        words.share(rate) if rate is not None else words.things(this_week, "change"), "", note,
        direction, change, {"down": "good", "up": "bad"}.get(direction, "plain"),
        sli_target(whole[0] if whole else None, "below"),
        sparkline([Decimal(n) for n in weeks], "Tag changes per week"),
        tuple(sorted({gap for row in whole for gap in row.gap_ids})), "def-M2", "csv/drift.csv",
    )  # fmt: skip


def _fixes(currency: str, now: LedgerTotal, fixes: FixTotal) -> Figure:
    part = ratio(fixes.billed_recovered, now.total)
    note = f"{words.things(fixes.fixes, 'open fix', 'open fixes')}; {words.share(part)} of the bill"
    return Figure(
        "Open fixes recover", words.amount(fixes.billed_recovered, currency), currency, note, "unknown",
        "earlier plans: not known", "plain", "Target: 0 left open", Markup(""), (), "def-fixes",
        "csv/fixes.csv",
    )  # fmt: skip


def find_sli(summary: Summary, sli_id: str, period: str, currency: str) -> Sli | None:
    """The indicator's row over all keys for a period and currency, else its first row, else None."""
    rows = [
        row
        for row in summary.slis
        if row.id == sli_id and row.billing_period in {period, None} and row.currency in {currency, None}
    ]
    return next((row for row in rows if row.key is None), rows[0] if rows else None)


def sli_target(row: Sli | None, side: str) -> str:
    """`Target: below 1.0 %, missed (M10: 3.0 %)`; says so when there is no target or no data."""
    if row is None or row.target is None:
        return "Target: none set"
    status = {"met": "met", "missed": "missed", "no-data": "no data"}.get(row.status, row.status)
    return (
        f"Target: {side} {words.measure(row.target, row.unit)}, {status} "
        f"({row.id}: {words.measure(row.value, row.unit)})"
    )


def real_gaps(summary: Summary) -> tuple[str, ...]:
    """Ids of what was configured and could not be read; limitations aside."""
    return tuple(gap.id for gap in summary.gaps if not gap.is_limitation)


_WORD = {"up": "up", "down": "down", "level": "unchanged"}


def _direction(difference: Decimal) -> str:
    return "level" if difference == 0 else ("up" if difference > 0 else "down")


def _moved(now: Decimal, before: Decimal | None, previous: str | None, currency: str) -> tuple[str, str]:
    if before is None or previous is None:
        return "unknown", "no earlier period to compare"
    difference = exact_sum([now, -before])
    direction = _direction(difference)
    if direction == "level":
        return direction, f"unchanged on {words.period(previous)}"
    relative = ratio(abs(difference), abs(before))
    percent = f" ({words.share(relative)})" if relative is not None else ""
    return (
        direction,
        f"{_WORD[direction]} {words.amount(abs(difference), currency)}{percent} on {words.period(previous)}",
    )


def _moved_points(now: Decimal | None, before: Decimal | None, previous: str | None) -> tuple[str, str]:
    if now is None or before is None or previous is None:
        return "unknown", "no earlier period to compare"
    direction = _direction(now - before)
    if direction == "level":
        return direction, f"unchanged on {words.period(previous)}"
    return direction, f"{_WORD[direction]} {words.points(now - before)} on {words.period(previous)}"
