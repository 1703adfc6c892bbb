"""Question    Which share of the shared cost was divided among owners, and which was not?

Definition  Shared: EffectiveCost of the charges posted to pools (`shared:…`), or to `unallocated:shared` because
            no split takes their pool. Not apportioned: what stands on those accounts after all splits.
            Apportioned: shared less that; both ÷ shared. KPI 6 (FinOps Foundation, "Usage or Spend
            Apportionment Validation": 100 %) and KPI 7 (FinOps Foundation, unallocated shared cost: to be
            tracked, no target)
Grain       billing_period (as posted) × currency
Reads       posted (recon/metrics/posted.py)
Returns     id shared-apportioned and shared-unapportioned; unit ratio; numerator and denominator in `currency`
Caveats     Net: credits in a pool lower both sides; no data where the pools hold nothing above zero. Tax or
            support that a rule or a tag gave to an owner whole was never shared.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> posted = pl.DataFrame({"billing_period": "2026-10", "currency": "USD", "split": [False, False, True, True],
    ...     "account": ["shared:tax", "unallocated:shared", "shared:tax", "owner:a"],
    ...     "effective": [Decimal(3), Decimal(1), Decimal(-3), Decimal(3)]})
    >>> shared_apportionment(posted).select("id", "value").rows()
    [('shared-apportioned', 0.75), ('shared-unapportioned', 0.25)]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.measure import measures, share
from recon.metrics.posted import sums

ID = "shared-apportioned"


def shared_apportionment(posted: pl.DataFrame) -> pl.DataFrame:
    """Both shares per period and currency that has shared cost."""
    pool = pl.col("account").str.starts_with("shared:") | (pl.col("account") == "unallocated:shared")
    found = sums(posted.filter(pool), shared=~pl.col("split"), left=pl.lit(True))
    return measures(
        share(id, name, part, shared, period, currency)
        for period, currency, shared, left in found.iter_rows()
        for id, name, part in (
            (ID, "shared cost that was apportioned", shared - left),
            ("shared-unapportioned", "shared cost that was not apportioned", left),
        )
    )
