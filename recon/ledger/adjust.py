"""What must be posted now because a closed month's bill or rules changed?

For every book the entries of now, less what is frozen of it, account by account: a closed book's difference goes
to the earliest open period after it of its billing account. Made anew by every run until that period is closed
too; so frozen entries + adjustments = the entries of now = the charges, to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from recon.model import short_id
from recon.store.books import Book

REOPENED = "reopened: posted here again, less what stands as an adjustment elsewhere"
RESTATED, RULES, BOTH = "bill restated", "rules changed", "bill restated and rules changed"

# A pool that is divided in full holds nothing, whatever classes went through it.
_DIFFERENCES = """
WITH closed AS (
    SELECT DISTINCT book_no FROM base.closed_book
), touched AS (
    SELECT DISTINCT f.book_no FROM base.frozen_entry f SEMI JOIN base.closed_book k ON k.closure_no = f.closure_no
    UNION SELECT book_no FROM closed
), side AS (
    SELECT book_no, account, owner, class, billed, effective FROM base.entry SEMI JOIN closed USING (book_no)
    UNION ALL
    SELECT f.book_no, f.account, f.owner, f.class, -f.billed, -f.effective FROM base.frozen_entry f
    SEMI JOIN base.closed_book k ON k.closure_no = f.closure_no
), difference AS (
    SELECT book_no, account, owner, class, sum(billed) AS billed, sum(effective) AS effective FROM side
    WHERE book_no IN (SELECT book_no FROM touched) GROUP BY ALL HAVING sum(billed) <> 0 OR sum(effective) <> 0
), moved AS (
    SELECT book_no, account FROM difference GROUP BY ALL HAVING sum(billed) <> 0 OR sum(effective) <> 0
)
SELECT b.book_no, b.billing_period, b.provider_id, b.billing_account_id, b.currency, d.account, d.owner, d.class, d.billed, d.effective
FROM difference d SEMI JOIN moved USING (book_no, account) JOIN base.book b USING (book_no) ORDER BY ALL"""

# A currency in which a closed account was not billed yet: it was closed too.
_LATE = """
INSERT INTO base.closure
SELECT (SELECT coalesce(max(closure_no), 0) FROM base.closure) + row_number() OVER (ORDER BY b.book_no), b.billing_period, b.provider_id,
       b.billing_account_id, b.currency, k.closed_at, k.closed_by, 'closed with the month, before it had this currency', false, 0, 0,
       k.registry_version, k.rules_version, k.rules_hash, NULL, NULL, NULL
FROM base.book b JOIN (SELECT billing_period, provider_id, billing_account_id, min(closed_at) AS closed_at, min(closed_by) AS closed_by,
       min(registry_version) AS registry_version, min(rules_version) AS rules_version, min(rules_hash) AS rules_hash
       FROM base.closed_book GROUP BY ALL) k USING (billing_period, provider_id, billing_account_id)
WHERE b.book_no IN (SELECT book_no FROM base.charge) AND b.book_no NOT IN (SELECT book_no FROM base.closed_book)"""

# Charges are told apart by what was frozen of them: where nothing there differs, it was the rules.
_RESTATED = """
WITH side AS (
    SELECT c.book_no, d.sub_account_id, d.service_name, d.charge_category, r.resource_id, sum(c.billed) AS billed,
           sum(c.effective) AS effective
    FROM base.charge c JOIN base.charge_dim d USING (dim_no) LEFT JOIN base.bill_resource r USING (bill_resource_no)
    WHERE c.book_no IN (SELECT book_no FROM base.closed_book) GROUP BY ALL
    UNION ALL
    SELECT p.book_no, p.sub_account_id, p.service_name, p.charge_category, p.resource_id, -sum(p.billed), -sum(p.effective)
    FROM base.frozen_part p SEMI JOIN base.closed_book k ON k.closure_no = p.closure_no GROUP BY ALL
)
SELECT DISTINCT book_no FROM (SELECT book_no FROM side GROUP BY book_no, sub_account_id, service_name, charge_category, resource_id
                              HAVING sum(billed) <> 0 OR sum(effective) <> 0) ORDER BY 1"""


@dataclass(frozen=True)
class _Difference:
    book: Book
    account: str
    owner: str | None
    charge_class: str | None
    billed: Decimal
    effective: Decimal


def post_adjustments(con: duckdb.DuckDBPyConnection, rules_version: str) -> int:
    """Rebuild `base.adjustment`; how many entries there are. `rules_version`: of the rules of now."""
    con.execute("DELETE FROM base.adjustment")
    con.execute(_LATE)
    closed = {
        row[0]: row[1]
        for row in con.execute(
            "SELECT k.book_no, k.rules_hash IS DISTINCT FROM p.rules_hash AND p.rules_hash IS NOT NULL "
            "FROM base.closed_book k LEFT JOIN base.posted_by p USING (book_no) ORDER BY 1"
        ).fetchall()
    }
    found = [_Difference(Book(*row[:5]), *row[5:]) for row in con.execute(_DIFFERENCES).fetchall()]
    if not found:
        return 0
    restated = {row[0] for row in con.execute(_RESTATED).fetchall()}
    open_periods = _Periods(con)
    rows = []
    for one in found:
        book = one.book
        posted = open_periods.after(book) if book.book_no in closed else book.billing_period
        reason = _reason(book.book_no, closed, restated)
        key = (book.billing_period, book.provider_id, book.billing_account_id, book.currency, posted)
        rows.append((
            book.book_no, short_id("adjustment", *key, one.account, one.charge_class), short_id("transaction", "adjustment", *key),
            posted, one.account, one.owner, one.charge_class, reason, one.billed, one.effective, rules_version,
        ))  # fmt: skip
    con.executemany(f"INSERT INTO base.adjustment VALUES ({', '.join('?' * 11)})", rows)
    return len(rows)


def _reason(book_no: int, other_rules: dict[int, bool], restated: Iterable[int]) -> str:
    """`other_rules`: closed book → whether its entries of now were made by other rules than its frozen ones."""
    if book_no not in other_rules:
        return REOPENED
    if not other_rules[book_no]:
        return RESTATED
    return BOTH if book_no in restated else RULES


class _Periods:
    """The closed periods of each billing account and currency."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        rows = con.execute(
            "SELECT provider_id, billing_account_id, currency, billing_period FROM base.closed_book"
        ).fetchall()
        self.closed = {tuple(row) for row in rows}

    def after(self, book: Book) -> str:
        """The earliest month after `book`'s that is not closed, billed yet or not."""
        period = next_month(book.billing_period)
        while (book.provider_id, book.billing_account_id, book.currency, period) in self.closed:
            period = next_month(period)
        return period


def next_month(period: str) -> str:
    """`2026-12` → `2027-01`."""
    year, month = int(period[:4]), int(period[5:7])
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"
