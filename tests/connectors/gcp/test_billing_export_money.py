"""Do the amounts of a billing export become exact, and are bad ones left out with all of their line?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.connectors.gcp.exports import as_csv, as_parquet, credit, line, opened


def test_a_double_means_its_shortest_decimal(tmp_path: Path) -> None:
    bill = opened(as_parquet(tmp_path / "e.parquet", [line(cost=0.1), line(cost=0.2), line(cost=1e-13)]))
    assert bill.sums()["raw"] == Decimal("0.3000000000001")


@pytest.mark.parametrize("quote", ["'", '"'])
def test_amounts_in_text_keep_every_digit(tmp_path: Path, quote: str) -> None:
    credits = "[{'type': 'DISCOUNT', 'amount': -0.123456789012345678901234}]".replace("'", quote)
    bill = opened(as_csv(tmp_path / "e.csv", [line(cost="0.123456789012345678901234", credits=credits)]))
    assert bill.sums()["raw"] == Decimal("0.123456789012345678901234")
    assert bill.sums()["billed"] == 0


def test_digits_beyond_the_24th_are_rounded_half_even_and_counted_once(tmp_path: Path) -> None:
    deep = line(cost="0.1234567890123456789012345", credits=[credit(-0.1)])
    bill = opened(as_csv(tmp_path / "e.csv", [deep]))
    assert bill.sums()["raw"] == Decimal("0.123456789012345678901234")
    assert (bill.lines.residue_rows, bill.lines.residue) == (1, "0.0000000000000000000000005")


@pytest.mark.parametrize("text", ["", "NaN", "$1.00", "123456789012345"])
def test_a_line_without_a_readable_cost_is_bad_with_its_credits(tmp_path: Path, text: str) -> None:
    bill = opened(as_csv(tmp_path / "e.csv", [line(cost=text, credits=[credit(-0.5)]), line()]))
    assert {(row, count) for row, count, _, column in bill.bad() if column == "cost"} == {(1, 1), (1, 0)}
    assert {shown for _, _, shown, column in bill.bad() if column == "cost"} <= {text, None}
    assert bill.column("x_row") == [2]
    assert bill.sums()["gap"] == 0


def test_the_currency_is_kept_and_never_converted(tmp_path: Path) -> None:
    bill = opened(
        as_parquet(tmp_path / "e.parquet", [line(cost=9.0, currency="JPY", currency_conversion_rate=150.0)])
    )
    assert bill.rows("BilledCost", "BillingCurrency", "x_CurrencyConversionRate") == [(9, "JPY", 150)]


def test_a_double_that_is_no_number_is_bad(tmp_path: Path) -> None:
    bill = opened(as_parquet(tmp_path / "e.parquet", [line(cost="NaN"), line()]))
    assert bill.column("x_row") == [2]


@pytest.mark.parametrize("cell", ["see invoice", "[{'amount': None}]", "[{'type': 'PROMOTION'}]", "[1]"])
def test_unreadable_credits_make_the_line_bad(tmp_path: Path, cell: str) -> None:
    bill = opened(as_csv(tmp_path / "e.csv", [line(credits=cell), line()]))
    assert bill.bad() == [(1, 1, cell, "credits")]
    assert bill.column("x_row") == [2]


def test_one_unreadable_amount_makes_the_line_and_its_other_credits_bad(tmp_path: Path) -> None:
    bill = opened(as_csv(tmp_path / "e.csv", [line(credits=[credit(-0.5), credit("a lot")]), line()]))
    assert {(row, count, column) for row, count, _, column in bill.bad()} == {
        (1, 1, "credits"),
        (1, 0, "credits"),
    }
    assert bill.sums()["gap"] == 0
