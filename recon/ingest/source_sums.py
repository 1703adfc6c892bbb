"""What does a file say it sums to, before anything of ours has touched its rows?

The source side of the closing proof: a pass of its own over the parsed rows, grouped by period, provider,
billing account and currency. It shares no table, hash or join with the rollup. It also proves the bridge from
the format's own cost column to BilledCost: own column + named steps = billed, on every book of every file.
"""

from __future__ import annotations

import duckdb

from recon.errors import OurBug
from recon.frames import one
from recon.ingest.lines import Lines
from recon.ingest.rollup import fold_providers
from recon.money import plain


def record_sums(con: duckdb.DuckDBPyConnection, lines: Lines, file_no: int) -> int:
    """Write the file's sums to `base.file_book` (one row per book; nulls where a row names none) and its steps
    to `base.file_step`; returns the number of source rows. Rows whose cost can't be read count as rows and
    add no money."""
    grouped = ", ".join(lines.book_columns)
    steps = list(lines.steps.values())
    computed = "".join(f", {step} AS s{n}" for n, step in enumerate(steps))
    summed = "".join(f", sum(s{n}) AS s{n}" for n in range(len(steps)))
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE sums AS SELECT row_number() OVER () AS h, {grouped}, "
        "sum(x_count) AS source_rows, sum(billed) AS billed, sum(effective) AS effective, min(day) AS first_day, "
        "max(day) AS last_day, sum(raw_cost) AS raw_cost, "
        f"coalesce(sum(x_count) FILTER (out), 0) AS excluded{summed} FROM (SELECT {grouped}, x_count, "
        f"{lines.billed} AS billed, {lines.effective} AS effective, ({lines.day})::INTEGER AS day, "
        f"{lines.raw_cost} AS raw_cost, {lines.excluded} IS NOT NULL AS out{computed} FROM {lines.raw}) GROUP BY {grouped}"
    )
    _fill(con, lines)
    con.execute(f"CREATE OR REPLACE TEMP TABLE sum_books AS {lines.dims_sql.replace('{raw}', 'sums_wide')}")
    fold_providers(con, "sum_books")
    con.execute("DELETE FROM base.file_book WHERE file_no = ?", [file_no])
    con.execute("DELETE FROM base.file_step WHERE file_no = ?", [file_no])
    books = "b.billing_period, b.provider_id, b.BillingAccountId, b.BillingCurrency"
    con.execute(
        f"INSERT INTO base.file_book SELECT ?, {books}, "
        "sum(s.source_rows), coalesce(sum(s.billed), 0), coalesce(sum(s.effective), 0), min(s.first_day), max(s.last_day), "
        "false, 'both', coalesce(sum(s.raw_cost), 0), sum(s.excluded) "
        "FROM sums s JOIN sum_books b USING (h) GROUP BY ALL ORDER BY ALL",
        [file_no],
    )
    for n, name in enumerate(lines.steps):
        con.execute(
            f"INSERT INTO base.file_step SELECT ?, {books}, {n}, ?, coalesce(sum(s.s{n}), 0) "
            "FROM sums s JOIN sum_books b USING (h) GROUP BY ALL ORDER BY ALL",
            [file_no, name],
        )
    _prove_bridge(con, lines, file_no)
    row = one(con, "SELECT coalesce(sum(source_rows), 0) FROM sums")
    return int(row[0]) if row else 0


def _prove_bridge(con: duckdb.DuckDBPyConnection, lines: Lines, file_no: int) -> None:
    row = one(
        con,
        "SELECT b.billing_period, raw_cost, billed, steps FROM base.file_book b LEFT JOIN (SELECT file_no, billing_period, "
        "provider_id, billing_account_id, currency, sum(amount) AS steps FROM base.file_step GROUP BY ALL) s "
        "ON s.file_no = b.file_no AND s.billing_period IS NOT DISTINCT FROM b.billing_period AND s.provider_id = b.provider_id "
        "AND s.billing_account_id IS NOT DISTINCT FROM b.billing_account_id AND s.currency IS NOT DISTINCT FROM b.currency "
        "WHERE b.file_no = ? AND raw_cost + coalesce(steps, 0) <> billed ORDER BY ALL",
        [file_no],
    )
    if row:
        raise OurBug(
            f"{lines.format} of {row[0]}: {lines.raw_column} {plain(row[1])} and its steps {plain(row[3]) or 0} do not make "
            f"BilledCost {plain(row[2])}. Nothing was published. Please report this file's shape."
        )


def _fill(con: duckdb.DuckDBPyConnection, lines: Lines) -> None:
    """`sums` widened by the dimension columns that the mapping also reads; here they are null."""
    others = [c for c in lines.dim_columns if c not in lines.book_columns]
    listed = "".join(f", NULL::{lines.types[c]} AS {c}" for c in others)
    con.execute(f"CREATE OR REPLACE TEMP VIEW sums_wide AS SELECT *{listed} FROM sums")
