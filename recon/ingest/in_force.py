"""Which files is each period of the store built from, and which periods must be built anew?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import duckdb

from recon.ingest.books import Delivered, Group


def frozen_groups(con: duckdb.DuckDBPyConnection, paths: Iterable[str], unseen: Iterable[str]) -> set[Group]:
    """Groups to which an earlier delivery of a file (`paths`), or of a whole source (`unseen`), that can't be
    read now contributes: they stay as they are."""
    rows = con.execute(
        "SELECT DISTINCT b.billing_period, b.provider_id, b.billing_account_id FROM base.file_book b JOIN base.source_file f "
        "USING (file_no) WHERE b.in_force AND (f.path IN (SELECT unnest(?::VARCHAR[])) OR f.source IN (SELECT unnest(?::VARCHAR[])))",
        [list(paths), list(unseen)],
    ).fetchall()
    return {(p, v, a) for p, v, a in rows}


def left_behind(
    con: duckdb.DuckDBPyConnection, wanted: Iterable[Group], sources: Iterable[str]
) -> set[Group]:
    """Closed groups of which no file is left at its source: that somebody tidied up is no restatement, they stay as
    they are. A file that is still there and says nothing of the group any more is one."""
    rows = con.execute(
        "SELECT b.billing_period, b.provider_id, b.billing_account_id FROM base.file_book b JOIN base.source_file f USING (file_no) "
        "SEMI JOIN base.closed_book k ON k.billing_period = b.billing_period AND k.provider_id = b.provider_id "
        "AND k.billing_account_id = b.billing_account_id WHERE b.in_force GROUP BY ALL "
        "HAVING bool_and(f.status = 'gone' OR f.source NOT IN (SELECT unnest(?::VARCHAR[])))",
        [list(sources)],
    ).fetchall()
    return {(p, v, a) for p, v, a in rows} - set(wanted)


def stale_files(con: duckdb.DuckDBPyConnection) -> set[int]:
    """Numbers of files that a newer content of the same name has replaced."""
    return {
        r[0]
        for r in con.execute("SELECT file_no FROM base.source_file WHERE status = 'superseded'").fetchall()
    }


def changed_groups(
    con: duckdb.DuckDBPyConnection,
    wanted: Mapping[Group, list[Delivered]],
    frozen: set[Group],
    held: set[Group],
    stale: set[int],
) -> list[Group]:
    """Groups whose files in force are not the wanted ones."""
    rows = con.execute(
        "SELECT DISTINCT billing_period, provider_id, billing_account_id, file_no, counts FROM base.file_book "
        "WHERE in_force AND billing_period IS NOT NULL"
    ).fetchall()
    in_force: dict[Group, set[tuple[int, str]]] = defaultdict(set)
    for period, provider, account, file_no, counts in rows:
        in_force[period, provider, account].add((file_no, counts))
    groups = sorted({*wanted, *in_force} - frozen - held)
    return [
        g
        for g in groups
        if {(d.file_no, d.counts) for d in wanted.get(g, [])} != in_force[g]
        or {file_no for file_no, _ in in_force[g]} & stale
    ]


def name_rebuilt(con: duckdb.DuckDBPyConnection, groups: Mapping[Group, list[Delivered]]) -> None:
    """Temp tables of what is rebuilt: `rebuilt` groups, `rebuilt_books`, and `rebuilt_files` (which file's
    lines count in which book: a file may be wanted for one period and not for another)."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rebuilt (billing_period VARCHAR, provider_id VARCHAR, billing_account_id VARCHAR)"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rebuilt_file_groups AS SELECT *, 0 AS file_no, '' AS counts FROM rebuilt LIMIT 0"
    )
    if groups:
        con.executemany("INSERT INTO rebuilt VALUES (?, ?, ?)", sorted(groups))
    wanted = [(*group, f.file_no, f.counts) for group, files in sorted(groups.items()) for f in files]
    if wanted:
        con.executemany("INSERT INTO rebuilt_file_groups VALUES (?, ?, ?, ?, ?)", wanted)
    keys = "USING (billing_period, provider_id, billing_account_id)"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE rebuilt_books AS SELECT book_no FROM base.book SEMI JOIN rebuilt {keys}"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE rebuilt_files AS SELECT book_no, file_no, counts FROM base.book JOIN rebuilt_file_groups {keys}"
    )


def set_in_force(con: duckdb.DuckDBPyConnection) -> None:
    """The files of `rebuilt_file_groups` are the ones that the groups of `rebuilt` rest on from now on."""
    con.execute(
        "UPDATE base.file_book SET in_force = false WHERE (billing_period, provider_id, billing_account_id) IN (SELECT * FROM rebuilt)"
    )
    con.execute(
        "UPDATE base.file_book b SET in_force = true, counts = r.counts FROM rebuilt_file_groups r "
        "WHERE b.billing_period = r.billing_period AND b.provider_id = r.provider_id "
        "AND b.billing_account_id = r.billing_account_id AND b.file_no = r.file_no AND b.currency IS NOT NULL"
    )
