"""A delivery that is not whole, a charge in two formats, a cost of which nobody says what it is: money never changes
by them. Found by somebody who tried to break it."""

from __future__ import annotations

import csv
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from recon.run.publishing import Result
from tests.bills import line, work, write_bill
from tests.connectors.aws import cur_reports
from tests.connectors.azure import details
from tests.connectors.test_bill_threads import assembly, configured, report_line

FIRST = [[report_line(9, cost="100", resource="i-1")], [report_line(9, cost="50", resource="i-2")]]
SECOND = [[report_line(9, cost="101", resource="i-1")], [report_line(9, cost="52", resource="i-2")]]
MONTH = "bills/cur/daily/20260901-20261001"


def ask(result: Result, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(result.store), read_only=True) as con:
        return con.execute(query).fetchall()


def billed(result: Result) -> Decimal:
    return Decimal(ask(result, "SELECT coalesce(sum(BilledCost), 0) FROM charges")[0][0])


def gaps(result: Result) -> str:
    return " ".join(gap["reason"] for gap in result.summary["gaps"])


def _cut(part: Path) -> None:
    part.write_bytes(b"\x1f\x8b\x08 no gzip")


def _empty(part: Path) -> None:
    part.write_bytes(b"")


def _gone(part: Path) -> None:
    part.unlink()


@pytest.mark.parametrize("harm", [_cut, _empty, _gone])
@pytest.mark.parametrize("parts", [[2], [1, 2]], ids=["one part", "all parts"])
def test_a_new_delivery_with_a_harmed_part_leaves_the_earlier_one_in_force(
    tmp_path: Path, harm: Any, parts: list[int]
) -> None:
    config = configured(tmp_path)
    assembly(tmp_path / "bills", 9, "aaaa", FIRST)
    assert billed(work(config)) == 150
    assembly(tmp_path / "bills", 9, "bbbb", SECOND)
    for n in parts:
        harm(tmp_path / MONTH / "bbbb" / f"daily-{n}.csv")
    result = work(config)
    assert billed(result) == 150
    assert result.status == "partial"
    assert "bbbb is not whole" in gaps(result)
    assembly(tmp_path / "bills", 9, "bbbb", SECOND)
    mended = work(config)
    assert billed(mended) == 153
    assert mended.status == "ok"


def test_of_two_deliveries_the_whole_one_counts_in_a_new_store_too(tmp_path: Path) -> None:
    config = configured(tmp_path)
    assembly(tmp_path / "bills", 9, "aaaa", FIRST)
    assembly(tmp_path / "bills", 9, "bbbb", SECOND)
    (tmp_path / MONTH / "bbbb" / "daily-2.csv").unlink()
    result = work(config)
    assert billed(result) == 150
    assert "Delivery aaaa before it counts" in gaps(result)


def test_a_manifest_alone_is_said_to_name_what_is_not_there(tmp_path: Path) -> None:
    config = configured(tmp_path)
    assembly(tmp_path / "bills", 9, "aaaa", FIRST)
    for part in (tmp_path / MONTH / "aaaa").glob("*.csv"):
        part.unlink()
    result = work(config)
    assert "its manifest names" in gaps(result)
    assert "no file lies at its location" not in gaps(result)


def same_charges(folder: Path) -> None:
    """Three charges as AWS's report and as a FOCUS file."""
    lines = [("i-1", "10", "03"), ("i-2", "20.5", "04"), ("i-3", "7", "05")]
    folder.mkdir(parents=True)
    reported = [
        cur_reports.line(
            start=f"2026-09-{day}T10:00:00Z", cost=cost, resource=name,
            **{"bill/BillingPeriodStartDate": "2026-09-01T00:00:00Z", "bill/BillingPeriodEndDate": "2026-10-01T00:00:00Z",
               "lineItem/UsageEndDate": f"2026-09-{day}T11:00:00Z"},
        )
        for name, cost, day in lines
    ]  # fmt: skip
    cur_reports.write_report(folder / "cur.csv", reported)
    payer = reported[0]["bill/PayerAccountId"]
    focus = [
        line(int(day), cost, month=9, ResourceId=name, BillingAccountId=payer) for name, cost, day in lines
    ]
    write_bill(folder / "focus.csv", focus)


def test_the_same_charges_in_two_formats_are_held_and_never_added(tmp_path: Path) -> None:
    config = configured(tmp_path)
    shutil.rmtree(tmp_path / "bills")
    same_charges(tmp_path / "bills")
    result = work(config)
    assert billed(result) == 0
    assert "more than half" in gaps(result)


