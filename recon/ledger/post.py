"""How do the charges of a period become ledger entries?

Every charge is posted whole to one account; entries gather the charges of one book, account, rung, rule,
class and verdict. Splits then move shared pools on, with both sides posted. `base.posting` keeps which
charge stands in which entry, so that any amount can be walked back to its bill lines.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import duckdb
import polars as pl

from recon.allocation import Allocation
from recon.frames import frame, one
from recon.ledger.owners import POST, accounts_of, rule_columns
from recon.ledger.split import Amounts, Share, divide
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
        _post_splits(con, members, allocation)


def _post_book(
    con: duckdb.DuckDBPyConnection, book: Book, allocation: Allocation, owner_key: str, pools: frozenset[str]
) -> None:
    charges = _charges(con, book, allocation, owner_key)
    if charges.is_empty():
        return
    posts = accounts_of(charges, allocation, book.billing_period, pools)
    entries = posts.select(POST).unique().sort(POST, nulls_last=True)
    first = _next_entry(con)
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
        "'direct', NULL, e.class, e.verdict, s.billed, s.effective, s.charges FROM entries_now e JOIN ("
        "SELECT p.entry_no, sum(c.billed) AS billed, sum(c.effective) AS effective, count(*) AS charges "
        "FROM base.posting p JOIN base.charge c USING (charge_no) WHERE p.book_no = $no GROUP BY ALL) s USING (entry_no)",
        {"no": book.book_no, "period": book.billing_period},
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


def _post_splits(con: duckdb.DuckDBPyConnection, books: list[Book], allocation: Allocation) -> None:
    """Divide each book's pools; weights are the direct amounts over all books of the period and currency."""
    if not allocation.splits:
        return
    numbers = [b.book_no for b in books]
    rows = con.execute(
        "SELECT book_no, account, sum(billed), sum(effective) FROM base.entry WHERE book_no IN (SELECT unnest(?::INTEGER[])) GROUP BY ALL ORDER BY ALL",
        [numbers],
    ).fetchall()
    weights: dict[str, Amounts] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    balances: dict[int, dict[str, Amounts]] = defaultdict(dict)
    for book_no, account, billed, effective in rows:
        balances[book_no][account] = (billed, effective)
        weights[account] = (weights[account][0] + billed, weights[account][1] + effective)
    for book in books:
        shares = divide(allocation.splits, balances[book.book_no], weights)
        _insert_shares(con, book, shares)


def _insert_shares(con: duckdb.DuckDBPyConnection, book: Book, shares: list[Share]) -> None:
    first = _next_entry(con)
    rows = []
    for n, share in enumerate(shares):
        owner = share.account.removeprefix("owner:") if share.account.startswith("owner:") else None
        entry_id = short_id("split", *_key(book), share.split_id, share.pool, share.account)
        transaction = short_id("transaction", *_key(book), share.split_id, share.pool)
        rows.append((
            first + n, book.book_no, entry_id, transaction, book.billing_period, share.account, owner, "shared", share.split_id,
            share.basis, share.pool, "shared", None, share.billed, share.effective, 0,
        ))  # fmt: skip
    if rows:
        con.executemany(f"INSERT INTO base.entry VALUES ({', '.join('?' * 16)})", rows)


def _entry_id(book: Book, *fields: str | None) -> str:
    return short_id("entry", *_key(book), *fields)


def _key(book: Book) -> tuple[str, str, str, str]:
    return book.billing_period, book.provider_id, book.billing_account_id, book.currency


def _next_entry(con: duckdb.DuckDBPyConnection) -> int:
    row = one(con, "SELECT coalesce(max(entry_no), 0) + 1 FROM base.entry")
    return int(row[0]) if row else 1


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
