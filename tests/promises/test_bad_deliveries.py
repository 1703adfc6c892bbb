"""What a bad bill file gets: refused or quarantined, named, and the period loaded earlier stays in force."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.errors import InputError
from tests.bills import COLUMNS, line, tables, work, write_bill, write_config


def rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    con = duckdb.connect(str(store), read_only=True)
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


def total(store: Path) -> Decimal:
    return rows(store, "SELECT coalesce(sum(BilledCost), 0) FROM charges")[0][0]


@pytest.fixture
def loaded(tmp_path: Path) -> tuple[Path, Path]:
    """A configuration with one good file of two lines (2.50 USD), loaded."""
    config = write_config(tmp_path)
    bill = tmp_path / "exports" / "bill.csv"
    write_bill(bill, [line(tags={"cost-center": "payments"}), line(6)])
    assert total(work(config).store) == Decimal("2.50")
    return config, bill


def test_a_csv_cut_off_in_mid_line_is_refused_and_the_earlier_one_stays(loaded: tuple[Path, Path]) -> None:
    config, bill = loaded
    text = bill.read_bytes()
    bill.write_bytes(text + text.splitlines(keepends=True)[1][:-20])
    result = work(config)
    assert result.status == "partial"
    assert total(result.store) == Decimal("2.50")
    [(status, reason)] = rows(
        result.store, "SELECT status, reason FROM source_files WHERE reason IS NOT NULL"
    )
    assert status == "refused"
    assert "line 4" in reason or "last line (4)" in reason


def test_a_gzip_cut_off_is_refused_and_the_earlier_one_stays(loaded: tuple[Path, Path]) -> None:
    config, bill = loaded
    bill.write_bytes(gzip.compress(bill.read_bytes() * 50)[:-30])
    result = work(config)
    assert result.status == "partial"
    assert total(result.store) == Decimal("2.50")


def test_a_damaged_parquet_is_refused_and_the_earlier_one_stays(loaded: tuple[Path, Path]) -> None:
    config, bill = loaded
    bill.write_bytes(b"PAR1" + b"\x00" * 400)
    result = work(config)
    assert result.status == "partial"
    assert total(result.store) == Decimal("2.50")
    assert (
        "Parquet"
        in rows(
            result.store,
            "SELECT reason FROM source_files WHERE status <> 'superseded' AND reason IS NOT NULL",
        )[0][0]
    )


def test_a_quote_that_never_closes_is_refused(loaded: tuple[Path, Path]) -> None:
    config, bill = loaded
    bill.write_text(bill.read_text() + '"unclosed,1,2\nmore\n', "utf-8")
    result = work(config)
    assert result.status == "partial"
    assert total(result.store) == Decimal("2.50")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("\ufeffa,b\n".encode("utf-16"), "UTF-16"),
        (b"a,b\n1,\xff\n", "not UTF-8"),
        (b"just some text\n", "neither Parquet nor CSV"),
        (b"a,b\n1,2\n", "no FOCUS"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_with_a_reason(
    tmp_path: Path, content: bytes, said: str
) -> None:
    config = write_config(tmp_path)
    (tmp_path / "exports" / "bill.csv").write_bytes(content)
    result = work(config)
    assert result.status == "partial"
    [(status, reason)] = rows(result.store, "SELECT status, reason FROM source_files")
    assert status == "refused"
    assert said in reason


def test_a_manifest_beside_the_bill_is_no_problem(loaded: tuple[Path, Path]) -> None:
    config, bill = loaded
    (bill.parent / "manifest.json").write_text('{"files": []}', "utf-8")
    assert work(config).status == "ok"


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    bill = tmp_path / "exports" / "bill.csv"
    write_bill(bill, [line(), line(7)])
    bill.write_bytes(b"\xef\xbb\xbf" + bill.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert total(work(config).store) == Decimal("2.50")


@pytest.mark.parametrize(
    "column", ["BilledCost", "BillingCurrency", "BillingPeriodStart", "BillingAccountId", "ChargeCategory"]
)
def test_a_file_lacking_what_identifies_money_is_refused(tmp_path: Path, column: str) -> None:
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports" / "bill.csv", [line()], [c for c in COLUMNS if c != column])
    result = work(config)
    assert result.status == "partial"
    [(reason,)] = rows(result.store, "SELECT reason FROM source_files WHERE status = 'refused'")
    assert column in reason


def test_a_default_stands_in_for_a_missing_column(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    text = config.read_text().replace("files: parts}", "files: parts, defaults: {BillingCurrency: EUR}}")
    config.write_text(text, "utf-8")
    write_bill(tmp_path / "exports" / "bill.csv", [line()], [c for c in COLUMNS if c != "BillingCurrency"])
    result = work(config)
    assert result.status == "ok"
    assert rows(result.store, "SELECT DISTINCT BillingCurrency FROM charges") == [("EUR",)]


def test_without_effective_cost_the_billed_cost_is_taken(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    write_bill(
        tmp_path / "exports" / "bill.csv", [line(cost="3.5")], [c for c in COLUMNS if c != "EffectiveCost"]
    )
    assert rows(work(config).store, "SELECT EffectiveCost FROM charges") == [(Decimal("3.5"),)]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("BilledCost", "$1,000.00 "), ("BilledCost", "NaN"), ("BilledCost", "inf"), ("BilledCost", "1_000"), ("BilledCost", "0x10"),
        ("BilledCost", "100000000000000"), ("BilledCost", ""), ("EffectiveCost", "n/a"), ("ChargePeriodStart", "4/1/25"),
        ("ChargePeriodStart", "2026-10-05T30:00:00Z"), ("BillingPeriodStart", "October"), ("BillingCurrency", "NULL"),
        ("BillingAccountId", " "), ("Tags", "{not json"), ("Tags", '{"a": {"b": "c"}}'), ("Tags", '{"a": "1", "a": "2"}'), ("Tags", '"text"'),
    ],
)  # fmt: skip
def test_a_row_that_can_not_be_read_is_quarantined_with_file_row_and_reason(
    tmp_path: Path, column: str, text: str
) -> None:
    config = write_config(tmp_path)
    write_bill(
        tmp_path / "exports" / "bill.csv",
        [line(), line(6, **{column: text}), line(7)]
        if column not in ("Tags",)
        else [line(), {**line(6), "Tags": text}, line(7)],
    )
    result = work(config)
    assert result.status == "partial"
    assert total(result.store) == Decimal("2.50")
    [(path, row, named, reason)] = rows(
        result.store, "SELECT path, row_number, column_name, reason FROM quarantine"
    )
    assert Path(path).name == "bill.csv"
    assert (row, named) == (2, column)
    assert reason
    [(difference,)] = rows(result.store, "SELECT DISTINCT difference_billed FROM closing")
    assert difference == 0


def test_a_row_with_too_many_cells_is_quarantined(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    bill = tmp_path / "exports" / "bill.csv"
    write_bill(bill, [line(), line(6)])
    lines = bill.read_text().splitlines()
    bill.write_text("\n".join([*lines[:2], lines[1] + ",extra", *lines[2:]]) + "\n", "utf-8")
    result = work(config)
    assert result.status == "partial"
    assert total(result.store) == Decimal("2.50")
    assert rows(result.store, "SELECT row_number FROM quarantine") == [(2,)]


def test_rows_after_a_rejected_one_keep_their_place_in_the_file(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    bill = tmp_path / "exports" / "bill.csv"
    write_bill(bill, [line(), line(6), line(7), line(8, cost="bad"), line(9)])
    lines = bill.read_text().splitlines()
    lines[2] += ",extra"
    bill.write_text("\n".join(lines) + "\n", "utf-8")
    found = rows(work(config).store, "SELECT row_number, column_name FROM quarantine ORDER BY 1")
    assert found == [(2, None), (4, "BilledCost")]


@pytest.mark.parametrize("null", ["NULL", "null", "\\N", "", "  "])
def test_text_that_means_null_is_null(tmp_path: Path, null: str) -> None:
    config = write_config(tmp_path)
    write_bill(
        tmp_path / "exports" / "bill.csv", [{**line(), "ResourceId": null, "Tags": null, "ChargeClass": null}]
    )
    result = work(config)
    assert result.status == "ok"
    assert rows(result.store, "SELECT ResourceId, ChargeClass FROM charges") == [(None, None)]


def test_an_unknown_charge_type_stays_in_the_totals(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports" / "bill.csv", [line(), line(6, cost="4", ChargeCategory="Surprise")])
    result = work(config)
    assert total(result.store) == Decimal("5.25")
    assert rows(result.store, "SELECT ChargeCategory, x_Class FROM charges WHERE BilledCost = 4") == [
        ("Surprise", "adjustment")
    ]


def test_currencies_are_never_added_together(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports" / "bill.csv", [line(), line(BillingCurrency="XTS", cost="7")])
    closing = rows(work(config).store, "SELECT BillingCurrency, source_billed FROM closing ORDER BY 1")
    assert closing == [("USD", Decimal("1.25")), ("XTS", Decimal(7))]


def test_the_same_delivery_twice_holds_the_period_and_names_both_files(tmp_path: Path) -> None:
    config = write_config(tmp_path, files=None)
    for name in ("first.csv", "again.csv"):
        write_bill(tmp_path / "exports" / name, [line(day) for day in range(1, 9)])
    result = work(config)
    assert result.status == "partial"
    assert rows(result.store, "SELECT count(*) FROM charges") == [(0,)]
    held = rows(result.store, "SELECT path, reason FROM source_files WHERE status = 'held' ORDER BY path")
    assert [Path(path).name for path, _ in held] == ["again.csv", "first.csv"]
    assert "files: newest" in held[0][1]


@pytest.mark.parametrize(
    ("choice", "expected"), [("parts", "20.00"), ("newest", "10.00"), ("{prefer: 'again*'}", "10.00")]
)
def test_the_source_says_which_of_two_deliveries_count(tmp_path: Path, choice: str, expected: str) -> None:
    config = write_config(tmp_path, files=choice)
    for name in ("first.csv", "again.csv"):
        write_bill(tmp_path / "exports" / name, [line(day) for day in range(1, 9)])
    assert total(work(config).store) == Decimal(expected)


def test_two_files_of_different_lines_are_parts_without_being_told(tmp_path: Path) -> None:
    config = write_config(tmp_path, files=None)
    write_bill(tmp_path / "exports" / "a.csv", [line(day) for day in range(1, 9)])
    write_bill(tmp_path / "exports" / "b.csv", [line(day) for day in range(9, 17)])
    assert total(work(config).store) == Decimal("20.00")


def test_identical_lines_inside_one_file_are_kept(tmp_path: Path) -> None:
    config = write_config(tmp_path, files=None)
    write_bill(tmp_path / "exports" / "a.csv", [line(), line(), line()])
    assert total(work(config).store) == Decimal("3.75")


def test_two_sources_over_one_period_stop_it_until_they_are_ranked(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports" / "a.csv", [line(cost="1")])
    write_bill(tmp_path / "other" / "b.csv", [line(cost="2")])
    both = "billing:\n  - {name: one, location: exports/%s}\n  - {name: two, location: other/%s}\n"
    head = "registry: registry.yaml\n"
    config.write_text(head + both % ("", ""), "utf-8")
    result = work(config)
    assert result.status == "partial"
    assert total(result.store) == 0
    config.write_text(head + both % (", rank: 2", ", rank: 1"), "utf-8")
    assert total(work(config).store) == Decimal(2)


def test_an_overflowing_sum_stops_the_run_and_publishes_nothing(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports" / "a.csv", [line(1 + n % 28, cost="99999999999999") for n in range(40)])
    with pytest.raises(InputError, match="sum to more than money can hold"):
        work(config)
    assert not (tmp_path / "var" / "tagrecon.duckdb").exists()


def test_amounts_deeper_than_24_decimals_round_half_even_and_leave_a_residue(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    deep = "0." + "0" * 23 + "25"
    write_bill(tmp_path / "exports" / "a.csv", [line(cost=deep)])
    store = work(config).store
    assert total(store) == Decimal("0.000000000000000000000002")
    assert rows(store, "SELECT residue_rows, residue FROM source_files") == [(2, "0." + "0" * 23 + "1")]


def test_no_tables_change_when_a_bad_file_joins_a_good_one(loaded: tuple[Path, Path]) -> None:
    config, bill = loaded
    store = work(config).store
    before = tables(store, "charges", "ledger")
    (bill.parent / "zz.csv").write_bytes(b"\x1f\x8bbroken")
    assert tables(work(config).store, "charges", "ledger") == before
