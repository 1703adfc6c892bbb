"""Do real files load to the last digit, and is every file that does not load refused with its reason?

The folder that TAGRECON_REAL_DATA names holds public files that nobody here wrote, and PROFILE.json: one record per
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

import pytest

from recon.errors import DeliveryRefused
from recon.tagset import parse_tags
from tests.connectors.azure.details import Details, opened

DATA = os.environ.get("TAGRECON_REAL_DATA", "")
pytestmark = pytest.mark.skipif(not DATA, reason="TAGRECON_REAL_DATA is not set")
REFUSED = {"opencost/values/Template.csv": "lacks BillingCurrency"}


@cache
def profile() -> dict[str, Mapping[str, Any]]:
    if not DATA:
        return {}
    records = json.loads((Path(DATA) / "PROFILE.json").read_text("utf-8"))
    return {r["file"]: r for r in records if r["kind"].startswith("azure")}


LOADED = sorted(set(profile()) - set(REFUSED))


@pytest.fixture(scope="module", params=LOADED)
def real(request: pytest.FixtureRequest) -> tuple[Details, Mapping[str, Any]]:
    return opened(Path(DATA) / request.param, full=False), profile()[request.param]


def test_all_real_files_are_accounted_for() -> None:
    assert set(profile()) >= set(REFUSED)
    assert len(LOADED) == 11


def test_rows_and_costs_are_those_that_others_counted(real: tuple[Details, Mapping[str, Any]]) -> None:
    bill, told = real
    assert (bill.total("x_count") or 0) + len(bill.lines.rejected) == told["rows"]
    written = told["billed"] if told["billed"] != "–" else "0"
    assert (bill.total(bill.lines.raw_cost) or 0) == Decimal(written)
    assert bill.lines.raw_column == told["billed_column"]


def test_the_own_column_leads_to_the_billed_cost(real: tuple[Details, Mapping[str, Any]]) -> None:
    assert (real[0].gap() or 0) == 0


def test_resources_tags_and_days_are_those_that_others_counted(
    real: tuple[Details, Mapping[str, Any]],
) -> None:
    bill, told = real
    [(resources, without, first, last)] = bill.con.execute(
        "SELECT count(DISTINCT ResourceId), count(*) FILTER (ResourceId IS NULL), min(ChargePeriodStart), max(ChargePeriodStart) "
        f"FROM {bill.lines.raw}"
    ).fetchall()
    assert (resources, without) == (told["distinct_resources"], told["null_resource_rows"])
    assert {key for text in bill.tags() for key in parse_tags(text)} == set(told["tag_keys"] or ())
    days = [day[:10] for day in told.get("period", ())] or [str(None)] * 2
    assert [str(first)[:10], str(last)[:10]] == days


def test_only_the_line_without_any_cost_is_quarantined(real: tuple[Details, Mapping[str, Any]]) -> None:
    bill, told = real
    expected = [(1, "PreTaxCost", "is not an exact number", None)] if told["file"].endswith("BOM.csv") else []
    assert bill.bad() == expected


@pytest.mark.parametrize("file", sorted(REFUSED))
def test_a_refused_file_says_why(file: str) -> None:
    with pytest.raises(DeliveryRefused, match=REFUSED[file]):
        opened(Path(DATA) / file)


def test_rows_that_do_not_fit_their_header_are_rejected_one_by_one() -> None:
    bill = opened(Path(DATA) / "opencost/values/Template.csv", BillingCurrency="USD")
    assert (len(bill.lines.rejected), bill.rows("x_row")) == (87, [])
    assert {reason.split(":")[0] for _, reason, _ in bill.lines.rejected} == {"row does not fit the header"}


def test_the_demonstration_enrollment_is_seen_to_be_actual_cost() -> None:
    bill = opened(Path(DATA) / "finops-toolkit/EA_ActualCost_Small.csv")
    assert (bill.lines.view, bill.lines.has_effective) == ("billed", False)
    assert bill.lines.format == "Azure cost details"  # its billing period proves that months come first
