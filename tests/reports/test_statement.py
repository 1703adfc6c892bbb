"""Statements add up in front of the reader."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reports.periods import periods_of
from reports.statement import Statement, StatementLine, statement
from reports.summary import parse_summary
from reports.waterfall import waterfall
from reports.words import exact_sum, rounded


def september(summary: dict[str, Any], top: int = 20) -> Statement:
    parsed = parse_summary(summary)
    return statement(parsed, periods_of(parsed), "USD", top)


def all_lines(s: Statement) -> list[StatementLine]:
    return [*s.owners, *([s.rest] if s.rest else []), *s.without_owner]


@pytest.mark.parametrize("top", [1, 3, 20])
def test_every_column_adds_up_to_its_foot(summary: dict[str, Any], top: int) -> None:
    s = september(summary, top)
    lines = all_lines(s)
    assert s.foot.total == sum(line.total for line in lines)
    assert s.foot.billed == sum(line.billed for line in lines)
    assert s.foot.parts == tuple(sum(line.parts[n] for line in lines) for n in range(4))


def test_every_owner_adds_up_to_its_total(summary: dict[str, Any]) -> None:
    assert all(sum(line.parts) == line.total for line in september(summary).owners)


def test_the_foot_is_the_exact_total_half_even(summary: dict[str, Any]) -> None:
    rows = [r for r in summary["owners"] if (r["billing_period"], r["currency"]) == ("2026-09", "USD")]
    loose = [r for r in summary["unallocated"] if (r["billing_period"], r["currency"]) == ("2026-09", "USD")]
    exact = exact_sum([Decimal(r["total"]) for r in rows] + [Decimal(r["effective_cost"]) for r in loose])
    assert september(summary).foot.total == rounded(exact, "USD")


def test_owners_beyond_the_top_are_one_line_that_says_how_many(summary: dict[str, Any]) -> None:
    s = september(summary, top=2)
    assert len(s.owners) == 2 and s.rest is not None
    assert s.rest_count == 3


def test_an_owner_without_an_earlier_period_has_no_change(summary: dict[str, Any]) -> None:
    summary["owners"] = [
        row for row in summary["owners"] if (row["owner"], row["billing_period"]) != ("search", "2026-08")
    ]
    assert next(line for line in september(summary).owners if line.name == "search").change is None


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_the_waterfall_adds_up_to_the_bill(summary: dict[str, Any], currency: str) -> None:
    found = waterfall(parse_summary(summary), "2026-09", currency)
    rows = [r for r in summary["verdicts"] if (r["billing_period"], r["currency"]) == ("2026-09", currency)]
    assert sum(row.billed for row in found.rows) == found.billed
    assert found.billed == rounded(exact_sum(Decimal(r["billed_cost"]) for r in rows), currency)


def test_an_unknown_verdict_is_shown_last_and_never_dropped(summary: dict[str, Any]) -> None:
    row = dict(summary["verdicts"][-1], billing_period="2026-09", currency="USD", verdict="brand-new")
    summary["verdicts"].append(row)
    assert waterfall(parse_summary(summary), "2026-09", "USD").rows[-1].verdict == "brand-new"
