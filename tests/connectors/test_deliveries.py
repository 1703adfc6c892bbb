"""Do the files count that the newest manifest names, and no others?"""

from __future__ import annotations

import json
import os
from pathlib import Path

from connectors.aws.manifest import read_manifest
from connectors.deliveries import Selection, select
from connectors.places import list_files

PERIOD = "20260901-20261001"


def _put(folder: Path, key: str, text: str = "a,b\n1,2\n", age: int = 0) -> None:
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    os.utime(path, (1_790_000_000 - age, 1_790_000_000 - age))


def _manifest(folder: Path, key: str, assembly: str, files: list[str], age: int = 0) -> None:
    text = json.dumps(
        {
            "assemblyId": assembly, "account": "400100200990", "reportName": "cur", "reportId": "r",
            "billingPeriod": {"start": "20260901T000000.000Z", "end": "20261001T000000.000Z"},
            "compression": "GZIP", "reportKeys": files, "bucket": "bills", "columns": [],
        }
    )  # fmt: skip
    _put(folder, key, text, age)


def _selected(folder: Path) -> Selection:
    return select(list_files(str(folder), folder / ".spool"), (read_manifest,))


def _create_new(folder: Path) -> None:
    """Two assemblies of one month, each in its own folder; the copy in the month's folder speaks of the latest."""
    for assembly, age in (("first", 900), ("second", 100)):
        keys = [f"cur/{PERIOD}/{assembly}/cur-{n}.csv" for n in (1, 2)]
        for key in keys:
            _put(folder, key, age=age)
        _manifest(folder, f"cur/{PERIOD}/{assembly}/cur-Manifest.json", assembly, keys, age)
    _manifest(folder, f"cur/{PERIOD}/cur-Manifest.json", "second", keys, 100)


def test_where_no_manifest_lies_every_file_counts(tmp_path: Path) -> None:
    _put(tmp_path, "a.csv")
    _put(tmp_path, "deep/b.csv")
    assert [f.key for f in _selected(tmp_path).files] == ["a.csv", "deep/b.csv"]


def test_of_two_assemblies_the_newest_counts_and_the_other_is_named(tmp_path: Path) -> None:
    _create_new(tmp_path)
    found = _selected(tmp_path)
    assert [f.key for f in found.files] == [f"cur/{PERIOD}/second/cur-{n}.csv" for n in (1, 2)]
    assert {d.id for d in found.parts.values()} == {"second"}
    assert [(f.key.rpartition("/")[2], reason.split(" (")[0]) for f, reason in found.left_out] == [
        ("cur-1.csv", "replaced by delivery second"),
        ("cur-2.csv", "replaced by delivery second"),
    ]


def test_the_copy_above_the_assemblies_decides_whatever_the_file_times_say(tmp_path: Path) -> None:
    _create_new(tmp_path)
    _manifest(
        tmp_path, f"cur/{PERIOD}/first/cur-Manifest.json", "first", [f"cur/{PERIOD}/first/cur-1.csv"], -500
    )
    assert {d.id for d in _selected(tmp_path).parts.values()} == {"second"}


def test_of_a_delivery_that_is_not_whole_the_missing_part_is_named_and_the_one_before_it_counts(
    tmp_path: Path,
) -> None:
    _create_new(tmp_path)
    (tmp_path / f"cur/{PERIOD}/second/cur-2.csv").unlink()
    found = _selected(tmp_path)
    assert {d.id for d in found.parts.values()} == {"first"}
    assert [f.key for f in found.files] == [f"cur/{PERIOD}/first/cur-{n}.csv" for n in (1, 2)]
    assert all(f"cur/{PERIOD}/second/cur-2.csv" in reason for _, reason in found.broken)
    assert found.broken
    [(left, why)] = found.left_out
    assert (left.key, why) == (
        f"cur/{PERIOD}/second/cur-1.csv",
        "part of a delivery that is not whole: first before it counts",
    )


def test_where_no_delivery_is_whole_the_newest_says_what_it_lacks(tmp_path: Path) -> None:
    _create_new(tmp_path)
    for assembly in ("first", "second"):
        (tmp_path / f"cur/{PERIOD}/{assembly}/cur-2.csv").unlink()
    [delivery] = _selected(tmp_path).deliveries
    assert (delivery.id, delivery.missing) == ("second", (f"cur/{PERIOD}/second/cur-2.csv",))


def test_an_overwritten_report_leaves_out_parts_that_it_does_not_name_any_more(tmp_path: Path) -> None:
    for n in (1, 2, 3):
        _put(tmp_path, f"cur/year=2026/month=9/cur-{n}.parquet")
    named = [f"/exports/cur/year=2026/month=9/cur-{n}.parquet" for n in (1, 2)]
    _manifest(tmp_path, f"cur/{PERIOD}/cur-Manifest.json", "only", named)
    found = _selected(tmp_path)
    assert [f.key[-13:] for f in found.files] == ["cur-1.parquet", "cur-2.parquet"]
    assert [f.key[-13:] for f, _ in found.left_out] == ["cur-3.parquet"]


def test_files_of_another_export_beside_it_are_taken_as_they_are(tmp_path: Path) -> None:
    _create_new(tmp_path)
    _put(tmp_path, "other/bill.csv")
    assert "other/bill.csv" in [f.key for f in _selected(tmp_path).files]


def test_a_location_inside_of_the_export_s_own_prefix_finds_its_parts(tmp_path: Path) -> None:
    _create_new(tmp_path)
    found = _selected(tmp_path / "cur" / PERIOD)
    assert [f.key for f in found.files] == ["second/cur-1.csv", "second/cur-2.csv"]


def test_what_aws_writes_for_athena_is_no_bill(tmp_path: Path) -> None:
    _put(tmp_path, "cur/cur-create-table.sql")
    _put(tmp_path, "cur/cost_and_usage_data_status/0000.parquet")
    _put(tmp_path, "cur/year=2026/month=9/cur-1.parquet")
    found = _selected(tmp_path)
    assert [f.key for f in found.files] == ["cur/year=2026/month=9/cur-1.parquet"]
    assert len(found.left_out) == 2
