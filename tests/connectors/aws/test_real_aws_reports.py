"""Do real reports load to the last digit, and do AWS's own identities hold on them?

The folder that TAGRECON_REAL_DATA names holds public reports that nobody here wrote, and PROFILE.json: one record per
file with rows and exact sums, taken without this product.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.bill.shape import Opening
from connectors.formats import open_lines
from recon.errors import DeliveryRefused
from recon.tagset import parse_tags
from tests.connectors.aws.cur_reports import Bill, opened

DATA = os.environ.get("TAGRECON_REAL_DATA", "")
pytestmark = pytest.mark.skipif(not DATA, reason="TAGRECON_REAL_DATA is not set")
REFUSED = {
    "aws-cur-anonymize/sample-legacy-csv.csv": "BillingCurrency",
    "aws-well-architected-labs/cur-athena-text/BeforeCUR.gz": "neither Parquet nor CSV",
    "aws-well-architected-labs/cur-athena-text/Step3CUR.gz": "no billing format that is known|neither Parquet nor CSV",
}


@cache
def profile() -> dict[str, Mapping[str, Any]]:
    if not DATA:
        return {}
    records = json.loads((Path(DATA) / "PROFILE.json").read_text("utf-8"))
    return {r["file"]: r for r in records if r["kind"].startswith("cur_")}


LOADED = sorted(set(profile()) - set(REFUSED))
WORKSHOP = [file for file in LOADED if file.endswith(".parquet")]


@pytest.fixture(scope="module", params=LOADED)
def real(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Bill, Mapping[str, Any]]:
    return opened(Path(DATA) / request.param), profile()[request.param]


def test_all_real_reports_are_accounted_for() -> None:
    assert len(LOADED) == 12


def test_rows_and_costs_are_those_that_others_counted(real: tuple[Bill, Mapping[str, Any]]) -> None:
    bill, told = real
    assert bill.total("x_count") == told["rows"]
    assert bill.total(bill.lines.raw_cost) == Decimal(told["billed"])
    assert bill.total(bill.lines.effective) == Decimal(told["effective"])
    assert bill.lines.raw_column == told["billed_column"]
    assert bill.bad() == []
    assert bill.lines.rejected == ()


def test_the_bridge_from_the_reports_cost_to_billed_holds_on_every_line(
    real: tuple[Bill, Mapping[str, Any]],
) -> None:
    bill, _ = real
    steps = " + ".join(f"({step})" for step in bill.lines.steps.values())
    off = f"({bill.lines.raw_cost}) + {steps} IS DISTINCT FROM ({bill.lines.billed})"
    assert bill.total(f"CASE WHEN {off} THEN 1 ELSE 0 END") == 0
    assert bill.total(bill.lines.billed) == bill.total(bill.lines.raw_cost)


def test_line_types_and_resources_are_those_that_others_counted(real: tuple[Bill, Mapping[str, Any]]) -> None:
    bill, told = real
    counted = dict(
        bill.con.execute(
            f"SELECT x_LineItemType, sum(x_count)::INT FROM {bill.lines.raw} WHERE x_count = 1 GROUP BY ALL"
        ).fetchall()
    )
    assert counted == told["counts"]["LineItemType"]
    assert bill.lines.has_resources is (told["distinct_resources"] is not None)
    if bill.lines.has_resources:
        ids = f"SELECT count(DISTINCT ResourceId), count(*) FILTER (ResourceId IS NULL AND x_count = 1) FROM {bill.lines.raw}"
        assert bill.con.execute(ids).fetchone() == (told["distinct_resources"], told["null_resource_rows"])


def test_currency_and_dimensions(real: tuple[Bill, Mapping[str, Any]]) -> None:
    bill, told = real
    dimensions = bill.dimensions()
    assert {d["BillingCurrency"] for d in dimensions} == set(told["currency"])
    assert len({(d["billing_period"], d["BillingAccountId"]) for d in dimensions}) == 1
    assert all(d["billing_period"] and d["BillingAccountId"] and d["ServiceName"] for d in dimensions)


def test_tags_stand_on_as_many_lines_as_others_counted(real: tuple[Bill, Mapping[str, Any]]) -> None:
    bill, told = real
    keys: dict[str, int] = {}
    for cell, rows in bill.con.execute(
        f"SELECT Tags, sum(x_count)::INT FROM {bill.lines.raw} GROUP BY ALL"
    ).fetchall():
        for key in parse_tags(cell):
            keys[key] = keys.get(key, 0) + rows
    expected = {
        name.removeprefix("resourceTags/").removeprefix("resource_tags_"): n
        for name, n in told.get("tag_fill", {}).items()
        if n
    }
    assert keys == expected


@pytest.mark.parametrize("file", WORKSHOP)
def test_what_was_paid_is_what_it_cost_and_what_was_paid_ahead(file: str) -> None:
    """AWS's identity on two real months: unblended = effective + the part of upfront fees that belongs to the month
    (taken off again) + upfront fees paid in it. Reservations only: the accounts had no Savings Plans yet."""
    bill = opened(Path(DATA) / file)
    ahead = bill.con.execute(
        f"SELECT sum(reservation_amortized_upfront_fee_for_billing_period::DECIMAL(38,12)) FROM '{Path(DATA) / file}' "
        "WHERE line_item_line_item_type = 'RIFee'"
    ).fetchone()
    assert ahead is not None
    upfront = bill.total(
        "CASE WHEN x_LineItemType = 'Fee' AND CommitmentDiscountId IS NOT NULL THEN x_SourceCost END"
    )
    off = bill.total("x_SourceCost") - (bill.total("EffectiveCost") - ahead[0] + upfront)
    assert abs(off) < Decimal("0.01")


@pytest.mark.parametrize("file", WORKSHOP)
def test_savings_plans_are_not_there_and_change_nothing(file: str) -> None:
    bill = opened(Path(DATA) / file)
    assert bill.total("step_savings_plan") == bill.total("step_rest") == 0
    assert bill.total("CASE WHEN x_LineItemType LIKE 'SavingsPlan%' THEN 1 ELSE 0 END") == 0
    assert bill.lines.has_effective


@pytest.mark.parametrize("file", [f for f in LOADED if "ocp-on-aws" in f or "2023-06" in f])
def test_generators_write_no_negation_so_that_all_covered_usage_is_left_over(file: str) -> None:
    """The identities of Savings Plans can't hold on these: covered usage stands alone. Nothing is lost by it."""
    bill = opened(Path(DATA) / file)
    assert bill.total("step_savings_plan") == -bill.total("step_rest") != 0
    assert bill.total("BilledCost") == Decimal(profile()[file]["billed"])


