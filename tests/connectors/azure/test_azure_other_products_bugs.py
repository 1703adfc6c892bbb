"""What went wrong in other products on the same bills must not go wrong here: one test for each public thread."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.azure.manifest import read_manifest
from connectors.deliveries import select
from connectors.places import list_files
from recon.errors import DeliveryRefused
from recon.tagset import parse_tags
from tests.connectors.azure.details import (
    CUSTOMER,
    ENTERPRISE,
    PAY_AS_YOU_GO,
    RESERVATION,
    details,
    opened,
    without,
    write_details,
)
from tests.connectors.azure.test_azure_columns import GERMAN
from tests.connectors.azure.test_azure_manifest import MONTH, deliver, selected


def test_the_total_is_the_sum_of_the_own_cost_column_nothing_left_out(tmp_path: Path) -> None:
    """hystax/optscale#239: 929 USD in the portal, 1,101.97 in the tool. Usage, purchase, refund, tax, rounding and a
    line without resource all count, each once, at the cost that the file has, not at price × quantity."""
    kinds = ("Usage", "Purchase", "Refund", "Tax", "RoundingAdjustment", "SomethingNew")
    lines = [
        {**ENTERPRISE, "ChargeType": kind, "CostInBillingCurrency": f"{n}.01", "UnitPrice": "99"}
        for n, kind in enumerate(kinds)
    ]
    bill = details(tmp_path, *lines, {**lines[0], "ResourceId": "", "CostInBillingCurrency": "900"})
    assert bill.total(bill.lines.billed) == bill.total("x_SourceCost") == Decimal("915.06")


def test_commitments_that_belong_to_no_subscription_are_not_missing(tmp_path: Path) -> None:
    """hystax/optscale#596: purchases of reservations, tied to no subscription, were missing from the total."""
    bought = {
        **ENTERPRISE,
        "SubscriptionId": "",
        "ChargeType": "Purchase",
        "PricingModel": "Reservation",
        "benefitId": RESERVATION,
    }
    bill = details(tmp_path, bought)
    assert bill.one("BilledCost", "SubAccountId", "ChargeCategory") == (Decimal("0.2"), None, "Purchase")


def test_a_month_to_date_run_replaces_the_run_of_the_day_before(tmp_path: Path) -> None:
    """project-koku#1180: cost ten times too high, for every day's export of the month was added."""
    for day in range(10, 20):
        deliver(
            tmp_path,
            f"run-{day}",
            "part_0_0001.csv",
            end=f"2026-09-{day}T00:00:00",
            ran=f"2026-09-{day}T06:00:00Z",
        )
    assert [f.key for f in selected(tmp_path).files] == [f"root/daily/{MONTH}/run-19/part_0_0001.csv"]


def test_a_file_read_twice_is_seen_as_the_same_lines(tmp_path: Path) -> None:
    """project-koku#1180, without manifests: by the compared columns the copies are equal, though tags came later."""
    first = opened(write_details(tmp_path / "one.csv", [ENTERPRISE]))
    second = opened(
        write_details(
            tmp_path / "two.csv", [{**ENTERPRISE, "Tags": '"env": "prod"', "AccountName": "renamed"}]
        )
    )
    assert first.rows(*first.lines.line_columns) == second.rows(*first.lines.line_columns)


def test_tags_without_braces_are_tags(tmp_path: Path) -> None:
    """kubecost#414: the export writes tags as JSON without braces, which did not parse."""
    (text,) = details(tmp_path, {**ENTERPRISE, "Tags": '"env": "prod","team": "a, b"'}).tags()
    assert parse_tags(text) == {"env": "prod", "team": "a, b"}


def test_a_german_header_is_a_header(tmp_path: Path) -> None:
    """kubecost#414: headers follow the account's language; UsageDateTime was there and still not found."""
    bill = details(tmp_path, {GERMAN.get(name, name): cell for name, cell in PAY_AS_YOU_GO.items()})
    assert bill.one("BilledCost", "day(ChargePeriodStart)") == (Decimal("0.2"), 3)


def test_an_export_with_date_in_place_of_usage_date_time_is_read(tmp_path: Path) -> None:
    """kubecost#917: an enterprise export has no UsageDateTime, its Date is written month first, and the first column
    was taken for the day."""
    bill = details(
        tmp_path,
        {
            **ENTERPRISE,
            "Date": "05/27/2026",
            "BillingPeriodStartDate": "05/01/2026",
            "BillingPeriodEndDate": "05/31/2026",
        },
    )
    assert (bill.one("month(ChargePeriodStart)", "day(ChargePeriodStart)"), bill.bad()) == ((5, 27), [])


