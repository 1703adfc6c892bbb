"""How do strings get their small numbers?

A dictionary table has a number column and natural-key columns. New keys are numbered in the order of their
text, after those already there, so that the same input always gives the same numbers.
"""

from __future__ import annotations

import duckdb


def number_new(
    con: duckdb.DuckDBPyConnection,
    table: str,
    number: str,
    keys: tuple[str, ...],
    incoming: str,
    others: str = "",
) -> None:
    """Add to `table` every key of relation `incoming` (same column names) that it lacks.

    `others`: further columns of `incoming` to keep, comma-separated; one row per key must come in.
    """
    listed = ", ".join(keys)
    same = " AND ".join(f"t.{k} IS NOT DISTINCT FROM i.{k}" for k in keys)
    more = f", {others}" if others else ""
    con.execute(
        f"INSERT INTO {table} ({number}, {listed}{more}) "
        f"SELECT (SELECT coalesce(max({number}), 0) FROM {table}) + row_number() OVER (ORDER BY {listed}), {listed}{more} "
        f"FROM {incoming} i WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE {same})"
    )
