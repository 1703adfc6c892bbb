"""How do these tests get rows through the export? Dictionaries in, dictionaries out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from recon.focus_export import focus_select

LINE: dict[str, str | None] = {
    "BilledCost": "1.5",
    "EffectiveCost": "1.25",
    "BillingCurrency": "USD",
    "BillingAccountId": "payer",
    "BillingPeriodStart": "2026-09-01T00:00:00Z",
    "BillingPeriodEnd": "2026-10-01T00:00:00Z",
    "ChargePeriodStart": "2026-09-03T00:00:00Z",
    "ChargePeriodEnd": "2026-09-04T00:00:00Z",
    "ChargeCategory": "Usage",
    "ProviderName": "AWS",
    "ServiceName": "AmazonEC2",
}


def register(
    con: duckdb.DuckDBPyConnection, relation: str, rows: Sequence[Mapping[str, str | None]]
) -> dict[str, str]:
    """Rows of text as a relation; its columns with their types."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    con.register(relation, pa.table({c: pa.array([r.get(c) for r in rows], pa.string()) for c in columns}))
    return dict.fromkeys(columns, "VARCHAR")


def export_rows(rows: Sequence[Mapping[str, str | None]], version: str = "1.2") -> list[dict[str, Any]]:
    """The rows as FOCUS rows of `version`."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'Asia/Tokyo'")  # no instant may depend on the session's zone
        columns = register(con, "bill", rows)
        return select(con, focus_select(columns, version).replace("{raw}", "bill"))


def export_line(version: str = "1.2", **cells: str | None) -> dict[str, Any]:
    """LINE with these cells instead, as one FOCUS row."""
    (row,) = export_rows([{**LINE, **cells}], version)
    return row


def select(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """The rows that `sql` gives, as dictionaries."""
    rows: list[dict[str, Any]] = con.sql(sql).to_arrow_table().to_pylist()
    return rows
