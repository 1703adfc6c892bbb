"""Rates are taken as the table says them or not at all, and converted lines add up to the converted total."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Context, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.errors import InputError, InputErrors
from recon.rates import convert, read_rates

HEAD = "month,from,to,rate,source\n"
EXACT = Context(prec=200)
UNIT = Decimal(1).scaleb(-24)

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=24, allow_nan=False)
FACTORS = st.decimals(min_value=UNIT, max_value=10**5, places=24, allow_nan=False).filter(
    lambda rate: rate > 0
)


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "rates.csv"
        path.write_text(text, "utf-8")
        return path

    return write


def refusal(path: Path) -> str:
    with pytest.raises((InputError, InputErrors)) as caught:
        read_rates(path)
    return str(caught.value)


def test_a_rate_is_read_to_its_last_digit_with_its_source(table: Callable[[str], Path]) -> None:
    (rate,) = read_rates(table(HEAD + '2026-10,usd,EUR,0.921234567890123456789012,"ECB, month\'s mean"\n'))
    assert (rate.month, rate.base, rate.quote, rate.source) == ("2026-10", "USD", "EUR", "ECB, month's mean")
    assert rate.rate == Decimal("0.921234567890123456789012")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2026-10,USD,EUR,0,ECB", "is not above 0"), ("2026-10,USD,EUR,-0.9,ECB", "is not above 0"),
        ("2026-10,USD,EUR,about one,ECB", "is no exact number"), ("2026-10,USD,EUR,NaN,ECB", "is no exact number"),
        ("2026-10,USD,EUR,0.9123456789012345678901234,ECB", "more than 24 decimals"),
        ('2026-10,USD,EUR,"0,92",ECB', "is no exact number"), ("2026-10,USD,EUR,0,92,ECB", "more cells than the header"),
        ("2026-13,USD,EUR,0.9,ECB", "is no month"), ("2026-10,Dollar,EUR,0.9,ECB", "is no currency code"),
        ("٢٠٢٦-10,USD,EUR,0.9,ECB", "is no month"), ("2026-10,USD,EUR,٠.٩,ECB", "is no exact number"),
        ("2026-10,EUR,EUR,1,ECB", "needs no rate to itself"), ("2026-10,USD,EUR,0.9,", "says nothing for source"),
    ],
)  # fmt: skip
def test_a_line_that_can_t_be_taken_is_refused_with_file_and_line(
    table: Callable[[str], Path], line: str, says: str
) -> None:
    text = refusal(table(f"{HEAD}2026-09,USD,EUR,0.9,ECB\n{line}\n"))
    assert "rates.csv:3" in text
    assert says in text


def test_two_rates_of_one_month_and_pair_are_refused_with_both_lines(table: Callable[[str], Path]) -> None:
    text = refusal(
        table(HEAD + "2026-10,USD,EUR,0.9,ECB\n2026-09,USD,EUR,0.9,ECB\n2026-10,usd,eur,0.9,bank\n")
    )
    assert "rates.csv:4" in text
    assert "stands in line 2 already" in text


def test_both_directions_of_a_pair_may_stand_side_by_side(table: Callable[[str], Path]) -> None:
    rates = read_rates(table(HEAD + "2026-10,USD,EUR,0.9,ECB\n2026-10,EUR,USD,1.1,ECB\n"))
    assert [(r.base, r.quote) for r in rates] == [("USD", "EUR"), ("EUR", "USD")]


def test_every_wrong_line_is_reported_at_once(table: Callable[[str], Path]) -> None:
    text = refusal(table(HEAD + "2026-10,USD,EUR,x,ECB\n2026-10,GBP,EUR,-1,ECB\n"))
    assert "rates.csv:2" in text and "rates.csv:3" in text


def test_a_table_without_a_column_and_a_table_that_is_not_there_are_refused(
    table: Callable[[str], Path],
) -> None:
    assert "lacks the columns source" in refusal(table("month,from,to,rate\n2026-10,USD,EUR,1\n"))
    assert "can't be read" in refusal(table(HEAD).with_name("none.csv"))


@pytest.mark.parametrize("second", ["rate", " Rate", "month"])
def test_a_column_that_stands_twice_is_refused(table: Callable[[str], Path], second: str) -> None:
    text = refusal(table(f"{HEAD.strip()},{second}\n2026-10,USD,EUR,0.9,ECB,7\n"))
    assert "rates.csv:1: has the columns" in text and "more than once" in text


def test_a_cell_that_no_csv_holds_is_refused_with_its_line(table: Callable[[str], Path]) -> None:
    most = csv.field_size_limit(100)
    try:
        text = refusal(table(f"{HEAD}2026-10,USD,EUR,0.9,ECB\n2026-09,USD,EUR,0.9,{'x' * 101}\n"))
        head = refusal(table("x" * 101))
    finally:
        csv.field_size_limit(most)
    assert "rates.csv:3: can't be read as CSV" in text
    assert "rates.csv:1: can't be read as CSV" in head


def test_one_amount_is_its_product_rounded_half_even() -> None:
    half, odd = UNIT, 3 * UNIT
    assert convert({"a": half}, Decimal("0.5"))["a"] == 0
    assert convert({"a": odd}, Decimal("0.5"))["a"] == 2 * UNIT
    assert convert({"a": -half}, Decimal("0.5"))["a"] == 0


def test_what_rounding_leaves_goes_by_largest_remainder_and_name() -> None:
    third = Decimal("0.333333333333333333333333")
    found = convert({"b": UNIT, "a": UNIT, "c": UNIT}, third)
    assert found == {"b": 0, "a": UNIT, "c": 0}


@given(st.dictionaries(st.text(max_size=3), AMOUNTS, min_size=1, max_size=8), FACTORS)
def test_the_lines_add_up_to_the_converted_total(amounts: dict[str, Decimal], rate: Decimal) -> None:
    found = convert(amounts, rate)
    whole, parts = Decimal(0), Decimal(0)
    for name, amount in amounts.items():
        whole, parts = EXACT.add(whole, amount), EXACT.add(parts, found[name])
        assert abs(EXACT.subtract(found[name], EXACT.multiply(amount, rate))) < UNIT
    assert parts == EXACT.multiply(whole, rate).quantize(UNIT, context=EXACT)


def test_no_amounts_are_no_amounts() -> None:
    assert convert({}, Decimal(1)) == {}
