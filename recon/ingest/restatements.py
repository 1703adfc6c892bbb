"""What did a later delivery change in days that were delivered before?

A month that only grows is no restatement: what is compared is the money of the days up to the last one that
the earlier delivery had, by account, service and charge category.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

_SUMS = """
SELECT c.book_no, coalesce(d.sub_account_id, '') AS account, coalesce(d.service_name, '') AS service,
       coalesce(d.charge_category, '') AS category, sum(c.billed) AS billed, sum(c.effective) AS effective, count(*) AS charges
FROM base.charge c JOIN base.charge_dim d USING (dim_no) JOIN {books} b ON b.book_no = c.book_no AND c.day <= b.last_day
GROUP BY ALL"""


def remember(con: duckdb.DuckDBPyConnection) -> None:
    """Keep the sums of the books in temp table `rebuilt_books`, before their charges are replaced."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE known_books AS SELECT book_no, max(day) AS last_day FROM base.charge "
        "SEMI JOIN rebuilt_books USING (book_no) GROUP BY book_no"
    )
    con.execute(f"CREATE OR REPLACE TEMP TABLE sums_before AS {_SUMS.format(books='known_books')}")


def record_restatements(con: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Add one row to `base.restatement` per account, service and category whose money is not what it was."""
    con.execute(
        f"INSERT INTO base.restatement WITH after AS ({_SUMS.format(books='known_books')}) "
        "SELECT ?, k.billing_period, k.provider_id, k.billing_account_id, k.currency, nullif(account, ''), "
        "nullif(service, ''), nullif(category, ''), coalesce(o.billed, 0), coalesce(n.billed, 0), "
        "coalesce(o.effective, 0), coalesce(n.effective, 0), coalesce(o.charges, 0), coalesce(n.charges, 0) "
        "FROM sums_before o FULL JOIN after n USING (book_no, account, service, category) JOIN base.book k USING (book_no) "
        "WHERE o.billed IS DISTINCT FROM n.billed OR o.effective IS DISTINCT FROM n.effective ORDER BY ALL",
        [now],
    )
