"""What columns does a Parquet file have, and how are its rows read where they lie?"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from pyarrow import ArrowException

from connectors.bill.sql_text import sql_path
from recon.errors import DeliveryRefused


def parquet_columns(con: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[str, str]]:
    """Name, as the file has it, and SQL type of each column in order. Raises `DeliveryRefused` for a damaged file."""
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM {_file(path)}").fetchall()
        names = pq.read_schema(path).names
    except (duckdb.Error, ArrowException, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise DeliveryRefused(str(path), f"is damaged or cut-off Parquet: {reason}") from error
    return [(name, str(row[1])) for name, row in zip(names, described, strict=True)]


def parquet_rows(con: duckdb.DuckDBPyConnection, path: Path) -> str:
    """SQL: the file's rows, the n-th column as `c<n>`, plus `x_row`. The columns are named by their place: DuckDB holds
    names that differ only by case for one, and a file may have an `x_row` of its own."""
    columns = ", ".join(f"c{n}" for n in range(len(parquet_columns(con, path))))
    return f"(SELECT *, file_row_number + 1 AS x_row FROM {_file(path)} AS file({columns}))"


def _file(path: Path) -> str:
    """The file's own columns: AWS delivers into folders called BILLING_PERIOD=2026-09, which are none of them."""
    return f"read_parquet({sql_path(path)}, hive_partitioning = false)"
