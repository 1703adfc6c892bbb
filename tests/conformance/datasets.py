"""Which bills are exported to be judged? Rows that say everything, rows that say little, the sample estate, real lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from configs.sample import write_estate
from recon.focus_export import Part
from tests.conformance.rows import Row, complete_rows

REAL_DATA = os.environ.get("TAGRECON_REAL_DATA", "")
# What a bill without prices, categories and names still has: about the columns of a legacy AWS report.
SPARSE = (
    "BilledCost", "EffectiveCost", "BillingCurrency", "BillingAccountId", "BillingPeriodStart", "BillingPeriodEnd",
    "ChargePeriodStart", "ChargePeriodEnd", "ChargeCategory", "ChargeClass", "CommitmentDiscountId", "ProviderName",
    "ResourceId", "RegionId", "ServiceName", "SubAccountId", "Tags", "InvoiceId", "SkuId", "SkuPriceId",
)  # fmt: skip


@dataclass(frozen=True)
class Dataset:
    """One bill to export: its name in gaps.yaml, and its relations in the connection that made it."""

    name: str
    parts: Sequence[Part]


def datasets(con: duckdb.DuckDBPyConnection, work: Path) -> Iterator[Dataset]:
    """The bills, as views in `con`; `work` takes the sample estate's files. `real` only with TAGRECON_REAL_DATA."""
    rows = complete_rows()
    yield Dataset("complete", [_of_rows(con, "complete", rows)])
    yield Dataset("sparse", [_of_rows(con, "sparse", [{c: row[c] for c in SPARSE} for row in rows])])
    write_estate(work / "estate")
    files = sorted(p for p in (work / "estate" / "exports").rglob("*") if p.is_file())
    yield Dataset("sample", [_of_file(con, f"sample_{n}", file) for n, file in enumerate(files)])
    if REAL_DATA:
        real = sorted((Path(REAL_DATA) / "focus-sample-data").glob("*.csv"))
        yield Dataset("real", [_of_file(con, f"real_{n}", file) for n, file in enumerate(real)])


def _of_rows(con: duckdb.DuckDBPyConnection, relation: str, rows: Sequence[Row]) -> Part:
    columns = {c: pa.array([row[c] for row in rows], pa.string()) for c in rows[0]}
    con.register(relation, pa.table(columns))
    return Part(relation, dict.fromkeys(columns, "VARCHAR"))


def _of_file(con: duckdb.DuckDBPyConnection, relation: str, file: Path) -> Part:
    path = str(file).replace("'", "''")
    csv = f"read_csv('{path}', all_varchar=true, header=true, nullstr=['', 'NULL'], quote='\"', escape='\"')"
    source = f"read_parquet('{path}')" if file.suffix == ".parquet" else csv
    con.execute(f"CREATE VIEW {relation} AS SELECT * FROM {source}")
    described = con.execute(f"DESCRIBE {relation}").fetchall()
    return Part(relation, {row[0]: row[1] for row in described})
