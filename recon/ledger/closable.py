"""May a month be closed? What is missing in its books, in sentences that finance can act on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import duckdb

from recon.ledger.adjust import next_month
from recon.model import Gap
from recon.money import plain
from recon.store.books import Book

_FACTS = """
SELECT k.quarantined_rows, k.control_total, k.control_difference, k.control_said_by,
       (SELECT max(DATE '1970-01-01' + c.day) FROM base.charge c JOIN base.charge_dim d USING (dim_no)
         WHERE c.book_no = $book AND d.class = 'usage'),
       (SELECT count(DISTINCT c.day) FROM base.charge c JOIN base.charge_dim d USING (dim_no) WHERE c.book_no = $book AND d.class = 'usage'),
       (SELECT count(*) FROM base.quarantine q WHERE q.row_number > 0 AND (q.billing_period IS NULL OR q.provider_id IS NULL
         OR q.billing_account_id IS NULL OR q.currency IS NULL) AND q.file_no IN (SELECT f.file_no FROM base.file_book f WHERE f.in_force
         AND f.billing_period = k.billing_period AND f.provider_id = k.provider_id AND f.billing_account_id = k.billing_account_id))
FROM base.closing k WHERE k.billing_period = $period AND k.provider_id = $provider AND k.billing_account_id = $account
 AND k.currency = $currency"""
_TOLD_FROM = Decimal("0.005")  # as the check control-total
_NOW_AND_THEN = (
    5  # an account with usage on fewer days than this is not expected to have some on the last day
)


@dataclass(frozen=True)
class Problem:
    """What speaks against closing a book. `open`: its month has not ended, which nobody can wave through."""

    book: Book
    reason: str
    open: bool = False


def problems(
    con: duckdb.DuckDBPyConnection, books: Sequence[Book], now: datetime, gaps: Sequence[Gap]
) -> list[Problem]:
    """What speaks against closing `books`, by book. `gaps`: what the last run could not see."""
    found: list[Problem] = []
    for book in books:
        found += [Problem(book, reason) for reason in _of_book(con, book)]
        if f"{now:%Y-%m}" <= book.billing_period:
            found.append(Problem(book, f"the month has not ended on {now:%Y-%m-%d}", open=True))
        for gap in gaps:
            if not gap.limitation and gap.provider in (None, "", book.provider_id):
                found.append(Problem(book, f"the last run could not see {gap.scope}: {gap.reason}"))
    return found


def _of_book(con: duckdb.DuckDBPyConnection, book: Book) -> list[str]:
    rows = con.execute(
        _FACTS,
        {
            "book": book.book_no, "period": book.billing_period, "provider": book.provider_id,
            "account": book.billing_account_id, "currency": book.currency,
        },
    ).fetchall()  # fmt: skip
    if not rows:  # a month of adjustments only, or one whose files are gone
        return []
    quarantined, control, difference, said_by, last, days, nameless = rows[0]
    reasons = []
    if nameless:
        reasons.append(
            f"{nameless:,} rows of its files are set aside that do not say whose or of which month they are "
            "(tagrecon export csv quarantine)"
        )
    if quarantined:
        reasons.append(f"{quarantined:,} rows of its bill are set aside (tagrecon export csv quarantine)")
    if difference is not None and abs(difference) >= _TOLD_FROM:
        reasons.append(
            f"{said_by} says {plain(control)}, {plain(difference)} more than the bill (docs/controls.md)"
        )
    end = _last_day(book.billing_period)
    if days >= _NOW_AND_THEN and last is not None and last < end:
        reasons.append(f"its usage goes through {last}, the month ends on {end}")
    return reasons


def _last_day(period: str) -> date:
    following = next_month(period)
    return date.fromordinal(date(int(following[:4]), int(following[5:7]), 1).toordinal() - 1)
