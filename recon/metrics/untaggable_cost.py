"""Question    Which share of the cost can't carry a label, whatever anybody does?

Definition  Positive EffectiveCost of the charges with the verdict shared or untaggable for every required
            key, divided by the positive EffectiveCost of all charges. KPI 16 (finopsfoundation/kpis,
            "% spend untaggable"; its other half, taggable items tagged, is M1 by cost and
            tag-coverage-count-taggable by count)
Grain       billing_period × currency
Reads       judged (recon/metrics/judged.py)
Returns     id untaggable-cost; unit ratio; numerator and denominator in `currency`
Caveats     The floor under every share over all cost. What the registry does not ask for (not-required) could
            be tagged and is not part of it. There is no published target.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> judged = pl.DataFrame({"billing_period": "2026-10", "currency": "USD", "untaggable": [False, True],
    ...     "positive": [Decimal(6), Decimal(2)]})
    >>> untaggable_cost(judged)["value"].to_list()
    [0.25]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.cells import MONEY
from recon.metrics.measure import measures, share

ID = "untaggable-cost"


def untaggable_cost(judged: pl.DataFrame) -> pl.DataFrame:
    """The untaggable share per period and currency."""
    positive = pl.col("positive")
    found = judged.group_by("billing_period", "currency").agg(
        positive.filter("untaggable").sum().cast(MONEY).alias("part"),
        positive.sum().cast(MONEY).alias("whole"),
    )
    return measures(
        share(ID, "cost that can't carry labels", part, whole, period, currency)
        for period, currency, part, whole in found.iter_rows()
    )
