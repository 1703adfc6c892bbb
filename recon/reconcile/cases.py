"""Which charges does every rule see alike?

Most resources carry one tagset on all their lines and one live state in all snapshots: between two turning
days (a snapshot, a change of the registry) their days can't differ in any verdict. Such charges are one case,
judged once. A resource that was retagged, on the bill or live, keeps every day for itself.
"""

from __future__ import annotations

import polars as pl

from recon.frames import frame
from recon.reconcile.world import World
from recon.store.books import Book

_CASES = """
CREATE OR REPLACE TEMP TABLE cased AS
SELECT c.charge_no, c.bill_resource_no, c.dim_no, c.tagset_no,
       CASE WHEN s.bill_resource_no IS NULL THEN c.day ELSE t.first_day END AS day
FROM base.charge c LEFT JOIN steady s USING (bill_resource_no) JOIN turned t USING (day)
WHERE c.book_no = $book"""
_NUMBERED = """
CREATE OR REPLACE TEMP TABLE cases AS
SELECT row_number() OVER ()::INTEGER AS case_no, * FROM (SELECT DISTINCT bill_resource_no, dim_no, tagset_no, day FROM cased)"""
_SPREAD = """
CREATE OR REPLACE TEMP TABLE case_of AS
SELECT charge_no, case_no FROM cased JOIN cases USING (bill_resource_no, dim_no, tagset_no, day)"""
_FACTS = """
SELECT c.case_no, c.bill_resource_no AS bill_no, c.dim_no, c.tagset_no, c.day, m.resource_no,
       b.resource_id IS NOT NULL AND b.resource_id IS NOT DISTINCT FROM d.commitment_id AS is_commitment
FROM cases c JOIN base.charge_dim d USING (dim_no) LEFT JOIN base.bill_match m USING (bill_resource_no)
LEFT JOIN base.bill_resource b USING (bill_resource_no) ORDER BY c.case_no"""


def cases_of(world: World, book: Book) -> pl.DataFrame:
    """The cases of a book: case_no, bill_no, dim_no, tagset_no, day (the first of its days), resource_no,
    is_commitment. Leaves temp table `case_of` (charge_no → case_no) behind."""
    con = world.con
    days = [
        row[0]
        for row in con.execute(
            "SELECT DISTINCT day FROM base.charge WHERE book_no = ? ORDER BY 1", [book.book_no]
        ).fetchall()
    ]
    turns = world.turning_days(book.provider_id)
    first: dict[int, int] = {}
    turned = [(day, first.setdefault(sum(turn <= day for turn in turns), day)) for day in days]
    con.execute("CREATE OR REPLACE TEMP TABLE turned (day INTEGER, first_day INTEGER)")
    if turned:
        con.executemany("INSERT INTO turned VALUES (?, ?)", turned)
    con.execute(_CASES, {"book": book.book_no})
    con.execute(_NUMBERED)
    con.execute(_SPREAD)
    return frame(con, _FACTS)
