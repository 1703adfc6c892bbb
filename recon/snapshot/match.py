"""Which resource of the inventory is the one that a bill line names?

Exact id first, then the id as the provider folds it, then a short id (i-0abc…) within the same account.
An id that could mean two resources matches none: it is counted as ambiguous, never guessed.
"""

from __future__ import annotations

import duckdb

from recon.frames import one
from recon.providers import provider


def match_bills(con: duckdb.DuckDBPyConnection) -> int:
    """Rebuild `base.bill_match` (bill_resource_no → resource_no, match_method); returns how many billed ids
    were ambiguous."""
    con.execute("DELETE FROM base.bill_match")
    con.execute(
        "INSERT INTO base.bill_match SELECT b.bill_resource_no, r.resource_no, 'exact' FROM base.bill_resource b "
        "JOIN base.resource r ON r.provider_id = b.provider_id AND r.resource_id = b.resource_id"
    )
    ambiguous = 0
    for (name,) in con.execute("SELECT DISTINCT provider_id FROM base.bill_resource ORDER BY 1").fetchall():
        habits = provider(name)
        if habits.fold_ids:
            _by_folded(con, name)
        if habits.short_id:
            ambiguous += _by_short(con, name, habits.short_id)
    return ambiguous


_UNMATCHED = "b.bill_resource_no NOT IN (SELECT bill_resource_no FROM base.bill_match)"


def _by_folded(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(
        "INSERT INTO base.bill_match SELECT b.bill_resource_no, r.resource_no, 'folded' FROM base.bill_resource b "
        "JOIN base.resource r ON r.provider_id = b.provider_id AND r.folded_id = "
        f"'/' || ltrim(lower(rtrim(b.resource_id, '/')), '/') WHERE b.provider_id = ? AND {_UNMATCHED}",
        [name],
    )


def _by_short(con: duckdb.DuckDBPyConnection, name: str, pattern: str) -> int:
    short = f"CASE WHEN regexp_full_match(regexp_extract({{}}, '([^/:]+)$', 1), '{pattern}') THEN regexp_extract({{}}, '([^/:]+)$', 1) END"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE short_match AS WITH billed AS ("
        "SELECT DISTINCT b.bill_resource_no, b.provider_id, d.sub_account_id, "
        f"{short.replace('{}', 'b.resource_id')} AS short FROM base.bill_resource b JOIN base.charge c USING (bill_resource_no) "
        f"JOIN base.charge_dim d USING (dim_no) WHERE b.provider_id = $name AND {_UNMATCHED}), "
        f"live AS (SELECT resource_no, account_id, {short.replace('{}', 'resource_id')} AS short FROM base.resource WHERE provider_id = $name) "
        "SELECT billed.bill_resource_no, list(DISTINCT live.resource_no) AS found FROM billed JOIN live ON live.short = billed.short "
        "AND live.account_id = billed.sub_account_id GROUP BY billed.bill_resource_no",
        {"name": name},
    )
    con.execute(
        "INSERT INTO base.bill_match SELECT bill_resource_no, found[1], 'short-id' FROM short_match WHERE len(found) = 1"
    )
    row = one(con, "SELECT count(*) FROM short_match WHERE len(found) > 1")
    return int(row[0]) if row else 0