def test_other_charges_in_another_format_are_added(tmp_path: Path) -> None:
    config = configured(tmp_path)
    shutil.rmtree(tmp_path / "bills")
    same_charges(tmp_path / "bills")
    with (tmp_path / "bills" / "focus.csv").open(encoding="utf-8") as file:
        others = [{**row, "ResourceId": f"other-{row['ResourceId']}"} for row in csv.DictReader(file)]
    write_bill(tmp_path / "bills" / "focus.csv", others)
    assert billed(work(config)) == 75


def test_one_export_as_csv_and_as_parquet_is_held(tmp_path: Path) -> None:
    config = configured(tmp_path)
    write_bill(tmp_path / "bills" / "focus.csv", [line(day, "1.50", month=9) for day in range(1, 9)])
    table = pyarrow.csv.read_csv(tmp_path / "bills" / "focus.csv")
    assert str(table.schema.field("BilledCost").type) == "double"
    pq.write_table(table, tmp_path / "bills" / "focus.parquet")
    result = work(config)
    assert billed(result) == 0
    assert "stand also in" in gaps(result)


def test_one_export_with_its_numbers_written_otherwise_is_held(tmp_path: Path) -> None:
    config = configured(tmp_path)
    columns = [*line(), "ConsumedQuantity", "ListUnitPrice"]
    for name, quantity in (("a", "0.10"), ("b", "1e-1")):
        more = {"ConsumedQuantity": quantity, "ListUnitPrice": quantity}
        write_bill(
            tmp_path / "bills" / f"{name}.csv", [line(d, month=9, **more) for d in range(1, 9)], columns
        )
    assert "stand also in" in gaps(work(config))


def cost_details(path: Path, *lines: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(details.ENTERPRISE))
        writer.writeheader()
        writer.writerows({**details.ENTERPRISE, **each} for each in lines)


def amortized_in_two_parts(folder: Path) -> None:
    unused = {
        "ChargeType": "UnusedReservation",
        "ReservationId": "res-1",
        "CostInBillingCurrency": "5",
        "ResourceId": "",
    }
    cost_details(folder / "part_0.csv", unused, {"CostInBillingCurrency": "1"})
    cost_details(folder / "part_1.csv", {"CostInBillingCurrency": "30", "Date": "09/04/2026"})


def test_a_part_that_does_not_say_what_its_costs_are_is_no_view_of_its_own(tmp_path: Path) -> None:
    """Part 1 proves that it is amortized, part 2 proves nothing: each used to give one of the two costs."""
    amortized_in_two_parts(tmp_path / "bills")
    result = work(configured(tmp_path))
    assert "does not say whether its costs are actual or amortized" in gaps(result)
    assert ask(result, "SELECT * FROM charges") == []


def test_said_to_be_amortized_both_parts_give_both_costs(tmp_path: Path) -> None:
    amortized_in_two_parts(tmp_path / "bills")
    said = {"name": "bill", "location": "bills/", "costs": "amortized"}
    result = work(configured(tmp_path, said))
    assert ask(result, "SELECT sum(EffectiveCost) FROM charges") == [(Decimal(36),)]


def test_a_file_that_was_mended_is_refused_no_more(tmp_path: Path) -> None:
    config = configured(tmp_path)
    bill = tmp_path / "bills" / "bill.csv"
    write_bill(bill, [line(month=9)])
    whole = bill.read_bytes()
    work(config)
    bill.write_bytes(b"PK\x03\x04 no zip")
    assert work(config).status == "partial"
    bill.write_bytes(whole)
    result = work(config)
    assert ask(result, "SELECT status FROM source_files") == [("loaded",)]
    assert ask(result, "SELECT * FROM findings WHERE check_id = 'refused-file' AND status = 'open'") == []


def test_files_that_were_held_and_taken_away_are_gone(tmp_path: Path) -> None:
    config = configured(tmp_path)
    for name in ("a", "b"):
        write_bill(tmp_path / "bills" / f"{name}.csv", [line(d, month=9) for d in range(1, 9)])
    assert "stand also in" in gaps(work(config))
    (tmp_path / "bills" / "b.csv").unlink()
    result = work(config)
    assert ask(result, "SELECT path, status FROM source_files") == [("bills/a.csv", "loaded")]
    assert billed(result) == 10
