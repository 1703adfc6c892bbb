"""CSV that no spreadsheet executes."""

from __future__ import annotations

import csv
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.csv_tables import cell, safe_text, write_csv

SIGNS = "=+-@＝＋－＠"


@pytest.mark.parametrize("lead", ["", " ", "\t", "\r\n", "\u200b", "\ufeff", "\u202e ", "\x00"])
@pytest.mark.parametrize("sign", SIGNS)
def test_text_that_a_spreadsheet_takes_for_a_formula_is_defused(lead: str, sign: str) -> None:
    assert safe_text(f"{lead}{sign}cmd|' /C calc'!A0").startswith("'")


def test_a_negative_amount_stays_a_number() -> None:
    assert cell(Decimal("-12.5")) == "-12.5"


def test_an_amount_keeps_all_its_digits() -> None:
    assert cell(Decimal("0.000000000000000000000001")) == "0.000000000000000000000001"


def test_a_negative_number_that_arrives_as_text_is_text() -> None:
    assert cell("-12.5") == '"\'-12.5"'


def test_an_ordinary_value_is_only_quoted() -> None:
    assert cell("payments") == '"payments"'


def test_nothing_is_an_empty_cell() -> None:
    assert cell(None) == ""


def test_an_instant_is_iso_8601_in_utc() -> None:
    assert cell(datetime(2026, 10, 5, 3, 0)) == '"2026-10-05T03:00:00Z"'


def test_quotes_separators_and_line_ends_stay_in_their_cell(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", ["a", "b"], [['x","=1+1', "line\nbreak"]])
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["a", "b"], ['x","=1+1', "line\nbreak"]]


@given(st.text())
def test_no_text_cell_begins_like_a_formula(text: str) -> None:
    assert cell(text)[1:2] not in set(SIGNS)


@given(st.text())
def test_no_text_makes_a_second_cell(text: str) -> None:
    inside = cell(text)[1:-1]
    assert '"' not in inside.replace('""', "")
