"""The tables of virtual tags add up as shown; closed months and their adjustments are told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from reports.closed_months import closed_months
from reports.dimensions import NONE, dimension_tables
from reports.questions import Store

MONEY = "DECIMAL(38,24)"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            "CREATE TABLE dimensions (billing_period VARCHAR, BillingCurrency VARCHAR, dimension VARCHAR, value VARCHAR, "
            f"rule_id VARCHAR, account VARCHAR, BilledCost {MONEY}, EffectiveCost {MONEY}, charges BIGINT)"
        )
        rows = [
            ("2026-10", "USD", "product", "api", "r1", "owner:a", "1.004", "1.004", 1),
            ("2026-10", "USD", "product", "web", "r1", "owner:a", "1.004", "1.004", 2),
            ("2026-10", "USD", "product", "web", "r2", "owner:b", "1.004", "1.004", 2),
            ("2026-10", "USD", "product", None, None, "unallocated:untagged", "-0.002", "5", 1),
            ("2026-10", "EUR", "product", "api", "r1", "owner:a", "9", "9", 1),
            ("2026-09", "USD", "product", "old", "r1", "owner:a", "9", "9", 1),
        ]
        con.executemany(f"INSERT INTO dimensions VALUES ({', '.join('?' * 9)})", rows)
        con.execute(
            "CREATE TABLE closures (billing_period VARCHAR, x_ProviderId VARCHAR, BillingAccountId VARCHAR, BillingCurrency VARCHAR, closed_at TIMESTAMP)"
        )
        con.execute(
            "INSERT INTO closures VALUES ('2026-09', 'aws', 'p', 'USD', '2026-10-05'), ('2026-10', 'aws', 'p', 'USD', '2026-11-05')"
        )
        con.execute(
            "CREATE TABLE ledger (billing_period VARCHAR, origin_period VARCHAR, x_ProviderId VARCHAR, BillingAccountId VARCHAR, "
            f"BillingCurrency VARCHAR, account VARCHAR, basis VARCHAR, frozen BOOLEAN, BilledCost {MONEY}, EffectiveCost {MONEY})"
        )
        entries = [
            (
                "2026-11",
                "2026-10",
                "aws",
                "p",
                "USD",
                "owner:a",
                "adjustment: bill restated",
                False,
                "3",
                "3",
            ),
            (
                "2026-11",
                "2026-10",
                "aws",
                "p",
                "USD",
                "owner:a",
                "adjustment: bill restated",
                False,
                "1",
                "1",
            ),
            (
                "2026-11",
                "2026-10",
                "aws",
                "p",
                "USD",
                "owner:b",
                "adjustment: bill restated",
                False,
                "-9",
                "-9",
            ),
            ("2026-10", "2026-10", "aws", "p", "USD", "owner:a", "direct", True, "50", "50"),
        ]
        con.executemany(f"INSERT INTO ledger VALUES ({', '.join('?' * 10)})", entries)
    return path


def test_lines_add_up_to_the_foot_and_what_has_no_value_is_a_line(store: Path) -> None:
    with Store(store) as opened:
        dollars, euros = dimension_tables(opened, "2026-10", ["USD", "EUR"], 10)
    assert [(line.value, line.effective, line.charges) for line in dollars.lines] == [
        (NONE, Decimal("5.00"), 1),
        ("web", Decimal("2.01"), 4),
        ("api", Decimal("1.00"), 1),
    ]
    assert dollars.foot.effective == sum(line.effective for line in dollars.lines) == Decimal("8.01")
    assert dollars.foot.billed == Decimal("3.01")
    assert (euros.currency, euros.foot.effective) == ("EUR", Decimal("9.00"))


def test_values_beyond_the_top_are_one_line(store: Path) -> None:
    with Store(store) as opened:
        dollars, _ = dimension_tables(opened, "2026-10", ["USD", "EUR"], 1)
    assert dollars.rest is not None
    assert (len(dollars.lines), dollars.rest_count, dollars.rest.effective) == (1, 2, Decimal("3.01"))


def test_no_dimension_no_table(store: Path) -> None:
    with Store(store) as opened:
        assert dimension_tables(opened, "2026-08", ["USD"], 10) == []


def test_closed_months_newest_first_and_adjustments_by_account_largest_first(store: Path) -> None:
    with Store(store) as opened:
        found = closed_months(opened, 10)
        cut = closed_months(opened, 1)
    assert [row["billing_period"] for row in found.closures] == ["2026-10", "2026-09"]
    assert [(row["account"], row["reason"], row["effective"]) for row in found.adjustments] == [
        ("owner:b", "bill restated", Decimal(-9)),
        ("owner:a", "bill restated", Decimal(4)),
    ]
    assert (len(cut.adjustments), cut.total) == (1, 2)