@pytest.mark.parametrize("file", WORKSHOP)
def test_the_untagged_share_is_the_known_one(file: str) -> None:
    """69.7 % and 72.5 % of the cost carry no user's tag: a plausibility anchor that others worked out."""
    bill = opened(Path(DATA) / file)
    rows = bill.con.execute(f"SELECT Tags, sum(x_SourceCost) FROM {bill.lines.raw} GROUP BY ALL").fetchall()
    untagged = sum(cost for cell, cost in rows if not any(k.startswith("user_") for k in parse_tags(cell)))
    expected = "2832.998" if "Oct" in file else "2542.681"
    assert round(untagged, 3) == Decimal(expected)


@pytest.mark.parametrize("file", REFUSED)
def test_what_is_no_report_is_refused_with_its_reason(file: str, tmp_path: Path) -> None:
    path = Path(DATA) / file
    with pytest.raises(DeliveryRefused, match=REFUSED[file]):
        if file == "aws-cur-anonymize/sample-legacy-csv.csv":
            opened(path)
        else:
            open_lines(Opening(duckdb.connect(), path, "lines", {}, spool=tmp_path))


def test_a_sample_that_says_too_little_loads_with_the_sources_defaults() -> None:
    says = {"BillingCurrency": "USD", "BillingPeriodStart": "2025-01-01", "BillingPeriodEnd": "2025-02-01"}
    bill = opened(
        Path(DATA) / "aws-cur-anonymize/sample-legacy-csv.csv", defaults={**says, "ChargeCategory": "Usage"}
    )
    assert (bill.total("BilledCost"), bill.total("EffectiveCost")) == (Decimal("0.0652"), Decimal("0.0652"))
    assert {d["x_Class"] for d in bill.dimensions()} == {"usage"}
