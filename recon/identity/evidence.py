"""Which resource of the inventory does an audit log or a list of incidents mean?

By the same join keys as a bill line. A log that names no account may mean any; an id that could mean two resources means none.
"""

from __future__ import annotations

import duckdb

from recon.identity.match import meet

# what is not said is ''
_WANTED = """
CREATE OR REPLACE TEMP TABLE told_ids AS
WITH told AS (
    SELECT provider_id, account_id, resource_id FROM base.tag_event
    UNION SELECT provider_id, account_id, resource_id FROM base.incident WHERE resource_id IS NOT NULL
)
SELECT row_number() OVER (ORDER BY provider_id, account_id, id)::INTEGER AS ref, * FROM (
    SELECT DISTINCT coalesce(provider_id, '') AS provider_id, coalesce(account_id, '') AS account_id, resource_id AS id FROM told)"""
# only a short id depends on the account that it is in
_OF_PROVIDER = """
SELECT t.ref, t.id, t.account_id AS account, '' AS service FROM told_ids t
WHERE t.provider_id IN ('', $provider) AND (t.account_id <> '' OR regexp_matches(t.id, '[/:]'))
UNION ALL
SELECT t.ref, t.id, a.account_id, '' FROM told_ids t, (SELECT DISTINCT account_id FROM base.resource WHERE provider_id = $provider) a
WHERE t.provider_id IN ('', $provider) AND t.account_id = '' AND NOT regexp_matches(t.id, '[/:]')"""


def match_evidence(con: duckdb.DuckDBPyConnection) -> None:
    """Rebuild `base.evidence_match`: (provider_id, account_id, resource_id) as told, '' for what is not said → resource_no."""
    con.execute("DELETE FROM base.evidence_match")
    con.execute(_WANTED)
    con.execute("CREATE OR REPLACE TEMP TABLE told_met (ref INTEGER, resource_no INTEGER)")
    asked = (
        "SELECT DISTINCT r.provider_id FROM base.resource r JOIN (SELECT DISTINCT provider_id FROM told_ids) t "
        "ON t.provider_id IN ('', r.provider_id) ORDER BY 1"
    )
    for (name,) in con.execute(asked).fetchall():
        meet(con, name, _OF_PROVIDER)
        con.execute("INSERT INTO told_met SELECT ref, resource_no FROM met")
    con.execute(
        "INSERT INTO base.evidence_match SELECT t.provider_id, t.account_id, t.id, any_value(m.resource_no) "
        "FROM told_ids t JOIN told_met m USING (ref) GROUP BY ALL HAVING count(DISTINCT m.resource_no) = 1 ORDER BY ALL"
    )
