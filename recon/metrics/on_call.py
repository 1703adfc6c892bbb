"""Did the resource of each incident carry a valid owner label when the incident was opened?

A resource before its scope's first snapshot is taken to have carried the tags of that snapshot, as verdicts take it to.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import polars as pl

from recon.frames import frame
from recon.registry import Registry, Rules, in_force

# of two states that may hold the one that began before the incident counts more than one that is assumed to
_INCIDENTS = """
WITH told AS (
    SELECT * FROM base.incident QUALIFY path = max(path) OVER (PARTITION BY source, incident_id)
), meant AS (
    SELECT DISTINCT to_json([t.source, t.incident_id])::VARCHAR AS incident, t.opened_at, m.resource_no
    FROM told t LEFT JOIN base.evidence_match m ON m.provider_id = coalesce(t.provider_id, '')
        AND m.account_id = coalesce(t.account_id, '') AND m.resource_id = t.resource_id
)
SELECT n.incident, n.opened_at, r.provider_id, s.tagset_no
FROM meant n LEFT JOIN base.resource r USING (resource_no) LEFT JOIN base.resource_state s ON s.resource_no = n.resource_no
    AND (s.valid_from <= n.opened_at OR s.assumed_start) AND (s.valid_to IS NULL OR s.valid_to > n.opened_at)
QUALIFY row_number() OVER (PARTITION BY n.incident, n.opened_at, n.resource_no ORDER BY s.valid_from <= n.opened_at DESC, s.valid_from) = 1
ORDER BY ALL"""


def load_incidents(
    con: duckdb.DuckDBPyConnection, registry: Registry, labels_under: Callable[[Rules], pl.DataFrame]
) -> pl.DataFrame:
    """incident, opened_at, labelled: one row per incident and resource; `labelled` null where the inventory does not know the
    resource, or not its tags at that time. `labels_under`: what each tagset says under the rules of a day."""
    told = frame(con, _INCIDENTS)
    parts = []
    days = told.select(pl.col("opened_at").dt.date().alias("day")).unique().sort("day")["day"].to_list()
    epochs: dict[Rules, list[object]] = {}
    for day in days:
        epochs.setdefault(in_force(registry, day), []).append(day)
    for rules, within in epochs.items():
        owned = labels_under(rules).filter((pl.col("key") == rules.owner) & pl.col("valid"))
        owned = owned.select("provider_id", "tagset_no", pl.lit(True).alias("owned"))
        rows = told.filter(pl.col("opened_at").dt.date().is_in(within))
        parts.append(rows.join(owned, on=["provider_id", "tagset_no"], how="left", maintain_order="left"))
    known = pl.when(pl.col("tagset_no").is_not_null()).then(pl.col("owned").fill_null(False))
    found = pl.concat(parts) if parts else told.with_columns(pl.lit(None, pl.Boolean).alias("owned"))
    return found.select("incident", "opened_at", known.alias("labelled"))
