"""How does what a cloud said of itself, live, become rows beside those of dumps?

Nothing that could not be seen counts as gone, and an account that was asked and has nothing any more is empty,
not unseen.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from recon.snapshot.listing import Listing, Unseen

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
    if listing.everywhere:
        con.execute(
            "INSERT INTO listed SELECT DISTINCT source, provider_id, account_id, $at::TIMESTAMP, $complete FROM base.snapshot "
            "WHERE source = $source",
            {"source": source, "at": at, "complete": complete},
        )
    return rows


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
        f"{unseen}.account_id IN ('', {resource}.account_id) AND {unseen}.region IN ('', coalesce({resource}.region, '')) "
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
    for provider, account in {(r[0], r[1]) for r in rows}:
        con.execute(
            "DELETE FROM base.activation WHERE provider_id = ? AND billing_account_id = ?",
            [provider, account],
        )
    if rows:
        con.executemany("INSERT INTO base.activation VALUES (?, ?, ?, ?, ?)", rows)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
