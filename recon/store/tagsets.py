"""How do the distinct tag cells of a file become numbered tagsets?"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from recon.store.dictionary import number_new
from recon.store.masking import Masker
from recon.tagset import BadTags, Tagset, tagset_id, tagset_of


def number_tagsets(con: duckdb.DuckDBPyConnection, cells: str, table: str, masker: Masker) -> int:
    """From relation `cells` (h UBIGINT, then one text column per tag cell, strongest first) to temp table
    `table` (h, tagset_no, problem). `problem` says why a cell is unreadable; tagset_no is then null.

    Returns the number of unreadable rows. Python runs once per distinct cell, never per bill line.
    """
    rows = con.execute(f"SELECT * FROM {cells}").fetchall()
    hashes, ids, problems = [], [], []
    known: dict[str, Tagset] = {}
    for h, *texts in rows:
        tagset_key, problem = None, None
        try:
            tagset = masker.masked(tagset_of(texts))
            tagset_key = tagset_id(tagset)
            known[tagset_key] = tagset
        except BadTags as error:
            problem = str(error)
        hashes.append(h)
        ids.append(tagset_key)
        problems.append(problem)
    store_tagsets(con, known)
    found = pa.table(
        {
            "h": pa.array(hashes, pa.uint64()),
            "tagset_id": pa.array(ids, pa.string()),
            "problem": pa.array(problems, pa.string()),
        }
    )
    con.register("found_cells", found)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT f.h, t.tagset_no, f.problem "
        "FROM found_cells f LEFT JOIN base.tagset t USING (tagset_id)"
    )
    con.unregister("found_cells")
    return sum(p is not None for p in problems)


def store_tagsets(con: duckdb.DuckDBPyConnection, tagsets: dict[str, Tagset]) -> None:
    """Add the tagsets (id → entries, already masked) that the store lacks; the empty one is number 0."""
    ids = pa.table({"tagset_id": pa.array(sorted(tagsets), pa.string())})
    con.register("new_ids", ids)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE unseen AS SELECT tagset_id FROM new_ids ANTI JOIN base.tagset USING (tagset_id)"
    )
    con.unregister("new_ids")
    unseen = [row[0] for row in con.execute("SELECT tagset_id FROM unseen").fetchall()]
    number_new(con, "base.tagset", "tagset_no", ("tagset_id",), "unseen")
    entries = [(i, k, v) for i in unseen for k, v in tagsets[i]]
    if not entries:
        return
    columns = list(zip(*entries, strict=True))
    new = pa.table(
        {
            "tagset_id": pa.array(columns[0], pa.string()),
            "tag_key": pa.array(columns[1], pa.string()),
            "tag_value": pa.array(columns[2], pa.string()),
        }
    )
    con.register("new_entries", new)
    con.execute(
        "INSERT INTO base.tagset_entry SELECT t.tagset_no, n.tag_key, n.tag_value "
        "FROM new_entries n JOIN base.tagset t USING (tagset_id) ORDER BY ALL"
    )
    con.unregister("new_entries")
