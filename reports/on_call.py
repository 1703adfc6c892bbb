"""What does an engineer on call ask of the report at night?

New resources nobody owns, fixes that failed or keep being undone, deliveries and runs that failed, and for
debugging: the history of the resource that changed most, the values in use per key, the keys with most
values.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reports.questions import FAILED_FIX, Row, Store

_FLAPPING = 3  # changes of one key on one resource within the week


@dataclass(frozen=True)
class OnCall:
    """The tables of the section, each cut to `top` rows, with the full number where it is cut."""

    new_without_owner: list[Row]
    new_without_owner_total: int
    failed_fixes: list[Row]
    flapping: list[Row]
    failed_files: list[Row]
    failed_runs: list[Row]


@dataclass(frozen=True)
class Debug:
    """`history` belongs to `resource`; `values` has the most used values per key, `keys` the widest keys."""

    resource: str | None
    history: list[Row]
    values: list[Row]
    keys: list[Row]


def on_call(store: Store, owner_key: str | None, now: datetime, top: int) -> OnCall:
    """What happened in the day before `now`; `owner_key` None means that nobody can say who owns what."""
    fresh = _new_without_owner(store, owner_key, now)
    return OnCall(
        new_without_owner=store.ask(f"{fresh} ORDER BY first_seen DESC, ResourceId LIMIT {int(top)}"),
        new_without_owner_total=int(store.ask(f"SELECT count(*) AS n FROM ({fresh})")[0]["n"]),
        failed_fixes=store.ask(
            f"""
            SELECT * FROM fix_actions WHERE {FAILED_FIX}
            ORDER BY status, ResourceId, key, action_id LIMIT {int(top)}
            """
        ),
        flapping=store.ask(
            f"""
            SELECT x_ProviderId, SubAccountId, ResourceId, key, count(*) AS changes,
                   max(observed_at::TIMESTAMP) AS last_change
            FROM drift WHERE observed_at::TIMESTAMP > ? GROUP BY ALL HAVING count(*) >= {_FLAPPING}
            ORDER BY changes DESC, ResourceId, key LIMIT {int(top)}
            """,
            now - timedelta(days=7),
        ),
        failed_files=store.ask(
            f"""
            SELECT source, path, status, reason, loaded_at::TIMESTAMP AS loaded_at FROM source_files
            WHERE status IN ('refused', 'unreadable', 'held') ORDER BY status, source, path LIMIT {int(top)}
            """
        ),
        failed_runs=store.ask(
            f"""
            SELECT run_id, started_at::TIMESTAMP AS started_at, status FROM runs WHERE status = 'failed'
              AND started_at::TIMESTAMP > ? ORDER BY started_at DESC, run_id LIMIT {int(top)}
            """,
            now - timedelta(days=7),
        ),
    )


def debug(store: Store, top: int) -> Debug:
    """Tables for finding out why."""
    busiest = store.ask(
        """
        SELECT ResourceId FROM tag_history WHERE ResourceId IS NOT NULL
        GROUP BY ALL HAVING count(*) > 1 ORDER BY count(*) DESC, ResourceId LIMIT 1
        """
    )
    resource = str(busiest[0]["ResourceId"]) if busiest else None
    return Debug(
        resource=resource,
        history=store.ask(
            f"""
            SELECT tag_key, tag_value, valid_from::TIMESTAMP AS valid_from, valid_to::TIMESTAMP AS valid_to,
                   assumed_start
            FROM tag_history WHERE ResourceId = ? ORDER BY tag_key, valid_from, tag_value LIMIT {int(top)}
            """,
            resource,
        ),
        values=store.ask(
            """
            WITH used AS (
                SELECT canonical_key AS tag_key, coalesce(canonical_value, tag_value) AS tag_value,
                       count(*) AS resources
                FROM resource_tags WHERE canonical_key IS NOT NULL GROUP BY 1, 2
            )
            SELECT *, resources / sum(resources) OVER (PARTITION BY tag_key) AS share FROM used
            QUALIFY row_number() OVER (PARTITION BY tag_key ORDER BY resources DESC, tag_value) <= 5
            ORDER BY tag_key, resources DESC, tag_value LIMIT 200
            """
        ),
        keys=store.ask(
            f"""
            SELECT tag_key, count(DISTINCT tag_value) AS distinct_values, count(*) AS resources
            FROM resource_tags GROUP BY ALL ORDER BY distinct_values DESC, tag_key LIMIT {int(top)}
            """
        ),
    )


def _new_without_owner(store: Store, owner_key: str | None, now: datetime) -> str:
    # The two literals are ours: an instant, and a key quoted as an SQL string.
    key = (owner_key or "").replace("'", "''")
    return f"""
        SELECT r.x_ProviderId, r.SubAccountId, r.RegionId, r.ResourceType, r.ResourceId, r.ResourceName,
               r.first_seen::TIMESTAMP AS first_seen
        FROM resources r
        WHERE r.first_seen::TIMESTAMP > TIMESTAMP '{now - timedelta(days=1):%Y-%m-%d %H:%M:%S}'
          AND r.first_seen::TIMESTAMP <= TIMESTAMP '{now:%Y-%m-%d %H:%M:%S}' AND r.deleted_at IS NULL
          AND NOT EXISTS (
              SELECT 1 FROM resource_tags t
              WHERE t.ResourceId = r.ResourceId AND t.x_ProviderId IS NOT DISTINCT FROM r.x_ProviderId
                AND t.SubAccountId IS NOT DISTINCT FROM r.SubAccountId AND t.canonical_key = '{key}')
    """
