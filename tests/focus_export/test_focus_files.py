"""Is the file what a machine expects of a FOCUS file?"""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from recon.errors import InputError
from recon.focus_export import write_focus, write_parts
from recon.focus_export.write import Format
from tests.focus_export.lines import LINE, register


def written_csv(folder: Path, **cells: str | None) -> dict[str, str]:
    with duckdb.connect() as con:
        write_focus(con, "bill", register(con, "bill", [{**LINE, **cells}]), folder / "focus.csv")
    with (folder / "focus.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    return row


def test_decimals_are_plain_and_as_long_as_they_need(tmp_path: Path) -> None:
    row = written_csv(
        tmp_path, BilledCost="-1.5E-7", EffectiveCost="1e3", ListCost="0.000000000000000000000001"
    )
    assert (row["BilledCost"], row["EffectiveCost"], row["ListCost"]) == (
        "-0.00000015",
        "1000",
        "0.000000000000000000000001",
    )


def test_instants_end_in_z(tmp_path: Path) -> None:
    assert (
        written_csv(tmp_path, ChargePeriodStart="2026-09-03 04:05:06")["ChargePeriodStart"]
        == "2026-09-03T04:05:06Z"
    )


def test_null_is_an_empty_cell(tmp_path: Path) -> None:
    written_csv(tmp_path)
    assert (
        (tmp_path / "focus.csv").read_text(encoding="utf-8").splitlines()[1].startswith(",1.5,payer,payer,")
    )


def test_text_survives_quotes_line_ends_and_formulas(tmp_path: Path) -> None:
    text = '=1+1,"a"\r\nb\té\N{RIGHT-TO-LEFT OVERRIDE}'
    assert written_csv(tmp_path, ChargeDescription=text)["ChargeDescription"] == text


def test_a_petabyte_metered_in_byte_seconds_fits(tmp_path: Path) -> None:
    row = written_csv(tmp_path, ConsumedQuantity="260000000000000000000.5", ConsumedUnit="byte-seconds")
    assert (row["ConsumedQuantity"], row["ConsumedUnit"]) == ("260000000000000000000.5", "Byte-Seconds")


def test_parquet_has_exact_types(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        write_focus(con, "bill", register(con, "bill", [LINE]), tmp_path / "focus.parquet", "1.2", "parquet")
        types = {
            row[0]: row[1]
            for row in con.execute(f"DESCRIBE SELECT * FROM '{tmp_path}/focus.parquet'").fetchall()
        }
    assert types["BilledCost"] == types["ListUnitPrice"] == "DECIMAL(38,24)"
    assert types["ConsumedQuantity"] == "DECIMAL(38,12)"
    assert types["ChargePeriodStart"] == "TIMESTAMP WITH TIME ZONE"
    assert types["Tags"] == types["SkuMeter"] == "VARCHAR"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_same_bill_gives_the_same_bytes(tmp_path: Path, form: Format) -> None:
    for name in ("one", "two"):
        with duckdb.connect() as con:
            write_focus(con, "bill", register(con, "bill", [LINE] * 50), tmp_path / name, "1.2", form)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_an_earlier_file_is_replaced_whole_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "focus.csv").write_text("old", encoding="utf-8")
    written_csv(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["focus.csv"]
    assert "old" not in (tmp_path / "focus.csv").read_text(encoding="utf-8")


def test_columns_without_any_value_are_named(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        written = write_focus(
            con, "bill", register(con, "bill", [{**LINE, "SkuId": "s"}]), tmp_path / "focus.csv"
        )
    assert "ListUnitPrice" in written.left_null
    assert "SkuId" not in written.left_null


def test_nothing_to_export_says_what_to_do(tmp_path: Path) -> None:
    with duckdb.connect() as con, pytest.raises(InputError, match="load a period first"):
        write_parts(con, [], tmp_path / "focus.csv")
