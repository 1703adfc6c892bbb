"""Do real and third-party Google Cloud exports sum to what others took of them?

The folder that TAGRECON_REAL_DATA names holds public files that nobody here wrote, and PROFILE.json: rows and exact
sums per file, taken without this product.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.gcp.exports import opened

DATA = os.environ.get("TAGRECON_REAL_DATA", "")
pytestmark = pytest.mark.skipif(
    not DATA, reason="TAGRECON_REAL_DATA is not set: name the folder of public bills"
)


def profile() -> list[Mapping[str, Any]]:
    if not DATA:
        return []
    records = json.loads((Path(DATA) / "PROFILE.json").read_text("utf-8"))
    here = [r for r in records if r["kind"] in ("gcp_csv", "gcp_jsonl") and (Path(DATA) / r["file"]).exists()]
    return sorted(here, key=lambda record: str(record["file"]))


@pytest.mark.parametrize("record", profile(), ids=lambda record: record["file"])
class TestEachFile:
    def test_sums_are_those_that_others_took(self, record: Mapping[str, Any]) -> None:
        sums = opened(Path(DATA) / record["file"], full=False).sums()
        assert sums["rows"] == record["rows"]
        assert sums["raw"] == Decimal(record["billed"])
        assert sums["billed"] == sums["effective"] == Decimal(record["effective"])
        assert sums["gap"] == 0

    def test_nothing_is_left_out(self, record: Mapping[str, Any]) -> None:
        bill = opened(Path(DATA) / record["file"])
        assert (bill.bad(), bill.lines.rejected, bill.lines.unknown_columns) == ([], (), ())
        assert len(bill.rows("x_row", where="x_count = 1")) == record["rows"]

    def test_credits_sum_to_what_others_took(self, record: Mapping[str, Any]) -> None:
        bill = opened(Path(DATA) / record["file"])
        amounts = bill.column("BilledCost", "x_count = 0")
        assert sum(amounts) == Decimal(record["credits_sum"])
        assert {kind for category, kind in bill.classes() if category == "Credit"} == {"credit"}

    def test_lines_stand_in_their_invoice_month(self, record: Mapping[str, Any]) -> None:
        bill = opened(Path(DATA) / record["file"])
        months = bill.column("strftime(BillingPeriodStart, '%Y%m')", "x_count = 1")
        assert {month: months.count(month) for month in set(months)} == record["counts"]["invoice.month"]

    def test_only_the_detailed_export_has_resources(self, record: Mapping[str, Any]) -> None:
        bill = opened(Path(DATA) / record["file"])
        assert bill.lines.has_resources == ("detailed" in record["version"])
        if bill.lines.has_resources:
            ids = bill.column("ResourceId", "x_count = 1")
            assert (len(set(ids) - {None}), ids.count(None)) == (
                record["distinct_resources"],
                record["null_resource_rows"],
            )

    def test_labels_are_read_whatever_their_spelling(self, record: Mapping[str, Any]) -> None:
        bill = opened(Path(DATA) / record["file"])
        labelled = sum(count for form, count in record["label_forms"].items() if form.startswith("labels:"))
        assert sum(bool(tags) for tags in bill.tags()) == labelled


def test_there_are_files_to_test() -> None:
    assert len(profile()) == 5
