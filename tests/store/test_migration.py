"""Does a store that an earlier version wrote go on working, with nothing lost?"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from recon.errors import InputError
from tests.bills import RESULTS, line, tables, work, write_bill, write_config

_SINCE_2 = {
    "source_file": ("format", "raw_column", "view", "delivery"),
    "file_book": ("counts", "raw_cost", "excluded_rows"),
    "closing": ("source_raw", "source_raw_column", "control_total", "control_difference", "control_said_by"),
}


def _back_to_schema_1(store: Path) -> None:
    con = duckdb.connect(str(store))
    views = "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
    for schema, view in con.execute(views).fetchall():
        con.execute(f'DROP VIEW "{schema}"."{view}"')
    for table in ("file_step", "control", "restatement"):
        con.execute(f"DROP TABLE base.{table}")
    for table, columns in _SINCE_2.items():
        for column in columns:
            con.execute(f"ALTER TABLE base.{table} DROP COLUMN {column}")
    con.execute("UPDATE base.meta SET value = '1' WHERE name = 'schema'")
    con.close()


def test_a_store_of_schema_1_keeps_its_books_and_takes_the_next_bill(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports" / "september.csv", [line(5, "1.25", month=9)])
    before = tables(work(config).store, *RESULTS)
    _back_to_schema_1(tmp_path / "var" / "tagrecon.duckdb")
    write_bill(tmp_path / "exports" / "october.csv", [line(5, "2.50")])
    after = tables(work(config).store, *RESULTS)
    assert [row for row in after["closing"] if "2026-09" in row] == before["closing"]
    assert len(after["closing"]) == 2


def test_a_store_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports" / "bill.csv", [line()])
    store = work(config).store
    con = duckdb.connect(str(store))
    con.execute("UPDATE base.meta SET value = '3' WHERE name = 'schema'")
    con.close()
    bytes_before = store.read_bytes()
    write_bill(tmp_path / "exports" / "bill.csv", [line(cost="2")])
    with pytest.raises(InputError, match="newer tagrecon"):
        work(config)
    assert store.read_bytes() == bytes_before
