"""Whose bill does a line of a billing export stand on, and when?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from recon.errors import DeliveryRefused
from tests.connectors.gcp.exports import as_csv, as_jsonl, as_parquet, labels, line, opened


def test_the_invoice_month_decides_the_period(tmp_path: Path) -> None:
    """project-koku/koku#3098 and #5707: lines of one month's use on the next month's invoice went missing or counted
    twice at month end."""
    bill = opened(
        as_parquet(
            tmp_path / "e.parquet",
            [
                line(cost=1.0, usage_start_time="2026-03-31T23:00:00Z", invoice__month="202603"),
                line(cost=2.0, usage_start_time="2026-03-31T23:00:00Z", invoice__month="202604"),
                line(cost=4.0, usage_start_time="2026-04-01T00:00:00Z", invoice__month="202603"),
                line(cost=8.0, usage_start_time="2026-12-31T00:00:00Z", invoice__month="202612"),
            ],
        )
    )
    assert bill.rows(
        "BilledCost", "BillingPeriodStart::DATE::VARCHAR", "BillingPeriodEnd::DATE::VARCHAR"
    ) == [
        (1, "2026-03-01", "2026-04-01"),
        (2, "2026-04-01", "2026-05-01"),
        (4, "2026-03-01", "2026-04-01"),
        (8, "2026-12-01", "2027-01-01"),
    ]


def test_the_day_is_the_utc_day_on_which_use_began(tmp_path: Path) -> None:
    starts = ("2026-03-05 23:30:00 UTC", "2026-03-06T00:30:00+01:00", "2026-03-05 00:00:00+00:00")
    bill = opened(as_csv(tmp_path / "e.csv", [line(usage_start_time=start) for start in starts]))
    assert bill.column(f"(DATE '1970-01-01' + ({bill.lines.day})::INTEGER)::VARCHAR") == ["2026-03-05"] * 3


def test_a_line_that_arrives_days_late_stands_in_its_own_month(tmp_path: Path) -> None:
    """bqbooster/dbt-bigquery-monitoring#44, m-lab/prometheus-support#703: exports arrive days late."""
    late = line(usage_start_time="2026-03-30T10:00:00Z", export_time="2026-04-03T02:00:00Z")
    bill = opened(as_parquet(tmp_path / "e.parquet", [late]))
    assert bill.rows("BillingPeriodStart::DATE::VARCHAR", "ChargePeriodStart::DATE::VARCHAR") == [
        ("2026-03-01", "2026-03-30")
    ]


def test_when_a_line_was_exported_does_not_tell_two_files_apart(tmp_path: Path) -> None:
    """bqbooster/dbt-bigquery-monitoring#44: the same line exported again, later, is the same line."""
    two = [
        opened(as_parquet(tmp_path / f"{day}.parquet", [line(export_time=f"2026-03-0{day}T00:00:00Z")]))
        for day in (6, 8)
    ]
    compared = [bill.rows(*bill.lines.line_columns) for bill in two]
    assert compared[0] == compared[1]
    assert two[0].column("x_ExportTime") != two[1].column("x_ExportTime")


def test_lines_that_differ_by_label_alone_are_told_apart(tmp_path: Path) -> None:
    bill = opened(
        as_csv(
            tmp_path / "e.csv",
            [line(labels=labels(app="a")), line(labels=labels(app="b"))],
            without=["resource"],
        )
    )
    first, second = bill.rows(*bill.lines.line_columns)
    assert first != second


def test_all_projects_of_a_billing_account_are_read(tmp_path: Path) -> None:
    """hystax/optscale#787, #319, #194: several projects in one export were not supported."""
    bill = opened(
        as_parquet(
            tmp_path / "e.parquet",
            [line(project__id=p, cost=c) for p, c in (("a", 1.0), ("b", 2.0), ("c", 4.0))],
        )
    )
    assert bill.rows("SubAccountId", "BilledCost") == [("a", 1), ("b", 2), ("c", 4)]


def test_a_line_without_project_has_no_sub_account(tmp_path: Path) -> None:
    support = line(project=None, service__description="Support", resource=None)
    assert opened(as_parquet(tmp_path / "e.parquet", [support])).rows(
        "SubAccountId", "ResourceId", "BilledCost"
    ) == [(None, None, Decimal("1.25"))]


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    """microsoft/finops-toolkit#2096: a rule about names that nobody knew of lost Google's data without a word."""
    assert opened(as_parquet(tmp_path / "part-000.bin", [line()])).sums()["rows"] == 1


def test_identical_lines_are_all_kept(tmp_path: Path) -> None:
    assert opened(as_parquet(tmp_path / "e.parquet", [line(), line()])).sums()["billed"] == Decimal("2.5")


@pytest.mark.parametrize("month", ["", "2026-13", "March"])
def test_a_line_without_a_readable_invoice_month_is_bad(tmp_path: Path, month: str) -> None:
    bill = opened(as_csv(tmp_path / "e.csv", [line(invoice__month=month), line()]))
    assert bill.column("x_row") == [2]
    assert (1, "invoice.month") in {(row, column) for row, _, _, column in bill.bad()}


def test_unreadable_times_of_use_are_bad(tmp_path: Path) -> None:
    bill = opened(
        as_csv(
            tmp_path / "e.csv",
            [line(usage_start_time="5/3/26"), line(usage_end_time="soon"), line(usage_end_time="")],
        )
    )
    assert bill.column("x_row") == [3]
    assert {("5/3/26", "usage_start_time"), ("soon", "usage_end_time")} <= {bad[2:] for bad in bill.bad()}


def test_a_file_without_invoice_month_is_refused_unless_the_source_says_which(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "e.csv", [line()], without=["invoice"])
    with pytest.raises(
        DeliveryRefused, match=r"lacks invoice\.month \(BillingPeriodStart\).*defaults: \{BillingPeriodStart"
    ):
        opened(path)
    bill = opened(path, BillingPeriodStart="2026-03-01", BillingPeriodEnd="2026-04-01")
    assert bill.rows("BillingPeriodStart::DATE::VARCHAR", "BillingPeriodEnd::DATE::VARCHAR") == [
        ("2026-03-01", "2026-04-01")
    ]


def test_what_identifies_money_must_be_there_in_json_too(tmp_path: Path) -> None:
    bare = {k: v for k, v in line().items() if k not in ("currency", "billing_account_id")}
    with pytest.raises(
        DeliveryRefused, match=r"lacks billing_account_id \(BillingAccountId\), currency \(BillingCurrency\)"
    ):
        opened(as_jsonl(tmp_path / "e.json", [bare]))


def test_two_columns_that_mean_one_field_are_refused(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "e.csv", [line()])
    path.write_text(path.read_text("utf-8").replace("seller_name", "service_description", 1), "utf-8")
    with pytest.raises(DeliveryRefused, match="two columns that mean service_description"):
        opened(path)
