"""How do a query's rows come out of DuckDB? As a Polars frame with decimals as decimals, or as one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import polars as pl


def frame(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object] | None = None
) -> pl.DataFrame:
    """The rows of `query` as a frame, money as Decimal(38, 24)."""
    relation = con.sql(query, params=dict(parameters)) if parameters else con.sql(query)
    result = pl.from_arrow(relation.to_arrow_table())
    assert isinstance(result, pl.DataFrame)  # a table gives a frame, never a series
    return result


def one(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()
) -> tuple[Any, ...] | None:
    """The first row of `query`, or None. Fetches all: a half-fetched result would block the connection."""
    rows: list[tuple[Any, ...]] = con.execute(query, list(parameters)).fetchall()
    return rows[0] if rows else None
