"""What did a snapshot change, and since when does each resource carry its tags?

History is kept per resource and tagset: valid from one snapshot to another. A state that was already there
in a scope's first snapshot has an *assumed* start: nobody knows since when.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from recon.snapshot.listed import hides, places_unread_before
from recon.store.dictionary import number_new


def extend(con: duckdb.DuckDBPyConnection, observed_at: datetime) -> None:
    """Extend resources and their states by the snapshot in temp tables `seen_now` (provider_id, account_id,
    region, resource_type, resource_id, folded_id, resource_name, container_id, tagset_no; one row per
    resource), `scopes_now` (provider_id, account_id, first: true for a scope's first snapshot; untagged: resources
    without tags are listed too), `unreadable_now` and `unseen_now`
    (what of those scopes could not be seen).

    A resource of a scanned scope that is not in the snapshot is gone from then on, unless it lies where this
    snapshot could not look.
    """
    places_unread_before(con)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE fresh AS SELECT provider_id, folded_id, any_value(account_id) AS account_id, "
        "any_value(resource_id) AS resource_id FROM seen_now GROUP BY ALL"
    )
    number_new(
        con, "base.resource", "resource_no", ("provider_id", "folded_id"), "fresh", "account_id, resource_id"
    )
    con.execute(
        "UPDATE base.resource r SET account_id = s.account_id, region = s.region, resource_type = s.resource_type, "
        "resource_name = s.resource_name, container_id = s.container_id, first_seen = coalesce(r.first_seen, $at), "
        "last_seen = $at, deleted_at = NULL FROM seen_now s WHERE r.provider_id = s.provider_id AND r.folded_id = s.folded_id",
        {"at": observed_at},
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE now_state AS SELECT r.resource_no, s.tagset_no, c.first OR u.provider_id IS NOT NULL AS first "
        "FROM seen_now s JOIN base.resource r USING (provider_id, folded_id) JOIN scopes_now c ON c.provider_id = s.provider_id "
        "AND c.account_id = s.account_id LEFT JOIN unread_before u ON u.provider_id = s.provider_id AND u.account_id = s.account_id "
        "AND u.region = coalesce(s.region, '') AND u.resource_type = coalesce(s.resource_type, '')"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE gone AS SELECT resource_no FROM base.resource r SEMI JOIN scopes_now c "
        "ON c.provider_id = r.provider_id AND c.account_id = r.account_id "
        "WHERE r.deleted_at IS NULL AND r.last_seen < $at AND resource_no NOT IN (SELECT resource_no FROM now_state) "
        # where only tagged resources are listed, one without tags is not missing; nor is one whose tags can't be read
        "AND (EXISTS (SELECT 1 FROM scopes_now c WHERE c.provider_id = r.provider_id AND c.account_id = r.account_id AND c.untagged) "
        "OR EXISTS (SELECT 1 FROM base.resource_state s SEMI JOIN base.tagset_entry e USING (tagset_no) "
        "WHERE s.resource_no = r.resource_no AND s.valid_to IS NULL)) "
        "AND NOT EXISTS (SELECT 1 FROM unreadable_now n WHERE n.provider_id = r.provider_id AND n.folded_id = r.folded_id) "
        f"AND NOT EXISTS (SELECT 1 FROM unseen_now u WHERE u.provider_id = r.provider_id AND {hides('u', 'r')})",
        {"at": observed_at},
    )
    con.execute(
        "UPDATE base.resource SET deleted_at = $at WHERE resource_no IN (SELECT resource_no FROM gone)",
        {"at": observed_at},
    )
    con.execute(
        "UPDATE base.resource_state s SET valid_to = $at WHERE valid_to IS NULL AND (resource_no IN (SELECT resource_no FROM gone) "
        "OR EXISTS (SELECT 1 FROM now_state n WHERE n.resource_no = s.resource_no AND n.tagset_no <> s.tagset_no))",
        {"at": observed_at},
    )
    con.execute(
        "INSERT INTO base.resource_state SELECT resource_no, tagset_no, $at, NULL, first FROM now_state n WHERE NOT EXISTS "
        "(SELECT 1 FROM base.resource_state s WHERE s.resource_no = n.resource_no AND s.valid_to IS NULL) ORDER BY resource_no",
        {"at": observed_at},
    )
