"""Question    Is each key's coverage what it should be?

Definition  M1: coverage by taggable cost over everything (scope `all`), judged against the target
Grain       billing_period × currency × key
Reads       cells (recon/metrics/cells.py)
Returns     id M1; unit ratio; value = by_cost_taggable; numerator and denominator are its two amounts in
            `currency`
Caveats     The registry does not say which environments are critical, so the target is held against
            everything; the coverage table has each environment by itself.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> cell = {"billing_period": "2026-10", "currency": "USD", "key": "owner", "class": "usage"}
    >>> cells = pl.DataFrame([cell | {"verdict": "ok", "rung": "billed", "positive": Decimal(9)},
    ...                       cell | {"verdict": "untagged", "rung": None, "positive": Decimal(1)}])
    >>> label_coverage(cells).select("id", "key", "value").row(0)
    ('M1', 'owner', 0.9)
"""

from __future__ import annotations

import polars as pl

from recon.metrics.coverage import UNTAGGABLE
from recon.metrics.measure import measures, share

ID = "M1"


def label_coverage(cells: pl.DataFrame) -> pl.DataFrame:
    """M1 per period, currency and key."""
    taggable = cells.filter((pl.col("class") == "usage") & ~pl.col("verdict").is_in(UNTAGGABLE))
    sums = taggable.group_by("billing_period", "currency", "key").agg(
        pl.col("positive").filter((pl.col("rung") == "billed").fill_null(False)).sum().alias("covered"),
        pl.col("positive").sum().alias("base"),
    )
    return measures(
        share(ID, "label coverage", covered, base, period, currency, key)
        for period, currency, key, covered, base in sums.iter_rows()
    )
