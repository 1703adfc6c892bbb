"""What does a file say it sums to, before anything of ours has touched its rows?

The source side of the closing proof: a pass of its own over the parsed rows, grouped by period, provider,
billing account and currency. It shares no table, hash or join with the rollup.
"""

from __future__ import annotations

import duckdb

from recon.frames import one
from recon.ingest.lines import Lines
from recon.ingest.rollup import fold_providers


def record_sums(con: duckdb.DuckDBPyConnection, lines: Lines, file_no: int) -> int:
    """Write the file's sums to `base.file_book` (one row per book; nulls where a row names none); returns
    the number of source rows. Rows whose cost can't be read count as rows and add no money."""
    grouped = ", ".join(lines.book_columns)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE sums AS SELECT row_number() OVER () AS h, {grouped}, "
        "count(*) AS source_rows, sum(billed) AS billed, sum(effective) AS effective, min(day) AS first_day, "
        f"max(day) AS last_day FROM (SELECT {grouped}, {lines.billed} AS billed, {lines.effective} AS effective, "
        f"({lines.day})::INTEGER AS day FROM {lines.raw}) GROUP BY {grouped}"
    )
    _fill(con, lines)
    con.execute(f"CREATE OR REPLACE TEMP TABLE sum_books AS {lines.dims_sql.replace('{raw}', 'sums_wide')}")
    fold_providers(con, "sum_books")
    con.execute("DELETE FROM base.file_book WHERE file_no = ?", [file_no])
    con.execute(
        "INSERT INTO base.file_book SELECT ?, b.billing_period, b.provider_id, b.BillingAccountId, b.BillingCurrency, "
        "sum(s.source_rows), coalesce(sum(s.billed), 0), coalesce(sum(s.effective), 0), min(s.first_day), max(s.last_day), "
        "false FROM sums s JOIN sum_books b USING (h) GROUP BY ALL ORDER BY ALL",
        [file_no],
    )
    row = one(con, "SELECT coalesce(sum(source_rows), 0) FROM sums")
    return int(row[0]) if row else 0


def _fill(con: duckdb.DuckDBPyConnection, lines: Lines) -> None:
    """`sums` widened by the dimension columns that the mapping also reads; here they are null."""
    others = [c for c in lines.dim_columns if c not in lines.book_columns]
    listed = ", ".join(f"{'false' if c == 'x_IsCommitment' else 'NULL::VARCHAR'} AS {c}" for c in others)
    con.execute(f"CREATE OR REPLACE TEMP VIEW sums_wide AS SELECT *, {listed} FROM sums")
