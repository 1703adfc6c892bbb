"""Which resource of the inventory is the one that a bill line names?

Both sides are given keys, the surest first: the id itself, another id that the inventory knows, then what the
provider's own file of join keys makes of either. The surest key that meets anything decides. Where it meets two
resources the id is ambiguous: it matches none, is counted and shown, and is never guessed.
"""

from __future__ import annotations

from importlib.resources import files

import duckdb

from recon.frames import one
from recon.providers import provider

_OWN = {"aws", "azure", "gcp"}  # providers with a file of join keys

# one row per id and account in which it is billed; the id as the resource's own is `first`
_BILLED = """
SELECT DISTINCT b.bill_resource_no AS ref, b.resource_id AS id, d.sub_account_id AS account, d.service_name AS service
FROM base.bill_resource b JOIN base.charge c USING (bill_resource_no) JOIN base.charge_dim d USING (dim_no)
WHERE b.provider_id = $provider"""
_LIVE = """
SELECT resource_no AS ref, resource_id AS id, account_id AS account, '' AS service FROM base.resource
WHERE provider_id = $provider"""
_ALIASES = """
SELECT a.resource_no AS ref, a.alias AS id, r.account_id AS account, '' AS service
FROM base.resource_alias a JOIN base.resource r USING (resource_no) WHERE r.provider_id = $provider"""
# the projects that the inventory knows by number and by id
_PROJECTS = """(SELECT regexp_extract(a.alias, 'projects/(\\d+)$', 1) AS number, any_value(r.account_id) AS project_id
FROM base.resource_alias a JOIN base.resource r USING (resource_no)
WHERE r.provider_id = 'gcp' AND r.resource_type = 'cloudresourcemanager.googleapis.com/Project'
AND regexp_matches(a.alias, 'projects/\\d+$') GROUP BY 1)"""


def match_bills(con: duckdb.DuckDBPyConnection) -> int:
    """Rebuild `base.bill_match` (bill_resource_no → resource_no, match_method) and `base.ambiguous_match`; returns
    how many billed ids are ambiguous."""
    con.execute("DELETE FROM base.bill_match")
    con.execute("DELETE FROM base.ambiguous_match")
    for (name,) in con.execute("SELECT DISTINCT provider_id FROM base.bill_resource ORDER BY 1").fetchall():
        _match(con, name)
    row = one(con, "SELECT count(*) FROM base.ambiguous_match")
    return int(row[0]) if row else 0


def meet(con: duckdb.DuckDBPyConnection, name: str, wanted: str) -> None:
    """Temp table `met` (ref, resource_no, rank, method): which resources of provider `name` are meant by the ids that the query
    `wanted` (its parameter: $provider) gives as ref, id, account, service; by the surest key only. A ref with two resources is
    ambiguous."""
    for table, query in (("wanted_ids", wanted), ("live_ids", _LIVE), ("alias_ids", _ALIASES)):
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}", {"provider": name})
    keys = _keys_sql(name)
    con.execute(f"CREATE OR REPLACE TEMP TABLE wanted_keys AS {_both('wanted_ids', keys)}")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE live_keys AS {_both('live_ids', keys)} UNION ALL "
        # by another id of its own: less sure than the id, surer than what is made of either
        f"SELECT ref, CASE WHEN rank = 1 THEN 2 ELSE rank END, 'alias', scope, key FROM ({_both('alias_ids', keys)})"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE met AS WITH pairs AS (SELECT w.ref, l.ref AS resource_no, "
        "min(l.rank) AS rank, min_by(l.method, (l.rank, l.method)) AS method FROM wanted_keys w JOIN live_keys l ON l.key = w.key "
        "AND l.scope = w.scope AND (l.rank = w.rank OR (l.rank = 2 AND w.rank = 1)) GROUP BY ALL) "
        "SELECT * FROM pairs QUALIFY rank = min(rank) OVER (PARTITION BY ref)"
    )


def _match(con: duckdb.DuckDBPyConnection, name: str) -> None:
    meet(con, name, _BILLED)
    con.execute(
        "INSERT INTO base.bill_match SELECT ref, any_value(resource_no), any_value(method) FROM met "
        "GROUP BY ref HAVING count(*) = 1 ORDER BY 1"
    )
    con.execute(
        "INSERT INTO base.ambiguous_match SELECT ref, count(*), list(resource_no ORDER BY resource_no)[:10] FROM met "
        "GROUP BY ref HAVING count(*) > 1 ORDER BY 1"
    )


def _keys_sql(name: str) -> str:
    if name in _OWN:
        return (files("recon.identity") / f"{name}.sql").read_text(encoding="utf-8")
    if provider(name).fold_ids:
        return "SELECT ref, 3 AS rank, 'folded' AS method, '' AS scope, '/' || trim(lower(id), '/') AS key FROM {ids}"
    return "SELECT ref, 3 AS rank, 'exact' AS method, '' AS scope, id AS key FROM {ids} WHERE false"


def _both(ids: str, keys: str) -> str:
    """All keys of a table of ids: the id itself, which short ones carry only within their account, and the rest."""
    made = keys.replace("{ids}", ids).replace("{projects}", _PROJECTS)
    own = (
        "SELECT ref, 1 AS rank, 'exact' AS method, CASE WHEN regexp_matches(id, '[/:]') THEN '' ELSE coalesce(account, '') END "
        f"AS scope, id AS key FROM {ids}"
    )
    return (
        f"SELECT DISTINCT ref, rank, method, coalesce(scope, '') AS scope, key FROM ({own} UNION ALL {made})"
    )
