"""The table of KPIs: both denominators side by side, each figure in one table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from reports.coverage_table import sli_rows
from reports.kpis import ORDER, kpi_rows
from reports.periods import Periods
from reports.summary import Sli, Summary

PERIODS = Periods(("2026-09", "2026-10"), "2026-10", "2026-09", False, (), datetime(2026, 11, 3))


def sli(id: str, value: float | None = 0.5, period: str | None = "2026-10", **more: Any) -> Sli:
    given = {
        "currency": "USD",
        "key": None,
        "unit": "ratio",
        "target": None,
        "status": "no-data",
        "gap_ids": [],
    }
    return Sli.model_validate(
        {"id": id, "name": id, "billing_period": period, "value": value, **given, **more}
    )


def summary(*rows: Sli) -> Summary:
    return Summary.model_construct(slis=rows)


def test_both_denominators_stand_in_one_row() -> None:
    both = summary(sli("untagged-cost", 0.4), sli("untagged-cost-taggable", 0.25))
    (row,) = kpi_rows(both, PERIODS, "USD", first=True)
    assert row.taggable is not None
    assert [float(row.whole.value or 0), float(row.taggable.value or 0)] == [0.4, 0.25]


def test_m1_is_coverage_by_cost_over_what_can_be_tagged_key_by_key() -> None:
    rows = kpi_rows(
        summary(sli("tag-coverage-cost", 0.1, key="owner"), sli("M1", 0.2, key="owner"), sli("M1", 0.3, key="environment")),
        PERIODS, "USD", first=True,
    )  # fmt: skip
    assert [(row.key, row.taggable and float(row.taggable.value or 0)) for row in rows] == [("owner", 0.2)]


def test_the_trend_has_a_point_for_each_period() -> None:
    two = summary(sli("untagged-cost", 0.4, "2026-09"), sli("untagged-cost", 0.2))
    (row,) = kpi_rows(two, PERIODS, "USD", first=True)
    assert "<svg" in row.trend
    (alone,) = kpi_rows(summary(sli("untagged-cost")), PERIODS, "USD", first=True)
    assert alone.trend == ""


def test_what_has_no_currency_stands_in_the_first_section_only() -> None:
    latency = summary(sli("data-latency", 30.0, None, currency=None, unit="hours"))
    assert [len(kpi_rows(latency, PERIODS, "USD", first=first)) for first in (True, False)] == [1, 0]


def test_a_figure_stands_in_one_of_the_two_tables() -> None:
    both = summary(
        *(sli(id) for id in (*ORDER, "untagged-cost-taggable", "data-latency-aws", "M10", "misattributed"))
    )
    assert {row.id for row in sli_rows(both, PERIODS, "USD", first=True)} == {"M10", "misattributed"}
    assert {row.id for row in kpi_rows(both, PERIODS, "USD", first=True)} == set(ORDER)
