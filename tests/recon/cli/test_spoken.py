"""Are instants and periods read as written, and refused with a sentence where they are none?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from recon.cli.spoken import instant, periods, within
from recon.errors import InputError


@pytest.mark.parametrize(
    "text", ["2026-11-03T06:00:00Z", "2026-11-03T07:00:00+01:00", "2026-11-03T06:00:00", "2026-11-03 06:00"]
)
def test_an_instant_is_read_in_utc(text: str) -> None:
    assert instant(text) == datetime(2026, 11, 3, 6, tzinfo=UTC)


def test_without_words_it_is_the_clock_in_utc() -> None:
    said = instant(None)
    assert said.tzinfo is UTC
    assert abs((datetime.now(UTC) - said).total_seconds()) < 5


@pytest.mark.parametrize("text", ["now", "", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_instant_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match="2026-11-03T06:00:00Z"):
        instant(text)


def test_one_period_is_first_and_last() -> None:
    assert periods("2026-10") == ("2026-10", "2026-10")


def test_two_periods_are_a_range() -> None:
    assert periods("2026-08..2026-10") == ("2026-08", "2026-10")


@pytest.mark.parametrize(
    "text", ["2026", "2026-13", "2026-10-01", "2026-08...2026-10", "2026-08..", "october"]
)
def test_what_is_no_period_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match=r"2026-08\.\.2026-10"):
        periods(text)


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(InputError, match="backwards"):
        periods("2026-10..2026-08")


def test_a_range_holds_both_its_ends() -> None:
    held = [within(f"2026-{month:02}", ("2026-08", "2026-10")) for month in (7, 8, 9, 10, 11)]
    assert held == [False, True, True, True, False]
