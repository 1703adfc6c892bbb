"""How does what a cloud said of itself, live, become rows beside those of dumps?

Nothing that could not be seen counts as gone, and an account that was asked and has nothing any more is empty,
not unseen.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from recon.snapshot.listing import ACTIVATION, Listing, Unseen

_A_MONTH = timedelta(days=30)
TABLES = """
CREATE OR REPLACE TEMP TABLE listed (
    source VARCHAR, provider_id VARCHAR, account_id VARCHAR, observed_at TIMESTAMP, complete BOOLEAN);
CREATE OR REPLACE TEMP TABLE aliased (provider VARCHAR, id VARCHAR, alias VARCHAR);"""

_PART = (
    "read_json([{files}], format = 'newline_delimited', compression = 'gzip', maximum_object_size = 16777216, "
    "columns = {{provider: 'VARCHAR', account: 'VARCHAR', region: 'VARCHAR', type: 'VARCHAR', id: 'VARCHAR', "
    "name: 'VARCHAR', container: 'VARCHAR', tags: 'JSON', also: 'VARCHAR[]'}})"
)


def read_listing(con: duckdb.DuckDBPyConnection, source: str, listing: Listing) -> int:
    """Add a listing to the temp tables `dumped`, `listed` and `aliased`, and what it could not see to
    `base.unseen`; returns its rows."""
    _remember_unseen(con, source, listing)
    _remember_activations(con, listing)
    at, complete = listing.observed_at, listing.lists_untagged
    rows = 0
    if listing.parts:
        part = _PART.format(files=", ".join(_quoted(path) for path in listing.parts))
        con.execute(
            "INSERT INTO dumped SELECT $source, provider, account, nullif(region, ''), type, id, name, container, "
            f"CASE WHEN tags::VARCHAR <> '{{}}' THEN tags::VARCHAR END, $at, $complete FROM {part}",
            {"source": source, "at": at, "complete": complete},
        )
        con.execute(
            f"INSERT INTO aliased SELECT provider, id, unnest(also) FROM {part} WHERE len(also) > 0 AND also IS NOT NULL"
        )
        rows = listing.resources
    empty = [(source, provider, account, at, complete) for provider, account in sorted(listing.accounts)]
    if empty:
        con.executemany("INSERT INTO listed VALUES (?, ?, ?, ?, ?)", empty)
    _hide_unasked(con, source, listing)
    return rows


def vanished(con: duckdb.DuckDBPyConnection, source: str, listing: Listing) -> list[Unseen]:
    """Accounts that this source listed before and does not name now: revoked, closed, moved, or left out by the
    configuration. Nobody says which, so that they are unseen; after a month without a sign they count as empty."""
    at = listing.observed_at
    gone = con.execute(
        "SELECT provider_id, account_id, max(observed_at) FROM base.snapshot s WHERE source = $source AND resources > 0 "
        "AND account_id <> '' AND observed_at < $at AND NOT EXISTS (SELECT 1 FROM listed l WHERE l.source = s.source AND "
        "l.provider_id = s.provider_id AND l.account_id = s.account_id) AND NOT EXISTS (SELECT 1 FROM dumped d WHERE d.source = s.source "
        "AND lower(d.account) = lower(s.account_id)) AND NOT EXISTS (SELECT 1 FROM base.unseen u WHERE u.observed_at = $at AND u.source = s.source "
        "AND lower(u.account_id) IN ('', lower(s.account_id)) AND u.region = '' AND u.resource_type = '') GROUP BY ALL ORDER BY ALL",
        {"source": source, "at": at},
    ).fetchall()
    found = []
    for provider, account, last in gone:
        if at - last > _A_MONTH:
            con.execute("INSERT INTO listed VALUES (?, ?, ?, ?, true)", [source, provider, account, at])
            continue
        reason = (
            f"it was last listed on {last:%Y-%m-%d} and is not shown to this identity now: access was revoked, or it was closed, "
            "moved, or left out of the configuration. What it holds is unknown until then; after a month it counts as gone"
        )
        unseen = Unseen(provider, account, reason, kind="missing")
        con.execute("INSERT INTO base.unseen VALUES (?, ?, ?, ?, ?, ?, ?)", _unseen_row(source, at, unseen))
        found.append(unseen)
    return found


def _hide_unasked(con: duckdb.DuckDBPyConnection, source: str, listing: Listing) -> None:
    """Regions of an account that hold resources and were not asked this time are not known, and no gap: the
    configuration leaves them out."""
    asked = sorted(listing.regions)
    if asked:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE asked_now (provider_id VARCHAR, account_id VARCHAR, region VARCHAR)"
        )
        con.executemany("INSERT INTO asked_now VALUES (?, ?, ?)", asked)
        con.execute(
            "INSERT INTO base.unseen SELECT DISTINCT $source, $at::TIMESTAMP, r.provider_id, r.account_id, r.region, '', 'not-asked' "
            "FROM base.resource r SEMI JOIN asked_now a ON a.provider_id = r.provider_id AND a.account_id = r.account_id "
            "WHERE r.deleted_at IS NULL AND coalesce(r.region, '') NOT IN ('', 'global') AND (r.provider_id, r.account_id, r.region) NOT IN "
            "(SELECT (provider_id, account_id, region) FROM asked_now) ORDER BY ALL",
            {"source": source, "at": listing.observed_at},
        )


def places_unread_before(con: duckdb.DuckDBPyConnection) -> None:
    """Temp table `unread_before`: places (provider, account, region, type) of `seen_now` that no earlier snapshot
    of their scope could see: what is found there now was never looked at before, so that nobody knows since when
    it carries its tags."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE unread_before AS WITH places AS (SELECT DISTINCT provider_id, account_id, "
        "coalesce(region, '') AS region, coalesce(resource_type, '') AS resource_type FROM seen_now), "
        "hidden AS (SELECT DISTINCT p.*, u.observed_at FROM places p JOIN base.unseen u ON u.provider_id = p.provider_id "
        f"AND {hides('u', 'p')}), "
        "looked_at AS (SELECT p.* FROM places p JOIN base.snapshot s USING (provider_id, account_id) "
        "ANTI JOIN hidden h ON h.provider_id = p.provider_id AND h.account_id = p.account_id AND h.region = p.region "
        "AND h.resource_type = p.resource_type AND h.observed_at = s.observed_at) "
        "SELECT provider_id, account_id, region, resource_type FROM hidden EXCEPT SELECT * FROM looked_at"
    )


