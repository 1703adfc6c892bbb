"""How does the estate stand by the measures that the FinOps field uses?

A row per KPI and key: over everything and over what can be tagged side by side, the target, and the trend over the periods
shown. The figures are the summary's; which is whose, docs/metrics.md says.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from reports.charts import sparkline
from reports.periods import Periods
from reports.summary import Sli, Summary

# In the order of the page. M1 is the other form of coverage by cost; M2 stands among the indicators.
ORDER = (
    "policy-compliant", "untagged-cost", "allocated-cost", "unallocated-cost", "allocation-accuracy", "allocation-improvement",
    "shared-apportioned", "shared-unapportioned", "tag-coverage-cost", "tag-coverage-count", "count-spend-gap",
    "aggregate-compliance", "tag-quality", "untaggable-cost", "new-resource-compliance", "time-to-remediate",
    "open-findings-age", "data-latency",
)  # fmt: skip
_TAGGABLE = {"tag-coverage-cost": "M1"}


@dataclass(frozen=True)
class Kpi:
    """One KPI of one key (None: all): `taggable` is the same over what can be tagged, None where it has no such form."""

    id: str
    key: str | None
    whole: Sli
    taggable: Sli | None
    trend: Markup


def is_kpi(id: str) -> bool:
    """True for a figure that the KPI table shows (M1 beside it stands among the indicators too)."""
    return id.removesuffix("-taggable") in ORDER or id.startswith("data-latency-")


def kpi_rows(summary: Summary, periods: Periods, currency: str, *, first: bool) -> list[Kpi]:
    """The KPIs of one currency's headline period; those without a currency stand in the `first` currency's section."""
    wanted = {currency, *([None] if first else [])}
    rows = {(r.id, r.key, r.billing_period): r for r in summary.slis if r.currency in wanted}
    places = {
        (ORDER.index(id), key or "", id, key, period)
        for id, key, period in rows
        if id in ORDER and period in {periods.headline, None}
    }
    return [
        _kpi(rows, id, key, period, periods) for _, _, id, key, period in sorted(places, key=lambda p: p[:2])
    ]


def _kpi(
    rows: dict[tuple[str, str | None, str | None], Sli],
    id: str,
    key: str | None,
    period: str | None,
    periods: Periods,
) -> Kpi:
    whole = rows[id, key, period]
    past = [rows.get((id, key, p)) for p in periods.shown if p <= periods.headline]
    values = [row.value if row else None for row in past]
    trend = sparkline(values, f"{whole.name}, per period") if period else Markup("")
    return Kpi(id, key, whole, rows.get((_TAGGABLE.get(id, f"{id}-taggable"), key, period)), trend)
