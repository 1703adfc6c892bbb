"""How many live resources carried a valid label, night after night, so that one sees what fixes did?

Coverage by count of a billing period looks at its last night; this looks at each night of the last weeks, by the registry as it is
in force now. Only scopes that were listed completely count, as in coverage by count.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl

from recon.metrics.asked import asked
from recon.metrics.counted import with_values
from recon.registry import Rules
from recon.taggability import Taggability

NIGHTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "observed_at": pl.Datetime("us"), "key": pl.String, "provider_id": pl.String, "resources": pl.Int64,
    "labelled": pl.Int64, "taggable": pl.Int64, "taggable_labelled": pl.Int64,
}  # fmt: skip
_MOST = 60  # snapshots


def nights(
    states: pl.DataFrame,
    snapshots: pl.DataFrame,
    labels: pl.DataFrame,
    rules: Rules,
    taggability: Taggability,
) -> pl.DataFrame:
    """Columns of NIGHTS: one row per instant at which anything was read, required key and provider.

    `states`, `snapshots`: recon/metrics/live.py; `labels`: recon/metrics/labels.py. `taggable`: resources that are asked for the key, or
    carry it all the same."""
    keys = sorted(name for name, key in rules.keys.items() if key.required)
    instants = snapshots["observed_at"].unique().sort()[-_MOST:].to_list()
    parts = [_night(states, snapshots, labels, rules, taggability, keys, at) for at in instants]
    found = pl.concat(parts) if parts else pl.DataFrame(schema=NIGHTS)
    return found.select(pl.col(n).cast(t) for n, t in NIGHTS.items()).sort(
        "observed_at", "key", "provider_id"
    )


def write_nights(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> None:
    """Fill `base.live_coverage` anew."""
    con.execute("DELETE FROM base.live_coverage")
    con.register("nights_now", rows.to_arrow())
    con.execute("INSERT INTO base.live_coverage BY NAME SELECT * FROM nights_now")
    con.unregister("nights_now")


def _night(
    states: pl.DataFrame, snapshots: pl.DataFrame, labels: pl.DataFrame, rules: Rules, taggability: Taggability,
    keys: list[str], at: datetime,
) -> pl.DataFrame:  # fmt: skip
    seen = (
        snapshots.filter(pl.col("observed_at") <= at)
        .sort("observed_at")
        .group_by("provider_id", "account")
        .agg(pl.col("observed_at").last().alias("seen_at"), pl.col("complete").last())
        .filter("complete")
    )
    there = (pl.col("valid_from") <= pl.col("seen_at")) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("seen_at"))
    )
    live = states.join(seen, on=["provider_id", "account"]).filter(there)
    live = with_values(live, labels, rules, keys)
    parts = []
    for key in keys:
        wanted = asked(rules, taggability, live, key)
        each = live.select("provider_id", pl.col(f"valid:{key}").alias("valid"), wanted.alias("asked"))
        can = pl.col("asked") | pl.col("valid")
        parts.append(
            each.group_by("provider_id").agg(
                pl.len().alias("resources"), pl.col("valid").sum().alias("labelled"), can.sum().alias("taggable"),
                (can & pl.col("valid")).sum().alias("taggable_labelled"),
            ).with_columns(pl.lit(at).alias("observed_at"), pl.lit(key).alias("key"))
            .select(pl.col(n).cast(t) for n, t in NIGHTS.items())
        )  # fmt: skip
    return pl.concat(parts) if parts else pl.DataFrame(schema=NIGHTS)
