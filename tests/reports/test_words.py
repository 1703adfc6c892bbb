"""Numbers become text in one way."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import words

amounts = st.decimals(min_value=-(10**13), max_value=10**13, places=24, allow_nan=False, allow_infinity=False)


def test_money_names_its_currency_and_separates_thousands() -> None:
    assert words.money(Decimal("1284310.224"), "USD") == "1,284,310.22\u00a0USD"


def test_money_rounds_half_to_even() -> None:
    assert [words.amount(Decimal(text), "USD") for text in ("0.125", "0.135")] == ["0.12", "0.14"]


@pytest.mark.parametrize(("currency", "text"), [("JPY", "1,235"), ("KWD", "1,234.568"), ("XYZ", "1,234.57")])
def test_an_amount_has_the_digits_of_its_currency(currency: str, text: str) -> None:
    assert words.amount(Decimal("1234.5678"), currency) == text


def test_nothing_is_0_and_next_to_nothing_is_not() -> None:
    assert words.amount(Decimal("0"), "USD") == "0"
    assert words.amount(Decimal("-0.001"), "USD") == "0.00"


def test_what_is_not_known_says_so() -> None:
    assert {words.money(None, "USD"), words.share(None), words.count(None), words.day(None)} == {"not known"}


@given(st.dictionaries(st.text(max_size=4), amounts, min_size=1, max_size=20))
def test_lines_shown_add_up_to_the_total_shown(lines: dict[str, Decimal]) -> None:
    shown = words.apportioned(lines, "USD")
    assert sum(shown.values()) == words.rounded(words.exact_sum(lines.values()), "USD")


@given(st.dictionaries(st.text(max_size=4), amounts, min_size=1, max_size=20))
def test_no_line_moves_by_a_whole_cent(lines: dict[str, Decimal]) -> None:
    shown = words.apportioned(lines, "USD")
    assert all(abs(words.exact_sum([shown[name], -lines[name]])) < Decimal("0.01") for name in lines)


def test_a_tie_of_remainders_goes_by_name() -> None:
    lines = {"b": Decimal("0.005"), "a": Decimal("0.005"), "c": Decimal("0.005")}
    assert words.apportioned(lines, "USD") == {
        "b": Decimal("0.01"),
        "a": Decimal("0.01"),
        "c": Decimal("0.00"),
    }


def test_a_sum_keeps_digits_that_the_default_context_would_round() -> None:
    tiny = Decimal("0.000000000000000000000001")
    assert words.exact_sum([Decimal("99999999999999"), tiny]) == Decimal(
        "99999999999999.000000000000000000000001"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.9996", ">\u00a099.9\u00a0%"), ("1", "100.0\u00a0%"), ("0.0001", "<\u00a00.1\u00a0%"),
     ("0", "0\u00a0%"), ("0.914", "91.4\u00a0%")],
)  # fmt: skip
def test_a_share_is_never_rounded_to_all_or_nothing(value: str, text: str) -> None:
    assert words.share(Decimal(value)) == text


def test_a_share_of_nothing_is_not_known() -> None:
    assert words.share(words.ratio(Decimal(5), Decimal(0))) == "not known"


def test_exact_text_has_every_digit_and_no_exponent() -> None:
    assert words.exact(Decimal("1E-24")) == "0.000000000000000000000001"
    assert words.exact(Decimal("1200.500000")) == "1200.5"
    assert words.exact(Decimal("-0.0")) == "0"


def test_periods_days_and_instants_read_as_a_person_writes_them() -> None:
    assert words.period("2026-09") == "September 2026"
    assert words.day(date(2026, 9, 30)) == "30 September 2026"
    assert words.instant(datetime(2026, 10, 2, 3, 0, tzinfo=UTC)) == "2026-10-02 03:00 UTC"


def test_text_that_is_no_period_stays_as_it_is() -> None:
    assert words.period("2026-99") == "2026-99"
