"""In which entry of the ledger does a bill line stand?

A line finds its charge as the rollup made it: by the hashes of its dimensions, resource and tags, and its day. The
charge's posting names the entry. The numbers behind the hashes are the store's, copied, so nothing is written there.
"""

from __future__ import annotations

import duckdb

from recon.ingest.lines import Lines
from recon.ingest.rollup import FACTS, dim_hash, rollup_file, tag_hash, text_hash
from recon.store.masking import Masker

ENTRY, FILE = "x__entry", "x__file"
"""The columns that lines carry: number of the direct entry, number of the file."""
_KEPT = ("book", "charge_dim", "bill_resource", "tagset", "tagset_entry", "meta")


def prepare(con: duckdb.DuckDBPyConnection, first: str, last: str) -> None:
    """Copy what lines are numbered by, from the attached `store`, and the postings of some billing periods."""
    con.execute("CREATE SCHEMA base")
    for table in _KEPT:
        con.execute(f"CREATE TABLE base.{table} AS SELECT * FROM store.base.{table}")
    con.execute(FACTS)
    con.execute(
        "CREATE TEMP TABLE posted_charge AS SELECT c.dim_no, c.bill_resource_no, c.tagset_no, c.day, p.entry_no "
        "FROM store.base.charge c JOIN store.base.posting p USING (charge_no) JOIN store.base.book b ON b.book_no = c.book_no "
        "WHERE b.billing_period BETWEEN $first AND $last",
        {"first": first, "last": last},
    )


def number_lines(
    con: duckdb.DuckDBPyConnection, lines: Lines, file_no: int, masker: Masker
) -> tuple[str, str]:
    """A relation in place of `lines.raw`, with four columns more, and the joins that find `joined.entry_no` by them.

    Holds until the next file is numbered."""
    rollup_file(con, lines, file_no, masker)
    con.execute("DELETE FROM facts")
    raw = (
        f"(SELECT *, {dim_hash(lines)} AS x__dims, {tag_hash(lines)} AS x__tags, "
        f"{text_hash([lines.resource], [lines.resource])} AS x__resource, ({lines.day})::INTEGER AS x__day FROM {lines.raw})"
    )
    joins = (
        "LEFT JOIN (SELECT h AS j_dims, dim_no AS j_dim, provider_id AS j_provider FROM dim_map WHERE problem IS NULL) "
        "ON j_dims = l.x__dims "
        "LEFT JOIN (SELECT h AS j_tags, tagset_no AS j_tagset FROM tag_map WHERE problem IS NULL) ON j_tags = l.x__tags "
        "LEFT JOIN (SELECT h AS j_h, provider_id AS j_owner, bill_resource_no AS j_no FROM resource_map) "
        "ON j_h = l.x__resource AND j_owner = j_provider "
        "LEFT JOIN posted_charge joined ON joined.dim_no = j_dim AND joined.tagset_no = j_tagset "
        "AND joined.day = l.x__day AND joined.bill_resource_no = coalesce(j_no, 0)"
    )
    return raw, joins
