"""Who changed a tag between two snapshots? The events of audit logs, and our own journal, that lie between them.

An event that names keys explains only changes of these. Where some events name the key and others don't say which, those that name it
count: the others may be about anything.
"""

from __future__ import annotations

import duckdb
import polars as pl

from recon.frames import frame
from recon.registry import Registry, in_force
from recon.snapshot.listed import hides

# between the last snapshot that could see the resource as it was, and the one that saw it changed
_BETWEEN = f"""
WITH moved AS (SELECT DISTINCT resource_no, observed_at FROM changed_now),
since AS (
    SELECT v.resource_no, v.observed_at, max(s.observed_at) AS since
    FROM moved v JOIN base.resource r USING (resource_no)
    JOIN base.snapshot s ON s.provider_id = r.provider_id AND s.account_id = r.account_id AND s.observed_at < v.observed_at
    WHERE NOT EXISTS (SELECT 1 FROM base.unseen u WHERE u.provider_id = r.provider_id AND u.observed_at = s.observed_at AND {hides("u", "r")})
    GROUP BY ALL
), told AS (
    SELECT DISTINCT m.resource_no, e."at", e.key AS raw_key, e.actor, e.event_id FROM base.tag_event e
    JOIN base.evidence_match m ON m.provider_id = coalesce(e.provider_id, '') AND m.account_id = coalesce(e.account_id, '')
        AND m.resource_id = e.resource_id
    UNION ALL
    SELECT r.resource_no, a."at", NULL, a.actor, concat_ws('/', a.run_id, a.action, a."at") FROM base.audit a
    JOIN base.resource r ON r.resource_id = a.subject
    WHERE a.action IN ('fix:applied', 'fix:rolled-back')
)
SELECT c.resource_no, c.observed_at, r.provider_id, t.raw_key, t.actor, t.event_id
FROM since c JOIN base.resource r USING (resource_no)
JOIN told t ON t.resource_no = c.resource_no AND t."at" > c.since AND t."at" <= c.observed_at
ORDER BY ALL"""
_AT = ["resource_no", "observed_at", "folded"]


def explained(con: duckdb.DuckDBPyConnection, registry: Registry, changes: pl.DataFrame) -> pl.DataFrame:
    """`changes` (resource_no, provider_id, observed_at, key, …) with `events`, how many explain each, and `actor`: who did it, where
    all of these events name one and the same."""
    con.register("changed_now", changes.select("resource_no", "observed_at").to_arrow())
    told = frame(con, _BETWEEN)
    con.unregister("changed_now")
    meant = [
        _folded(provider, _key_of(registry, provider, at, raw)) if raw is not None else None
        for provider, at, raw in told.select("provider_id", "observed_at", "raw_key").iter_rows()
    ]
    told = told.with_columns(pl.Series("folded", meant, pl.String)).drop("raw_key", "provider_id")
    named = _summed(told.filter(pl.col("folded").is_not_null()), _AT)
    unnamed = _summed(told.filter(pl.col("folded").is_null()), _AT[:2])
    keys = [_folded(p, k) for p, k in changes.select("provider_id", "key").iter_rows()]
    each = (
        changes.with_columns(pl.Series("folded", keys, pl.String))
        .join(named, on=_AT, how="left", maintain_order="left")
        .join(unnamed, on=_AT[:2], how="left", maintain_order="left", suffix="_unnamed")
    )
    by_name = pl.col("events").is_not_null()
    return each.with_columns(
        pl.coalesce("events", "events_unnamed", pl.lit(0)).cast(pl.Int64).alias("events"),
        pl.when(by_name).then("actor").otherwise("actor_unnamed").alias("actor"),
    ).drop("folded", "events_unnamed", "actor_unnamed")


def _summed(told: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    one = (pl.col("actor").n_unique() == 1) & pl.col("actor").is_not_null().all()
    return told.group_by(on).agg(
        pl.col("event_id").n_unique().cast(pl.Int64).alias("events"),
        pl.when(one).then(pl.col("actor").first()).alias("actor"),
    )


def _key_of(registry: Registry, provider: str, at: object, raw: str) -> str:
    rules = in_force(registry, at.date())  # type: ignore[attr-defined]
    hit = rules.key_of(provider, raw)
    return hit.key if hit is not None and hit.key in rules.keys else raw


def _folded(provider: str, key: str) -> str:
    """Azure's tag names are told apart without regard to case."""
    return key.lower() if provider == "azure" else key
