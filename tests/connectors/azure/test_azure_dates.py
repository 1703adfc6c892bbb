"""Is a day the day that the file means, and does a line stand in the billing period that it names?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from recon.errors import DeliveryRefused
from tests.connectors.azure.details import CUSTOMER, ENTERPRISE, PAY_AS_YOU_GO, Details, details, without


def on(*days: str, **more: str) -> list[dict[str, str]]:
    return [{**ENTERPRISE, "Date": day, **more} for day in days]


def found(bill: Details) -> list[str]:
    return [str(day)[:10] for (day,) in bill.rows("ChargePeriodStart")]


NO_PERIOD = {"BillingPeriodStartDate": "", "BillingPeriodEndDate": ""}


def test_iso_days_are_themselves_with_and_without_time(tmp_path: Path) -> None:
    bill = details(
        tmp_path, *on("2026-09-03", "2026-09-03 00:00:00", "2026-09-03T00:00Z", "2026-09-03T00:00:00")
    )
    assert found(bill) == ["2026-09-03"] * 4


def test_a_day_above_twelve_proves_month_first(tmp_path: Path) -> None:
    bill = details(tmp_path, *on("2/3/2026", "9/13/2026", **NO_PERIOD))
    assert found(bill) == ["2026-02-03", "2026-09-13"]
    assert bill.shaped.format == "Azure cost details"


def test_the_billing_period_proves_the_notation_of_the_days(tmp_path: Path) -> None:
    period = {"BillingPeriodStartDate": "05/01/2026", "BillingPeriodEndDate": "05/31/2026"}
    assert found(details(tmp_path, *on("05/02/2026", **period))) == ["2026-05-02"]
    turned = {"BillingPeriodStartDate": "01/05/2026", "BillingPeriodEndDate": "31/05/2026"}
    bill = details(tmp_path, *on("02/05/2026", **turned))
    assert found(bill) == ["2026-05-02"]
    assert bill.one("BillingPeriodStart", "BillingPeriodEnd") == (datetime(2026, 5, 1), datetime(2026, 6, 1))


def test_a_file_that_proves_nothing_is_read_month_first_and_says_so(tmp_path: Path) -> None:
    bill = details(tmp_path, *on("02/03/2026", **NO_PERIOD))
    assert found(bill) == ["2026-02-03"]
    assert bill.shaped.format == "Azure cost details, days taken for month/day/year"


def test_a_file_that_proves_both_notations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match="some days as month/day/year and others as day/month/year"):
        details(tmp_path, *on("13/02/2026", "02/13/2026"))


def test_a_slashed_day_may_carry_a_time(tmp_path: Path) -> None:
    bill = details(tmp_path, *on("9/21/2026 12:00:00 AM", "09/21/2026 00:00:00", "9/21/2026 00:00"))
    assert found(bill) == ["2026-09-21"] * 3


@pytest.mark.parametrize("text", ["4/1/25", "02.09.2026", "soon", "", "02/30/2026", "45/45/2026"])
def test_a_day_that_cannot_be_read_is_quarantined_with_its_text(tmp_path: Path, text: str) -> None:
    bill = details(tmp_path, *on("09/13/2026", text))
    assert bill.bad() == [(2, "Date", "is not a date that can be read", text or None)]


def test_a_period_ends_with_its_last_day(tmp_path: Path) -> None:
    for line in (ENTERPRISE, CUSTOMER):
        assert details(tmp_path, line).one("BillingPeriodStart", "BillingPeriodEnd", "x_BillingPeriodFrom") == (
            datetime(2026, 9, 1), datetime(2026, 10, 1), "billing period of the line",
        )  # fmt: skip


def test_a_line_stays_in_its_period_when_its_day_lies_outside(tmp_path: Path) -> None:
    (found_in,) = details(tmp_path, *on("08/31/2026")).dimensions()
    assert found_in["billing_period"] == "2026-09"


def test_a_file_without_periods_is_billed_by_calendar_month_and_says_so(tmp_path: Path) -> None:
    bill = details(tmp_path, {**PAY_AS_YOU_GO, "UsageDateTime": "2026-12-31"})
    assert bill.one("BillingPeriodStart", "BillingPeriodEnd", "x_BillingPeriodFrom") == (
        datetime(2026, 12, 1), datetime(2027, 1, 1), "month of the day",
    )  # fmt: skip


def test_a_line_that_leaves_its_period_blank_is_billed_by_calendar_month(tmp_path: Path) -> None:
    bill = details(tmp_path, ENTERPRISE, {**ENTERPRISE, **NO_PERIOD, "Date": "10/20/2026"})
    assert [d["billing_period"] for d in sorted(bill.dimensions(), key=str)] == ["2026-09", "2026-10"]


def test_a_period_that_cannot_be_read_is_quarantined_not_guessed(tmp_path: Path) -> None:
    bill = details(tmp_path, {**ENTERPRISE, "BillingPeriodEndDate": "end of month"})
    assert bill.bad() == [(1, "BillingPeriodEndDate", "is not a date that can be read", "end of month")]


def test_a_period_of_the_source_fills_the_gap(tmp_path: Path) -> None:
    bill = details(tmp_path, PAY_AS_YOU_GO, BillingPeriodStart="2026-08-15", BillingPeriodEnd="2026-09-15")
    assert bill.one("BillingPeriodStart", "BillingPeriodEnd") == (
        datetime(2026, 8, 15),
        datetime(2026, 9, 15),
    )


def test_a_charge_lasts_a_day(tmp_path: Path) -> None:
    bill = details(tmp_path, without(ENTERPRISE, "BillingPeriodStartDate", "BillingPeriodEndDate"))
    assert bill.one("ChargePeriodStart", "ChargePeriodEnd") == (datetime(2026, 9, 3), datetime(2026, 9, 4))
