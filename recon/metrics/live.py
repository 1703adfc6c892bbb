"""What was live at the end of each billing period, and which of it was seen whole?

The snapshot that counts for a period is the scope's last one up to the period's end, else its first one after:
before a scope was first seen, its present tags are assumed.
"""

from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl

from recon.frames import frame

_STATES = """
SELECT s.resource_no, r.provider_id, r.account_id AS account, r.region, r.resource_type, r.resource_id AS resource,
       r.first_seen, r.deleted_at, s.tagset_no, s.valid_from, s.valid_to, s.assumed_start
FROM base.resource_state s JOIN base.resource r USING (resource_no) ORDER BY s.resource_no, s.valid_from"""
_SNAPSHOTS = """
SELECT provider_id, account_id AS account, observed_at, bool_and(complete) AS complete
FROM base.snapshot GROUP BY ALL ORDER BY ALL"""


def load_states(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per resource and tagset that it carried: `valid_from` to `valid_to` (null: still), by resource and
    time. `assumed_start`: it was already there in the scope's first snapshot."""
    return frame(con, _STATES)


def load_snapshots(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """provider_id, account, observed_at, complete: one row per scope and instant at which it was read."""
    return frame(con, _SNAPSHOTS)


def period_end(period: str) -> datetime:
    """The instant (naive UTC) at which a billing period YYYY-MM is over."""
    year, month = (int(part) for part in period.split("-"))
    return datetime(year + month // 12, month % 12 + 1, 1)


def live_by_period(
    states: pl.DataFrame, snapshots: pl.DataFrame, periods: list[str], now: datetime
) -> pl.DataFrame:
    """The columns of `states` plus `billing_period` and `complete`: one row per period and resource that was live."""
    parts = [_live(states, snapshots, period, min(period_end(period), now)) for period in periods]
    return pl.concat(parts) if parts else _live(states, snapshots.clear(), "", now)


def _live(states: pl.DataFrame, snapshots: pl.DataFrame, period: str, end: datetime) -> pl.DataFrame:
    seen = pl.col("observed_at") <= end
    chosen = (
        snapshots.sort("observed_at")
        .group_by("provider_id", "account")
        .agg(
            pl.coalesce(pl.col("observed_at").filter(seen).last(), pl.col("observed_at").first()).alias("at"),
            pl.coalesce(pl.col("complete").filter(seen).last(), pl.col("complete").first()),
        )
    )
    there = (pl.col("valid_from") <= pl.col("at")) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("at"))
    )
    found = states.join(chosen, on=["provider_id", "account"]).filter(there).drop("at")
    return found.with_columns(pl.lit(period).alias("billing_period"))
