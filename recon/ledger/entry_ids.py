"""How are ledger entries numbered, and what makes their ids?"""

from __future__ import annotations

import duckdb

from recon.frames import one
from recon.store.books import Book


def book_key(book: Book) -> tuple[str, str, str, str]:
    return book.billing_period, book.provider_id, book.billing_account_id, book.currency


def next_entry(con: duckdb.DuckDBPyConnection) -> int:
    row = one(con, "SELECT coalesce(max(entry_no), 0) + 1 FROM base.entry")
    return int(row[0]) if row else 1
