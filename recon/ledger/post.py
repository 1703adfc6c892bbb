"""How do the charges of a period become ledger entries?

Every charge is posted whole to one account; entries gather the charges of one book, account, rung, rule,
class and verdict. Splits then move shared pools on, with both sides posted. `base.posting` keeps which
charge stands in which entry, so that any amount can be walked back to its bill lines.
"""

from __future__ import annotations

from collections import defaultdict

import duckdb
import polars as pl

from recon.allocation import Allocation
from recon.ledger.cases import book_cases, forget_cases, matches
from recon.ledger.dimensions import sum_dimensions
from recon.ledger.entry_ids import book_key, next_entry
from recon.ledger.owners import POST, accounts_of
from recon.ledger.post_splits import post_splits
from recon.ledger.rules_in_force import rules_hash
from recon.model import short_id
from recon.store.books import Book, all_books


def post_periods(
    con: duckdb.DuckDBPyConnection, books: list[Book], allocation: Allocation, owner_key: str
) -> None:
    """Replace the entries and the sums of dimensions of all `books`; closed ones that stay as they are posted may be
    left out, but no other book of a period × currency, for splits weigh over them all. Reads judgements of the owner key and of keys that rules name."""
    for book in books:
        con.execute("DELETE FROM base.posting WHERE book_no = ?", [book.book_no])
        con.execute("DELETE FROM base.entry WHERE book_no = ?", [book.book_no])
        con.execute("DELETE FROM base.dimension_sum WHERE book_no = ?", [book.book_no])
        _post_book(con, book, allocation, owner_key, allocation.pools(book.billing_period))
        con.execute("DELETE FROM base.posted_by WHERE book_no = ?", [book.book_no])
        con.execute(
            "INSERT INTO base.posted_by VALUES (?, ?)",
            [book.book_no, rules_hash(allocation, book.billing_period)],
        )
    posted = {book.book_no for book in books}
    groups: dict[tuple[str, str], list[Book]] = defaultdict(list)
    for book in all_books(con):
        groups[(book.billing_period, book.currency)].append(book)
    for members in groups.values():
        if any(book.book_no in posted for book in members):
            post_splits(con, members, posted, allocation, owner_key)


def _post_book(
    con: duckdb.DuckDBPyConnection, book: Book, allocation: Allocation, owner_key: str, pools: frozenset[str]
) -> None:
    cases = book_cases(con, book, allocation, owner_key)
    if cases.is_empty():
        return
    posts = accounts_of(cases, allocation, book.billing_period, pools)
    entries = posts.select(POST).unique().sort(POST, nulls_last=True)
    first = next_entry(con)
    ids = [_entry_id(book, *row) for row in entries.iter_rows()]
    entries = entries.with_columns(
        (pl.int_range(pl.len(), dtype=pl.Int32) + first).alias("entry_no"),
        pl.Series("entry_id", ids, pl.String),
    )
    numbered = posts.join(entries, on=list(POST), how="left", nulls_equal=True)
    con.register("cases_now", numbered.select("case_no", "entry_no").to_arrow())
    con.register("entries_now", entries.to_arrow())
    con.execute(
        "INSERT INTO base.posting SELECT charge_no, $no, entry_no FROM post_charge "
        f"JOIN post_case USING ({matches(con)}) JOIN cases_now USING (case_no) ORDER BY charge_no",
        {"no": book.book_no},
    )
    con.execute(
        "INSERT INTO base.entry SELECT e.entry_no, $no, e.entry_id, e.entry_id, $period, e.account, e.owner, e.rung, e.rule_id, "
        "'direct', NULL, e.class, e.verdict, s.billed, s.effective, s.charges, CASE WHEN e.rule_id IS NOT NULL THEN $version END, NULL, NULL "
        "FROM entries_now e JOIN (SELECT entry_no, sum(billed) AS billed, sum(effective) AS effective, sum(charges)::BIGINT AS charges "
        "FROM post_case JOIN cases_now USING (case_no) GROUP BY ALL) s USING (entry_no)",
        {"no": book.book_no, "period": book.billing_period, "version": allocation.signature},
    )
    con.unregister("entries_now")
    con.unregister("cases_now")
    sum_dimensions(con, book, allocation, posts)
    forget_cases(con)


def _entry_id(book: Book, *fields: str | None) -> str:
    return short_id("entry", *book_key(book), *fields)
