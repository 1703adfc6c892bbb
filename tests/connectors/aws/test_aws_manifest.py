"""Do manifests of AWS name the right files, and do deliveries that replace each other share one series?"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.aws.manifest import read_manifest
from connectors.bill.manifest import Manifest

DATA = os.environ.get("TAGRECON_REAL_DATA", "")
real_data = pytest.mark.skipif(not DATA, reason="TAGRECON_REAL_DATA is not set")


def read(key: str, **told: Any) -> Manifest:
    found = read_manifest(json.dumps(told), key)
    assert found is not None
    return found


def legacy(key: str, assembly: str = "a-1", *files: str, **more: Any) -> Manifest:
    return read(
        key,
        **{
            "assemblyId": assembly,
            "account": "111111111111",
            "reportId": "f00",
            "reportName": "daily",
            "billingPeriod": {"start": "20260901T000000.000Z", "end": "20261001T000000.000Z"},
            "bucket": "bills",
            "compression": "GZIP",
            "columns": [{"category": "bill", "name": "InvoiceId"}],
            "reportKeys": list(files),
            **more,
        },
    )


def test_create_new_deliveries_keep_a_folder_an_assembly_and_compete() -> None:
    folder = "cur/daily/20260901-20261001"
    first = legacy(f"{folder}/a-1/daily-Manifest.json", "a-1", f"{folder}/a-1/daily-1.csv.gz")
    second = legacy(
        f"{folder}/a-2/daily-Manifest.json",
        "a-2",
        f"{folder}/a-2/daily-1.csv.gz",
        f"{folder}/a-2/daily-2.csv.gz",
    )
    newest = legacy(
        f"{folder}/daily-Manifest.json", "a-2", f"{folder}/a-2/daily-1.csv.gz", f"{folder}/a-2/daily-2.csv.gz"
    )
    assert first.series == second.series == newest.series
    assert (first.delivery, second.delivery, newest.delivery) == ("a-1", "a-2", "a-2")
    assert second.files == newest.files == (f"{folder}/a-2/daily-1.csv.gz", f"{folder}/a-2/daily-2.csv.gz")


def test_a_month_and_another_report_are_series_of_their_own() -> None:
    september = legacy("cur/daily/20260901-20261001/daily-Manifest.json", "a-1", "x.csv")
    october = legacy(
        "cur/daily/20261001-20261101/daily-Manifest.json",
        "a-2",
        "x.csv",
        billingPeriod={"start": "20261001T000000.000Z"},
    )
    other = legacy("eu/daily/20260901-20261001/daily-Manifest.json", "a-3", "x.csv")
    third = legacy("cur/hourly/20260901-20261001/hourly-Manifest.json", "a-4", "x.csv", reportName="hourly")
    payer = legacy("cur/daily/20260901-20261001/daily-Manifest.json", "a-5", "x.csv", account="999999999999")
    assert len({m.series for m in (september, october, other, third, payer)}) == 5


def test_a_generator_that_draws_the_reports_id_anew_still_replaces() -> None:
    key = "cur/daily/20260901-20261001/daily-Manifest.json"
    assert (
        legacy(key, "a-1", "x.csv", reportId="1").series == legacy(key, "a-2", "x.csv", reportId="2").series
    )


@pytest.mark.parametrize("month", ["month=8", "month=08"])
def test_overwritten_parquet_names_its_month_with_and_without_a_zero(month: str) -> None:
    file = f"cur/daily/daily/year=2018/{month}/daily-00001.snappy.parquet"
    told = legacy("cur/daily/20180801-20180901/daily-Manifest.json", "a-1", file, billingPeriod={})
    assert told.files == (file,)
    assert told.series.endswith("/2018-08")
    lone = legacy("daily-Manifest.json", "a-1", file, billingPeriod=None)
    assert lone.series.endswith("/2018-08")


def test_files_carry_neither_bucket_nor_leading_slash() -> None:
    key = "daily/20260901-20261001/daily-Manifest.json"
    slash = legacy(key, "a-1", "/daily/20260901-20261001/daily-1.csv.gz", bucket="")
    uri = legacy(key, "a-1", "s3://bills/daily/20260901-20261001/daily-1.csv.gz")
    assert slash.files == uri.files == ("daily/20260901-20261001/daily-1.csv.gz",)


def export(key: str, execution: str, files: list[Any], **more: Any) -> Manifest:
    return read(
        key,
        executionId=execution,
        exportArn="arn:aws:bcm-data-exports:us-east-1:1:export/daily-4f",
        **{"dataFiles": files, **more},
    )


def test_cur2_overwrites_under_its_billing_period() -> None:
    key = "exports/daily/metadata/BILLING_PERIOD=2026-09/daily-Manifest.json"
    uri = "s3://bills/exports/daily/data/BILLING_PERIOD=2026-09/daily-00001.snappy.parquet"
    told = export(key, "e-1", [uri])
    assert told.files == ("exports/daily/data/BILLING_PERIOD=2026-09/daily-00001.snappy.parquet",)
    assert told.delivery == "e-1"
    assert told.series == export(key, "e-2", [uri]).series
    assert told.series.endswith("/2026-09")


def test_cur2_creates_new_with_a_folder_an_execution() -> None:
    def at(execution: str) -> Manifest:
        folder = "exports/daily/data/BILLING_PERIOD=2026-09"
        key = f"exports/daily/metadata/BILLING_PERIOD=2026-09/{execution}/daily-Manifest.json"
        return export(key, execution, [f"s3://bills/{folder}/{execution}/daily-00001.csv.gz"])

    assert at("e-1").series == at("e-2").series
    assert at("e-1").files != at("e-2").files


def test_focus_tables_write_the_partition_in_lower_case() -> None:
    key = "exports/focus/metadata/billing_period=2026-09/focus-Manifest.json"
    assert export(key, "e-1", ["x.parquet"]).series.endswith("/2026-09")


@pytest.mark.parametrize(
    "files",
    [
        ["a/b.parquet"],
        [{"s3Uri": "s3://bills/a/b.parquet"}],
        [{"key": "a/b.parquet"}],
        [{"path": "/a/b.parquet"}],
    ],
)
def test_the_list_of_data_files_is_read_leniently(files: list[Any]) -> None:
    key = "x/metadata/BILLING_PERIOD=2026-09/x-Manifest.json"
    assert export(key, "e-1", files).files == ("a/b.parquet",)
    assert read(key, reportKeys=files).files == ("a/b.parquet",)


def test_a_delivery_without_files_is_one_all_the_same() -> None:
    assert legacy("cur/daily/20260901-20261001/daily-Manifest.json", "a-1").files == ()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("x-Manifest.json", "no json"),
        ("x-Manifest.json", "[1, 2]"),
        ("x-Manifest.json", "{}"),
        ("x-Manifest.json", '{"assemblyId": "a-1"}'),
        ("x-Manifest.json", '{"assemblyId": "a-1", "reportKeys": "x.csv"}'),
        ("x-Manifest.json", '{"assemblyId": "a-1", "reportKeys": ["x.csv"]}'),  # of which month?
        ("manifest.json", '{"blobs": [{"blobName": "x.csv"}], "runInfo": {"runId": "1"}}'),
        ("x-Manifest.json", "[" * 100_000),
    ],
)
def test_other_documents_are_no_manifest(key: str, text: str) -> None:
    assert read_manifest(text, key) is None


@real_data
def test_real_manifests_name_files_that_lie_there() -> None:
    found = 0
    for path in sorted(Path(DATA).glob("**/*-Manifest.json")):
        told = read_manifest(path.read_text("utf-8"), path.relative_to(DATA).as_posix())
        assert told is not None, path
        assert len(told.delivery) == 36
        for file in told.files:
            assert any(str(p).endswith("/" + file) for p in Path(DATA).rglob(Path(file).name)), file
        found += 1
    assert found == 10


@real_data
def test_real_copies_of_one_manifest_are_one_series_and_delivery() -> None:
    by_delivery: dict[str, set[str]] = {}
    for path in Path(DATA).glob("**/*-Manifest.json"):
        told = read_manifest(path.read_text("utf-8"), path.relative_to(DATA).as_posix())
        assert told is not None
        by_delivery.setdefault(told.delivery, set()).add(told.series)
    assert sorted(len(series) for series in by_delivery.values()) == [1, 1, 1, 1, 1]
    assert len(set().union(*by_delivery.values())) == 5
