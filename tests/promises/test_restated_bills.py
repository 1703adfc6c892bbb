"""What does a later delivery do to a month that was there already?

Named after the threads in which users of other tools told of money that was doubled or lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from recon.config import load_config
from recon.errors import Unreachable
from recon.ingest.source import BillSource
from recon.run import run, walk
from tests.bills import NOW, RESULTS, line, tables, work, write_bill, write_config


def _rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    con = duckdb.connect(str(store), read_only=True)
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


def _total(store: Path) -> Decimal:
    return Decimal(_rows(store, "SELECT sum(BilledCost) FROM charges")[0][0])


def _bill(folder: Path, lines: list[Mapping[str, Any]], name: str = "bill.csv") -> None:
    write_bill(folder / "exports" / name, lines)


def test_koku_1180_reading_the_same_month_again_and_again_never_adds(tmp_path: Path) -> None:
    """project-koku/koku#1180: Azure cost ten times too high, because every re-ingest added the month once more."""
    config = write_config(tmp_path)
    _bill(tmp_path, [line(5, "1.25"), line(6, "2.50")])
    first = tables(work(config).store, *RESULTS)
    for _ in range(5):
        (tmp_path / "exports" / "bill.csv").touch()
        assert tables(work(config, periods=("2026-10", "2026-10")).store, *RESULTS) == first


def test_koku_3383_a_part_that_moved_to_another_folder_is_not_counted_twice(tmp_path: Path) -> None:
    """project-koku/koku#3383: cost doubled, because month=9 and month=09 both stood in the bucket for a while."""
    config = write_config(tmp_path, files=None)
    _bill(tmp_path, [line(5, "1.25")], "month=9/bill.csv")
    assert _total(work(config).store) == Decimal("1.25")
    _bill(tmp_path, [line(5, "1.25")], "month=09/bill.csv")
    both = work(config)
    assert _total(both.store) == Decimal("1.25")
    assert both.status == "partial"
    (tmp_path / "exports" / "month=9" / "bill.csv").unlink()
    after = work(config)
    assert (_total(after.store), after.status) == (Decimal("1.25"), "ok")


def test_finops_toolkit_320_overlapping_exports_stop_the_period_and_are_both_named(tmp_path: Path) -> None:
    """microsoft/finops-toolkit#320 (also #966, #2048): two exports of one scope doubled the data, silently."""
    config = write_config(tmp_path, files=None)
    lines = [line(day, "1.00") for day in range(1, 11)]
    _bill(tmp_path, lines, "daily.csv")
    _bill(tmp_path, [*lines, line(11, "1.00")], "monthly.csv")
    result = work(config)
    [gap] = [g for g in result.summary["gaps"] if g["kind"] == "held"]
    assert "daily.csv" in gap["reason"] and "monthly.csv" in gap["reason"]
    assert _rows(result.store, "SELECT count(*) FROM charges") == [(0,)]


def test_what_a_restatement_changed_is_kept_by_account_service_and_category(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    _bill(
        tmp_path,
        [line(5, "1.25"), line(6, "2.00", SubAccountId="222"), line(7, "4.00", ServiceName="Storage")],
    )
    work(config)
    _bill(
        tmp_path,
        [line(5, "1.00"), line(6, "2.00", SubAccountId="222"), line(7, "-1.00", ChargeCategory="Credit")],
    )
    found = _rows(
        work(config).store,
        "SELECT SubAccountId, ServiceName, ChargeCategory, billed_before, billed_after, billed_change FROM restatements ORDER BY ALL",
    )
    assert found == [
        ("111", "Compute", "Credit", Decimal(0), Decimal("-1"), Decimal("-1")),
        ("111", "Compute", "Usage", Decimal("1.25"), Decimal("1"), Decimal("-0.25")),
        ("111", "Storage", "Usage", Decimal("4"), Decimal(0), Decimal("-4")),
    ]


def test_a_month_that_only_grows_is_no_restatement(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    _bill(tmp_path, [line(5, "1.25")])
    work(config)
    _bill(tmp_path, [line(5, "1.25"), line(6, "2.00")])
    assert _rows(work(config).store, "SELECT * FROM restatements") == []


def test_a_late_line_of_a_day_that_was_billed_is_one(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    _bill(tmp_path, [line(5, "1.25"), line(8, "1.00")])
    work(config)
    _bill(tmp_path, [line(5, "1.25"), line(8, "1.00"), line(6, "2.00")])
    [(change,)] = _rows(work(config).store, "SELECT billed_change FROM restatements")
    assert change == Decimal("2.00")


def test_a_restatement_stands_in_the_report(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    _bill(tmp_path, [line(5, "1.25")])
    run(load_config(config), NOW)
    _bill(tmp_path, [line(5, "9.75")])
    result = run(load_config(config), NOW + dt.timedelta(days=1))
    assert result.out_dir is not None
    page = (result.out_dir / "index.html").read_text("utf-8")
    assert "What did later bills change?" in page and "8.50" in page
    assert "8.5" in (result.out_dir / "csv" / "restatements.csv").read_text("utf-8")


def test_a_place_that_can_t_be_listed_keeps_what_it_delivered_before(
    tmp_path: Path, monkeypatch: Any
) -> None:
    """A denied bucket is a gap. Its months are neither emptied nor judged as if nothing had been billed."""
    config = write_config(tmp_path)
    _bill(tmp_path, [line(5, "1.25")])
    first = tables(work(config).store, *RESULTS)
    whole = walk.bill_sources

    def denied(*given: Any, **named: Any) -> list[BillSource]:
        # the real listing, with the answer that a bucket without permission gives; the places' own tests
        # prove over real connections that it is given
        error = Unreachable("s3://bills/", "access is denied", "s3:ListBucket", "denied")
        return [
            BillSource(s.rule, (), s.open, s.mapping, s.base, unreachable=error)
            for s in whole(*given, **named)
        ]

    monkeypatch.setattr(walk, "bill_sources", denied)
    result = work(config)
    assert tables(result.store, *RESULTS) == first
    [gap] = [g for g in result.summary["gaps"] if g["kind"] == "denied"]
    assert gap["permission"] == "s3:ListBucket" and result.status == "partial"
