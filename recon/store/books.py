"""Which books does the store hold? A book is one period of one billing account in one currency."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Book:
    """One billing period of one billing account in one currency."""

    book_no: int
    billing_period: str
    provider_id: str
    billing_account_id: str
    currency: str


def all_books(con: duckdb.DuckDBPyConnection) -> list[Book]:
    """The books that have charges, by period, provider, account, currency."""
    rows = con.execute(
        "SELECT book_no, billing_period, provider_id, billing_account_id, currency FROM base.book "
        "WHERE book_no IN (SELECT DISTINCT book_no FROM base.charge) ORDER BY billing_period, provider_id, billing_account_id, currency"
    ).fetchall()
    return [Book(*row) for row in rows]
