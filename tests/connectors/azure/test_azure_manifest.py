"""Do the manifests of Cost Management exports choose the files that count, and say which cost is in them?"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.azure.manifest import read_manifest
from connectors.deliveries import Selection, select
from connectors.places import list_files

EXPORT = "/providers/Microsoft.Billing/billingAccounts/1/providers/Microsoft.CostManagement/exports/"
MONTH = "20260901-20260930"


def manifest(
    run: str = "run-1", *blobs: str, name: str = "daily", kind: str = "ActualCost", start: str = "2026-09-01T00:00:00",
    end: str = "2026-09-30T00:00:00", ran: str = "2026-10-02T06:00:00.1234567Z", rows: int = 2, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    return {
        "manifestVersion": "2024-04-01",
        "byteCount": 10,
        "blobCount": len(blobs),
        "dataRowCount": rows,
        "exportConfig": {
            "exportName": name, "resourceId": EXPORT + name, "dataVersion": "2021-10-01", "type": kind, "timeFrame": "MonthToDate",
        },
        "deliveryConfig": {"partitionData": True, "dataOverwriteBehavior": "CreateNewReport", "rootFolderPath": "root"},
        "runInfo": {"executionType": "Scheduled", "submittedTime": ran, "runId": run, "startDate": start, "endDate": end},
        "blobs": [{"blobName": blob, "byteCount": 5, "dataRowCount": 1} for blob in blobs],
        **more,
    }  # fmt: skip


def deliver(
    location: Path,
    run: str,
    *parts: str,
    name: str = "daily",
    folder: str = MONTH,
    lost: str = "",
    **said: Any,
) -> None:
    """One run as the export writes it below the container `location`; `lost`: a part that is not there."""
    place = f"root/{name}/{folder}/{run}"
    (location / place).mkdir(parents=True)
    blobs = [f"{place}/{part}" for part in parts]
    for blob in blobs:
        if not blob.endswith(lost or "\0"):
            (location / blob).write_text("Date\n", "utf-8")
    document = manifest(run, *blobs, name=name, **said)
    (location / place / "manifest.json").write_text(json.dumps(document), "utf-8")


def selected(location: Path) -> Selection:
    return select(list_files(str(location), location / "spool"), [read_manifest])


def keys(selection: Selection) -> list[str]:
    return [file.key for file in selection.files]


def test_a_manifest_says_its_parts_rows_and_run() -> None:
    found = read_manifest(
        json.dumps(manifest("run-1", "root/daily/a.csv", "root/daily/b.csv")), "manifest.json"
    )
    assert found is not None
    assert (found.files, found.rows, found.delivery) == (("root/daily/a.csv", "root/daily/b.csv"), 2, "run-1")
    assert found.written == "2026-10-02T06:00:00.1234567Z"


@pytest.mark.parametrize(
    ("kind", "view"),
    [
        ("ActualCost", "billed"),
        ("Usage", "billed"),
        ("AmortizedCost", "effective"),
        ("FocusCost", None),
        ("PriceSheet", None),
    ],
)
def test_the_kind_of_export_says_which_cost_it_carries(kind: str, view: str | None) -> None:
    found = read_manifest(json.dumps(manifest(kind=kind)), "manifest.json")
    assert found is not None
    assert found.view == view


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "not json", '{"exportConfig": {}}', '{"exportConfig": 1, "blobs": []}', "{" * 99999],
)
def test_other_json_is_no_manifest(text: str) -> None:
    assert read_manifest(text, "manifest.json") is None


def test_a_manifest_of_which_half_is_missing_is_still_read() -> None:
    bare = {
        "exportConfig": {"exportName": "daily"},
        "blobs": [{"blobName": "r/daily/20260901-20260930/x.csv"}, {}, 7],
    }
    found = read_manifest(json.dumps(bare), "r/daily/20260901-20260930/run-7/manifest.json")
    assert found is not None
    assert (found.rows, found.written, found.view) == (None, "", None)
    assert found.files == ("r/daily/20260901-20260930/x.csv",)
    assert found.delivery.endswith("run-7")
    assert MONTH in found.series


def test_the_newest_run_of_a_month_counts_and_the_others_do_not(tmp_path: Path) -> None:
    deliver(
        tmp_path,
        "zzz-older",
        "part_0_0001.csv",
        "part_1_0001.csv",
        end="2026-09-20T00:00:00",
        ran="2026-09-20T06:00:00Z",
    )
    deliver(tmp_path, "aaa-newer", "part_0_0001.csv", end="2026-09-21T00:00:00", ran="2026-09-21T06:00:00Z")
    found = selected(tmp_path)
    assert keys(found) == [f"root/daily/{MONTH}/aaa-newer/part_0_0001.csv"]
    assert {file.key.split("/")[3] for file, _ in found.left_out} == {"zzz-older"}
    assert all("aaa-newer" in reason for _, reason in found.left_out)
    (delivery,) = found.parts.values()
    assert (delivery.id, delivery.rows, delivery.view, delivery.missing) == ("aaa-newer", 2, "billed", ())


def test_the_newest_run_is_known_by_its_own_time_not_by_when_it_was_copied(tmp_path: Path) -> None:
    deliver(tmp_path, "run-a", "part_0_0001.csv", ran="2026-10-02T06:00:00Z")
    deliver(tmp_path, "run-b", "part_0_0001.csv", ran="2026-10-01T06:00:00Z")
    os.utime(tmp_path / f"root/daily/{MONTH}/run-a/manifest.json", (1, 1))
    assert keys(selected(tmp_path)) == [f"root/daily/{MONTH}/run-a/part_0_0001.csv"]


def test_actual_and_amortized_exports_of_a_month_both_count_each_for_its_cost(tmp_path: Path) -> None:
    deliver(tmp_path, "run-1", "part_0_0001.csv", name="actual", kind="ActualCost")
    deliver(tmp_path, "run-2", "part_0_0001.csv", name="amortized", kind="AmortizedCost")
    found = selected(tmp_path)
    assert {key.split("/")[1]: delivery.view for key, delivery in found.parts.items()} == {
        "actual": "billed", "amortized": "effective",
    }  # fmt: skip
    assert found.left_out == ()


def test_months_do_not_replace_each_other(tmp_path: Path) -> None:
    deliver(tmp_path, "run-1", "part_0_0001.csv")
    deliver(
        tmp_path,
        "run-2",
        "part_0_0001.csv",
        folder="20261001-20261031",
        start="2026-10-01",
        end="2026-10-03",
        ran="2026-10-03",
    )
    assert len(selected(tmp_path).files) == 2


def test_a_part_that_is_not_there_is_named(tmp_path: Path) -> None:
    deliver(tmp_path, "run-1", "part_0_0001.csv", "part_1_0001.csv", lost="part_1_0001.csv")
    (delivery,) = selected(tmp_path).parts.values()
    assert delivery.missing == (f"root/daily/{MONTH}/run-1/part_1_0001.csv",)


def test_a_location_may_begin_below_the_container(tmp_path: Path) -> None:
    deliver(tmp_path, "run-1", "part_0_0001.csv", ran="2026-10-01T06:00:00Z")
    deliver(tmp_path, "run-2", "part_0_0001.csv", ran="2026-10-02T06:00:00Z")
    found = selected(tmp_path / "root" / "daily")
    assert keys(found) == [f"{MONTH}/run-2/part_0_0001.csv"]
    assert not any(delivery.missing for delivery in found.parts.values())


def test_older_exports_of_one_file_without_manifest_are_taken_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "root" / "old" / MONTH
    folder.mkdir(parents=True)
    (folder / "old_2b1d.csv").write_text("Date\n", "utf-8")
    deliver(tmp_path, "run-1", "part_0_0001.csv")
    found = selected(tmp_path)
    assert keys(found) == [f"root/daily/{MONTH}/run-1/part_0_0001.csv", f"root/old/{MONTH}/old_2b1d.csv"]
    assert f"root/old/{MONTH}/old_2b1d.csv" not in found.parts


def test_a_later_run_of_some_chosen_days_does_not_replace_the_month(tmp_path: Path) -> None:
    """finops-toolkit#320: an export of a few days beside the daily one. It is another series: the overlap is then
    seen, and neither days are lost nor money is doubled."""
    deliver(tmp_path, "run-1", "part_0_0001.csv", end="2026-09-20T00:00:00", ran="2026-09-20T06:00:00Z")
    deliver(
        tmp_path,
        "run-2",
        "part_0_0001.csv",
        end="2026-09-05T00:00:00",
        ran="2026-09-21T06:00:00Z",
        folder="20260901-20260905",
    )
    assert len(selected(tmp_path).files) == 2


def test_the_run_after_the_month_replaces_the_last_run_within_it(tmp_path: Path) -> None:
    deliver(tmp_path, "run-1", "part_0_0001.csv", end="2026-09-29T00:00:00", ran="2026-09-29T06:00:00Z")
    deliver(tmp_path, "run-2", "part_0_0001.csv", end="2026-09-30T00:00:00", ran="2026-10-05T06:00:00Z")
    assert keys(selected(tmp_path)) == [f"root/daily/{MONTH}/run-2/part_0_0001.csv"]


def test_runs_of_three_months_do_not_compete_with_their_first(tmp_path: Path) -> None:
    deliver(
        tmp_path,
        "run-1",
        "part_0_0001.csv",
        ran="2026-12-02T06:00:00Z",
        end="2026-11-30",
        folder="20260901-20261130",
    )
    deliver(tmp_path, "run-2", "part_0_0001.csv", ran="2026-12-03T06:00:00Z")
    assert len(selected(tmp_path).files) == 2
