"""Question    Which share of the cost reached its owner directly?

Definition  Allocation accuracy index: EffectiveCost posted to owners without a split and not by an inherited
            or default value, divided by all EffectiveCost posted; *taggable*: the same of usage charges
            without the verdicts shared, untaggable and not-required. KPI 5 (FinOps Foundation, KPI
            "Allocation Accuracy Index": directly attributed ÷ total; no target is published)
Grain       billing_period (as posted) × currency
Reads       posted (recon/metrics/posted.py)
Returns     id allocation-accuracy and allocation-accuracy-taggable; unit ratio; numerator and denominator in
            `currency`
Caveats     Net: credits lower both sides. An allocation rule counts as direct, as in owners' statements;
            adjustments of closed periods don't.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> posted = pl.DataFrame({"billing_period": "2026-10", "currency": "USD", "class": "usage", "account": "owner:a",
    ...     "verdict": ["ok", "inherited"], "rung": ["billed", "inherited"], "split": False,
    ...     "effective": [Decimal(6), Decimal(2)]})
    >>> allocation_accuracy(posted)["value"].to_list()
    [0.75, 0.75]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.measure import measures, share
from recon.metrics.posted import ATTRIBUTED, TAGGABLE, sums

ID = "allocation-accuracy"
_NAME = "allocation accuracy index"


def allocation_accuracy(posted: pl.DataFrame) -> pl.DataFrame:
    """The index per period and currency, over everything and over what can be tagged."""
    found = sums(
        posted, part=ATTRIBUTED, whole=pl.lit(True), tagged_part=ATTRIBUTED & TAGGABLE, taggable=TAGGABLE
    )
    return measures(
        share(id, _NAME, row[part], row[whole], row["billing_period"], row["currency"])
        for row in found.iter_rows(named=True)
        for id, part, whole in ((ID, "part", "whole"), (f"{ID}-taggable", "tagged_part", "taggable"))
    )
