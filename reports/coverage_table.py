"""How well is each key covered, where, and is it getting better?

A heat table of scope × key for the headline period (by cost and by count, over taggable and over all), and
per key the trend over the periods. Shares come from the summary as they are; nothing is averaged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from reports.charts import heat_class, sparkline
from reports.kpis import is_kpi
from reports.periods import Periods
from reports.summary import Coverage, Sli, Summary


@dataclass(frozen=True)
class HeatCell:
    """One scope and key; `row` None where the pair was not measured."""

    row: Coverage | None
    style: str


@dataclass(frozen=True)
class KeyLine:
    """One key over everything: its figures and its trend."""

    row: Coverage
    trend: Markup


@dataclass(frozen=True)
class CoverageTable:
    """`heat`: (scope, cells in the order of `keys`), largest base first; `scopes_left_out` were cut."""

    keys: list[str]
    heat: list[tuple[str, list[HeatCell]]]
    scopes_left_out: int
    lines: list[KeyLine]


def coverage_table(summary: Summary, periods: Periods, currency: str, top: int) -> CoverageTable:
    """The coverage of one currency's headline period."""
    rows = [row for row in summary.coverage if row.currency == currency]
    now = [row for row in rows if row.billing_period == periods.headline]
    keys = sorted({row.key for row in now})
    found = {(row.scope, row.key): row for row in now}
    base: dict[str, Decimal] = {}
    for row in now:
        base[row.scope] = max(base.get(row.scope, Decimal(0)), row.base_cost or Decimal(0))
    scopes = sorted(base, key=lambda scope: (scope != "all", _kind(scope), -base[scope], scope))
    heat = [(scope, [_cell(found.get((scope, key))) for key in keys]) for scope in scopes[: top + 1]]
    return CoverageTable(keys, heat, max(len(scopes) - top - 1, 0), _lines(rows, periods, keys))


def sli_rows(summary: Summary, periods: Periods, currency: str, *, first: bool) -> list[Sli]:
    """The indicators of one currency's headline period, in M order; KPIs have a table of their own.

    Those without a currency stand once, in the `first` currency's section.
    """
    rows = [
        row
        for row in summary.slis
        if row.billing_period in {periods.headline, None}
        and row.currency in {currency, *([None] if first else [])}
        and not is_kpi(row.id)
    ]
    return sorted(rows, key=lambda row: (_number(row.id), row.id, row.key or "", row.name))


def _lines(rows: list[Coverage], periods: Periods, keys: list[str]) -> list[KeyLine]:
    whole = {(row.billing_period, row.key): row for row in rows if row.scope == "all"}
    lines = []
    for key in keys:
        history = [whole.get((period, key)) for period in periods.shown if period <= periods.headline]
        newest = history[-1] if history else None
        if newest is not None:
            values = [row.by_cost_taggable if row else None for row in history]
            lines.append(
                KeyLine(newest, sparkline(values, f"Coverage of {key} by taggable cost, per period"))
            )
    return lines


def _cell(row: Coverage | None) -> HeatCell:
    return HeatCell(row, heat_class(row.by_cost_taggable if row else None))


def _kind(scope: str) -> int:
    return {"environment": 0, "account": 1}.get(scope.split(":")[0], 2)


def _number(sli_id: str) -> int:
    digits = sli_id.lstrip("M")
    return int(digits) if digits.isdigit() else 99
