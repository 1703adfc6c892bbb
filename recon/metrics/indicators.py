"""Are the indicators met? Every metric over the store, held against its target, and written where reports read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import duckdb
import polars as pl

from recon.metrics.catalogue import metrics
from recon.metrics.facts import Facts
from recon.metrics.nights import nights, write_nights
from recon.metrics.touching import touching
from recon.model import Gap
from recon.money import plain
from recon.registry import Registry
from recon.taggability import Taggability, load_taggability

# Contract: these want at least their target; an exposure has at most; every other stays below.
_AT_LEAST = frozenset(
    {
        *("M1", "M6", "M7", "M9", "policy-compliant", "policy-compliant-taggable", "allocated-cost"),
        *("allocated-cost-taggable", "shared-apportioned", "tag-coverage-cost", "tag-coverage-count"),
        *(
            "tag-coverage-count-taggable",
            "aggregate-compliance",
            "aggregate-compliance-taggable",
            "tag-quality",
        ),
        "new-resource-compliance",
    }
)
_AT_MOST = frozenset({"M8"})
_SLI: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String, "name": pl.String, "billing_period": pl.String, "currency": pl.String, "key": pl.String,
    "unit": pl.String, "value": pl.Float64, "target": pl.Float64, "status": pl.String, "numerator": pl.String,
    "denominator": pl.String, "gap_ids": pl.List(pl.String),
}  # fmt: skip


def run_metrics(
    con: duckdb.DuckDBPyConnection,
    registry: Registry,
    raw: Callable[[str], str],
    now: datetime,
    targets: Mapping[str, Decimal],
    gaps: Sequence[Gap],
    taggability: Taggability | None = None,
) -> None:
    """Rebuild `base.coverage` and `base.sli` for the store's newest 13 periods.

    `raw` gives the byte-exact value behind a masked one; `now` is naive UTC; `targets`: indicator → its target. Reads
    judgements, ledger, inventory history and drift as they stand.
    """
    facts = Facts(con, registry, raw, now, taggability or load_taggability())
    tables = {metric.name: metric.of(facts) for metric in metrics()}
    _write_coverage(con, tables.pop("coverage"), facts, gaps)
    write_nights(con, nights(facts.states, facts.snapshots, facts.labels, facts.rules, facts.taggability))
    _write_slis(con, pl.concat(list(tables.values())), targets, gaps)


def status(id: str, value: float | None, target: Decimal | None) -> str:
    """met, missed, or no-data where there is no value or nothing to hold it against."""
    if value is None or target is None:
        return "no-data"
    got, wanted = Decimal(str(value)), target
    if id in _AT_LEAST:
        met = got >= wanted
    elif id in _AT_MOST:
        met = got <= wanted
    else:  # nothing lies below a target of 0
        met = got < wanted or got == wanted == 0
    return "met" if met else "missed"


def _write_coverage(
    con: duckdb.DuckDBPyConnection, found: pl.DataFrame, facts: Facts, gaps: Sequence[Gap]
) -> None:
    pairs = facts.cells.select("account", "provider_id").unique().drop_nulls().sort("account", "provider_id")
    providers: dict[str, str] = dict(pairs.iter_rows())
    ids = [
        touching(gaps, period, scope, providers)
        for period, scope in found.select("billing_period", "scope").iter_rows()
    ]
    _replace(con, "base.coverage", found.with_columns(pl.Series("gap_ids", ids, pl.List(pl.String))))


def _write_slis(
    con: duckdb.DuckDBPyConnection, found: pl.DataFrame, targets: Mapping[str, Decimal], gaps: Sequence[Gap]
) -> None:
    rows = []
    for row in found.iter_rows(named=True):
        target = row["target"] if row["target"] is not None else targets.get(row["id"])
        rows.append(
            row | {
                "target": None if target is None else float(target), "status": status(row["id"], row["value"], target),
                "numerator": plain(row["numerator"]), "denominator": plain(row["denominator"]),
                "gap_ids": touching(gaps, row["billing_period"], "all", {}),
            }
        )  # fmt: skip
    table = pl.DataFrame(rows, schema=_SLI).sort("id", "name", "billing_period", "currency", "key")
    _replace(con, "base.sli", table)


def _replace(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    con.execute(f"DELETE FROM {table}")
    con.register("measured_now", rows.to_arrow())
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM measured_now")
    con.unregister("measured_now")
