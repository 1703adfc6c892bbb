"""How are shared pools divided into ledger entries, both sides posted?"""

from __future__ import annotations

import duckdb

from recon.allocation import Allocation
from recon.ledger.entry_ids import book_key, next_entry
from recon.ledger.split import Share, Units, divide
from recon.ledger.weigh import StoreWeigher
from recon.model import short_id
from recon.money import to_units
from recon.store.books import Book


def post_splits(
    con: duckdb.DuckDBPyConnection,
    books: list[Book],
    posted: set[int],
    allocation: Allocation,
    owner_key: str,
) -> None:
    """Divide the pools of all `books` of one period and currency, and post those of the books in `posted`; direct
    postings of the months that weigh must be in the store."""
    if not books:
        return
    period, currency = books[0].billing_period, books[0].currency
    splits = allocation.splits_in(period)
    if not splits:
        return
    members = sorted(books, key=book_key)
    rows = con.execute(
        "SELECT book_no, account, sum(billed), sum(effective) FROM base.entry WHERE basis = 'direct' AND book_no IN (SELECT unnest(?::INTEGER[])) GROUP BY ALL ORDER BY ALL",
        [[b.book_no for b in members]],
    ).fetchall()
    balances: dict[int, dict[str, Units]] = {b.book_no: {} for b in members}
    for book_no, account, billed, effective in rows:
        balances[book_no][account] = (to_units(billed), to_units(effective))
    weigher = StoreWeigher(con, allocation, owner_key, period, currency)
    shares = divide(splits, balances, weigher, period, currency)
    for book in members:
        if book.book_no in posted:
            _insert(con, book, shares[book.book_no], allocation.signature)


def _insert(con: duckdb.DuckDBPyConnection, book: Book, shares: list[Share], version: str) -> None:
    first = next_entry(con)
    rows = []
    for n, share in enumerate(shares):
        owner = share.account.removeprefix("owner:") if share.account.startswith("owner:") else None
        entry_id = short_id("split", *book_key(book), share.split_id, share.pool, share.account)
        transaction = short_id("transaction", *book_key(book), share.split_id, share.pool)
        rows.append((
            first + n, book.book_no, entry_id, transaction, book.billing_period, share.account, owner, "shared", share.split_id,
            share.basis, share.pool, "shared", None, share.billed, share.effective, 0, version, share.weight, share.weight_total,
        ))  # fmt: skip
    if rows:
        con.executemany(f"INSERT INTO base.entry VALUES ({', '.join('?' * 19)})", rows)
