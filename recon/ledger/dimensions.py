"""What does each value of a dimension cost? Virtual tags beside the owner: their sums, by rule and paying account.

Every charge of a book is in exactly one sum of each dimension: charges without a value in that of the value NULL.
"""

from __future__ import annotations

import duckdb
import polars as pl

from recon.allocation import Allocation
from recon.ledger.owners import RULE
from recon.store.books import Book


def sum_dimensions(
    con: duckdb.DuckDBPyConnection, book: Book, allocation: Allocation, posts: pl.DataFrame
) -> None:
    """Add a book's rows to `base.dimension_sum`. `posts`: the cases as `accounts_of` gives them; `post_case` has
    their money."""
    for dimension in sorted(allocation.dimensions, key=lambda d: d.name):
        valued = posts.select(
            "case_no",
            "account",
            pl.col(dimension.column).alias("value"),
            pl.col(RULE + dimension.name).alias("rule_id"),
        )
        con.register("valued_now", valued.to_arrow())
        con.execute(
            "INSERT INTO base.dimension_sum SELECT $no, $name, value, rule_id, account, sum(billed), sum(effective), sum(charges)::BIGINT "
            "FROM post_case JOIN valued_now USING (case_no) GROUP BY ALL ORDER BY ALL",
            {"no": book.book_no, "name": dimension.name},
        )
        con.unregister("valued_now")