def hides(unseen: str, resource: str) -> str:
    """SQL: whether a row of `base.unseen` covers the account, region and type of a resource."""
    return (
        f"lower({unseen}.account_id) IN ('', lower({resource}.account_id)) AND {unseen}.region IN ('', coalesce({resource}.region, '')) "
        f"AND {unseen}.resource_type IN ('', coalesce({resource}.resource_type, ''))"
    )


def _remember_unseen(con: duckdb.DuckDBPyConnection, source: str, listing: Listing) -> None:
    con.execute("DELETE FROM base.unseen WHERE source = ? AND observed_at = ?", [source, listing.observed_at])
    rows = [_unseen_row(source, listing.observed_at, each) for each in listing.unseen]
    if rows:
        con.executemany("INSERT INTO base.unseen VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _unseen_row(source: str, at: datetime, unseen: Unseen) -> list[object]:
    return [source, at, unseen.provider, unseen.account, unseen.region, unseen.type, unseen.kind]


def _remember_activations(con: duckdb.DuckDBPyConnection, listing: Listing) -> None:
    """What a billing account says now of its tag keys replaces what it said before."""
    rows = [
        [a.provider, a.billing_account, a.key, a.status == "active", listing.observed_at]
        for a in listing.activations
    ]
    cut = {
        u.account for u in listing.unseen if u.type == ACTIVATION
    }  # a list that broke off replaces nothing
    for provider, account in {(r[0], r[1]) for r in rows if not {r[1], ""} & cut}:
        con.execute(
            "DELETE FROM base.activation WHERE provider_id = ? AND billing_account_id = ?",
            [provider, account],
        )
    if rows:
        con.executemany("INSERT INTO base.activation VALUES (?, ?, ?, ?, ?)", rows)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
