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
from recon.frames import frame
from recon.ledger.entry_ids import book_key, next_entry
from recon.ledger.owners import POST, accounts_of, rule_columns
from recon.ledger.post_splits import post_splits
from recon.model import short_id
from recon.store.books import Book
from recon.verdicts import RUNGS, VERDICTS

_BOOK = {
    "provider_id": "bk.provider_id", "billing_account_id": "bk.billing_account_id", "currency": "bk.currency",
    "resource_id": "r.resource_id",
}  # fmt: skip


def post_periods(
    con: duckdb.DuckDBPyConnection, books: list[Book], allocation: Allocation, owner_key: str
) -> None:
    """Replace the entries of all `books`; give every book of each period × currency, for splits weigh over
    them all. Reads judgements of the owner key and of keys that rules name."""
    pools = frozenset(s.source for s in allocation.splits)
    for book in books:
        con.execute("DELETE FROM base.posting WHERE book_no = ?", [book.book_no])
        con.execute("DELETE FROM base.entry WHERE book_no = ?", [book.book_no])
        _post_book(con, book, allocation, owner_key, pools)
    groups: dict[tuple[str, str], list[Book]] = defaultdict(list)
    for book in books:
        groups[(book.billing_period, book.currency)].append(book)
    for members in groups.values():
        post_splits(con, members, allocation)


def _post_book(
    con: duckdb.DuckDBPyConnection, book: Book, allocation: Allocation, owner_key: str, pools: frozenset[str]
) -> None:
    charges = _charges(con, book, allocation, owner_key)
    if charges.is_empty():
        return
    posts = accounts_of(charges, allocation, book.billing_period, pools)
    entries = posts.select(POST).unique().sort(POST, nulls_last=True)
    first = next_entry(con)
    entries = entries.with_columns((pl.int_range(pl.len(), dtype=pl.Int32) + first).alias("entry_no"))
    numbered = posts.join(entries, on=list(POST), how="left", nulls_equal=True).select(
        "charge_no", "entry_no"
    )
    con.register("posted_now", numbered.to_arrow())
    con.execute(
        "INSERT INTO base.posting SELECT charge_no, ?, entry_no FROM posted_now ORDER BY charge_no",
        [book.book_no],
    )
    con.unregister("posted_now")
    ids = [_entry_id(book, *row) for row in entries.select(POST).iter_rows()]
    con.register("entries_now", entries.with_columns(pl.Series("entry_id", ids, pl.String)).to_arrow())
    con.execute(
        "INSERT INTO base.entry SELECT e.entry_no, $no, e.entry_id, e.entry_id, $period, e.account, e.owner, e.rung, e.rule_id, "
        "'direct', NULL, e.class, e.verdict, s.billed, s.effective, s.charges, CASE WHEN e.rule_id IS NOT NULL THEN $version END, NULL, NULL FROM entries_now e JOIN ("
        "SELECT p.entry_no, sum(c.billed) AS billed, sum(c.effective) AS effective, count(*) AS charges "
        "FROM base.posting p JOIN base.charge c USING (charge_no) WHERE p.book_no = $no GROUP BY ALL) s USING (entry_no)",
        {"no": book.book_no, "period": book.billing_period, "version": allocation.signature},
    )
    con.unregister("entries_now")


def _charges(
    con: duckdb.DuckDBPyConnection, book: Book, allocation: Allocation, owner_key: str
) -> pl.DataFrame:
    wanted = [c for c in rule_columns(allocation) if c != "class"]
    named = ", ".join(f"{_BOOK.get(c, f'd.{c}')} AS {c}" for c in wanted)
    tags = [k for k in allocation.tag_keys if k]
    tag_columns = ", ".join(f'v{i}.value AS "tag:{key}"' for i, key in enumerate(tags))
    tag_joins = " ".join(
        f"LEFT JOIN base.judgement j{i} ON j{i}.charge_no = c.charge_no AND j{i}.key_no = "
        f"(SELECT key_no FROM base.registry_key WHERE key = {_text(key)}) LEFT JOIN base.value v{i} ON v{i}.value_no = j{i}.resolved_no"
        for i, key in enumerate(tags)
    )
    columns = ", ".join(
        part
        for part in (
            "c.charge_no",
            "d.class",
            "j.verdict AS verdict_no",
            "j.rung AS rung_no",
            "v.value AS resolved",
            named,
            tag_columns,
        )
        if part
    )
    found = frame(
        con,
        f"SELECT {columns} FROM base.charge c JOIN base.charge_dim d USING (dim_no) JOIN base.book bk ON bk.book_no = c.book_no "
        "LEFT JOIN base.bill_resource r USING (bill_resource_no) JOIN base.judgement j ON j.charge_no = c.charge_no AND j.key_no = "
        f"(SELECT key_no FROM base.registry_key WHERE key = $owner) LEFT JOIN base.value v ON v.value_no = j.resolved_no {tag_joins} "
        "WHERE c.book_no = $book",
        {"owner": owner_key, "book": book.book_no},
    )
    return found.with_columns(
        pl.col("verdict_no")
        .replace_strict(dict(enumerate(VERDICTS)), return_dtype=pl.String)
        .alias("verdict"),
        pl.col("rung_no")
        .replace_strict(dict(enumerate(RUNGS)), return_dtype=pl.String, default=None)
        .alias("rung"),
    )


def _entry_id(book: Book, *fields: str | None) -> str:
    return short_id("entry", *book_key(book), *fields)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
