"""How are shared pools divided into ledger entries, both sides posted?"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import duckdb

from recon.allocation import Allocation
from recon.ledger.entry_ids import book_key, next_entry
from recon.ledger.split import Amounts, Share, divide
from recon.model import short_id
from recon.store.books import Book


def post_splits(con: duckdb.DuckDBPyConnection, books: list[Book], allocation: Allocation) -> None:
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
        _insert(con, book, shares, allocation.signature)


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
