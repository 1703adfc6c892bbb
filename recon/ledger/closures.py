"""Which books has finance closed, and what exactly was frozen?

Closing copies a book's entries, and the adjustments that are posted in it, to `base.frozen_entry`; nothing there
is ever changed. Reopening ends the closure: its frozen entries no longer count, the trace of both stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from recon.frames import one
from recon.store.books import Book

_ENTRY = (
    "book_no, entry_id, transaction_id, billing_period, account, owner, rung, rule_id, basis, origin_account, class, verdict, "
    "billed, effective, charges, rule_version, weight, weight_total"
)
_CLOSE = """
INSERT INTO base.closure
SELECT $no, b.billing_period, b.provider_id, b.billing_account_id, b.currency, $at, $by, $reason, $partial,
       (SELECT coalesce(sum(billed), 0) FROM base.entry WHERE book_no = $book),
       (SELECT coalesce(sum(effective), 0) FROM base.entry WHERE book_no = $book), $registry, $rules,
       (SELECT rules_hash FROM base.posted_by WHERE book_no = $book), NULL, NULL, NULL
FROM base.book b WHERE b.book_no = $book"""
_FREEZE = f"INSERT INTO base.frozen_entry SELECT $no, {_ENTRY} FROM base.entry WHERE book_no = $book ORDER BY entry_no"
_FREEZE_ADJUSTMENTS = """
INSERT INTO base.frozen_entry
SELECT $no, a.book_no, a.entry_id, a.transaction_id, a.billing_period, a.account, a.owner, NULL, NULL, 'adjustment: ' || a.reason, NULL,
       a.class, NULL, a.billed, a.effective, 0, a.rule_version, NULL, NULL
FROM base.adjustment a JOIN base.book o USING (book_no) JOIN base.book b ON b.book_no = $book AND b.billing_period = a.billing_period
 AND b.provider_id = o.provider_id AND b.billing_account_id = o.billing_account_id AND b.currency = o.currency ORDER BY a.entry_id"""
_FREEZE_PARTS = """
INSERT INTO base.frozen_part
SELECT $no, e.book_no, e.entry_id, d.sub_account_id, d.service_name, d.charge_category, r.resource_id, sum(c.billed), sum(c.effective),
       sum(c.lines)
FROM base.posting p JOIN base.entry e USING (entry_no) JOIN base.charge c USING (charge_no) JOIN base.charge_dim d USING (dim_no)
LEFT JOIN base.bill_resource r USING (bill_resource_no) WHERE p.book_no = $book
GROUP BY ALL ORDER BY ALL"""


@dataclass(frozen=True)
class Signed:
    """Who closes or reopens, when (naive UTC) and why."""

    at: datetime
    by: str
    reason: str | None = None


@dataclass(frozen=True)
class Basis:
    """By which rules the entries were made."""

    registry_version: str
    rules_version: str


def closed_books(con: duckdb.DuckDBPyConnection) -> dict[int, int]:
    """Book number → the number of the closure that holds it now."""
    return dict(con.execute("SELECT book_no, closure_no FROM base.closed_book ORDER BY 1").fetchall())


def freeze(
    con: duckdb.DuckDBPyConnection, books: Sequence[Book], signed: Signed, basis: Basis, partial: bool
) -> None:
    """Close `books`, which must be open: entries, adjustments posted in them, and what they are made of."""
    for book in books:
        row = one(con, "SELECT coalesce(max(closure_no), 0) + 1 FROM base.closure")
        number = int(row[0]) if row else 1
        con.execute(
            _CLOSE,
            {
                "no": number, "at": signed.at, "by": signed.by, "reason": signed.reason, "partial": partial, "book": book.book_no,
                "registry": basis.registry_version, "rules": basis.rules_version,
            },
        )  # fmt: skip
        for statement in (_FREEZE, _FREEZE_ADJUSTMENTS, _FREEZE_PARTS):
            con.execute(statement, {"no": number, "book": book.book_no})


def release(con: duckdb.DuckDBPyConnection, books: Sequence[Book], signed: Signed) -> None:
    """Reopen `books`, which must be closed. The closure and what was frozen by it stay as a trace."""
    closures = closed_books(con)
    for book in books:
        con.execute(
            "UPDATE base.closure SET reopened_at = ?, reopened_by = ?, reopened_reason = ? WHERE closure_no = ?",
            [signed.at, signed.by, signed.reason, closures[book.book_no]],
        )
