"""Question    How often do the bill and the resource say different things?

Definition  Resources whose bill and live value of a key contradict each other (verdict conflict), divided
            by the resources for which both carry the key; distinct resources
Grain       billing_period × key
Reads       cells (recon/metrics/cells.py)
Returns     id conflict-rate; unit ratio; numerator: resources in conflict, denominator: resources compared
Caveats     A resource with one day in conflict counts. Two spellings on one bill line that contradict each
            other are a conflict too; they count where the resource carries the key.
Example
    >>> import polars as pl
    >>> cells = pl.DataFrame({"billing_period": "2026-10", "key": "owner", "provider_id": "aws", "bill_no": [1, 1, 2, 3],
    ...     "verdict": ["ok", "conflict", "ok", "untagged"], "compared": [True, True, True, False]})
    >>> conflict_rate(cells)["value"].to_list()
    [0.5]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.measure import measures, share

ID = "conflict-rate"


def conflict_rate(cells: pl.DataFrame) -> pl.DataFrame:
    """The conflict rate per period and key."""
    compared = cells.filter(pl.col("compared") & (pl.col("bill_no") > 0))
    clash = pl.col("verdict") == "conflict"
    sums = compared.group_by("billing_period", "key").agg(
        pl.col("bill_no").filter(clash).n_unique().alias("clashing"),
        pl.col("bill_no").n_unique().alias("all"),
    )
    return measures(
        share(ID, "conflict rate between bill and resources", clashing, whole, period, key=key)
        for period, key, clashing, whole in sums.iter_rows()
    )