def test_columns_renamed_from_one_delivery_to_the_next_mean_the_same(tmp_path: Path) -> None:
    """kubecost#1526: from one month to the next German headers became English ones, PreTaxCost became
    CostInBillingCurrency, InstanceId ResourceId; costs went strange without a word."""
    renamed = {
        "SubscriptionGuid": "SubscriptionId", "UsageDateTime": "Date", "PreTaxCost": "CostInBillingCurrency",
        "UsageQuantity": "Quantity", "InstanceId": "ResourceId", "Currency": "BillingCurrencyCode", "ResourceRate": "EffectivePrice",
    }  # fmt: skip
    before = details(tmp_path, {GERMAN.get(n, n): cell for n, cell in PAY_AS_YOU_GO.items()})
    said = (
        "x_SourceCost",
        "BillingCurrency",
        "BillingAccountId",
        "SubAccountId",
        "ResourceId",
        "ServiceName",
        "PricingQuantity",
    )
    told = before.one(*said)
    assert (
        details(tmp_path, {renamed.get(n, n): cell for n, cell in PAY_AS_YOU_GO.items()}).one(*said) == told
    )


def test_a_cost_column_renamed_to_something_unknown_is_refused_not_read_as_zero(tmp_path: Path) -> None:
    """kubecost#1526: the next rename must be heard of."""
    with pytest.raises(DeliveryRefused, match=r"no cost column.*CostBeforeTax"):
        details(tmp_path, {**without(ENTERPRISE, "CostInBillingCurrency"), "CostBeforeTax": "1"})


def test_an_export_of_some_days_beside_the_daily_one_is_an_overlap_not_more_cost(tmp_path: Path) -> None:
    """finops-toolkit#320: two exports of one month, one of them of its first days, doubled those days. They are two
    series, and equal in the compared columns, so that the overlap is seen."""
    deliver(
        tmp_path,
        "run-1",
        "part_0_0001.csv",
        name="first-days",
        end="2026-09-09",
        ran="2026-09-10",
        folder="20260901-20260909",
    )
    deliver(tmp_path, "run-2", "part_0_0001.csv", name="daily", end="2026-09-20", ran="2026-09-20")
    files = selected(tmp_path).files
    assert len(files) == 2
    bills = [opened(write_details(tmp_path / f"{n}.csv", [ENTERPRISE])) for n in range(2)]
    assert bills[0].rows(*bills[0].lines.line_columns) == bills[1].rows(*bills[0].lines.line_columns)


def test_an_export_whose_version_changed_still_replaces_its_earlier_runs(tmp_path: Path) -> None:
    """finops-toolkit#966: strange doubled data after upgrades: old runs stayed beside those of a new data version."""
    deliver(tmp_path, "run-1", "part_0_0001.csv", ran="2026-10-01T06:00:00Z")
    deliver(tmp_path, "run-2", "part_0_0001.csv", ran="2026-10-02T06:00:00Z")
    path = tmp_path / f"root/daily/{MONTH}/run-1/manifest.json"
    older = json.loads(path.read_text("utf-8"))
    older["exportConfig"] |= {"dataVersion": "2019-11-01", "apiVersion": "2021-01-01"}
    path.write_text(json.dumps(older), "utf-8")
    assert [f.key.split("/")[3] for f in selected(tmp_path).files] == ["run-2"]


def test_moved_cost_of_allocation_rules_does_not_part_from_the_invoice(tmp_path: Path) -> None:
    """finops-toolkit#2048: report and invoice differ, rows seemed to be there twice. The pairs that a cost allocation
    rule adds stay out by name, so that the total is the invoice's even when one half of a pair is missing."""
    moved = {**CUSTOMER, "costAllocationRuleName": "rule", "costInBillingCurrency": "5"}
    bill = details(tmp_path, CUSTOMER, moved)
    assert (bill.total(bill.lines.billed), bill.total("x_SourceCost"), bill.gap()) == (
        Decimal("0.9"),
        Decimal("5.9"),
        0,
    )


def test_the_manifest_of_a_partitioned_export_is_no_bill(tmp_path: Path) -> None:
    """opencost#2451: _manifest.json of a partitioned export was read as a bill and stopped the import."""
    folder = tmp_path / "root/daily/20260901-20260930/202609130307/run-1"
    folder.mkdir(parents=True)
    blob = "root/daily/20260901-20260930/202609130307/run-1/part_0_0001.csv"
    (tmp_path / blob).write_text("Date\n", "utf-8")
    document = {"exportConfig": {"exportName": "daily", "type": "Usage"}, "blobs": [{"blobName": blob}]}
    (folder / "_manifest.json").write_text(json.dumps(document), "utf-8")
    found = select(list_files(str(tmp_path), tmp_path / "spool"), [read_manifest])
    assert [f.key for f in found.files] == [blob]
