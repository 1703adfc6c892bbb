"""Question    Which share of the cost carries none of the labels at all?

Definition  Positive EffectiveCost of the charges on whose bill line none of the required keys has a value,
            neither of its own nor of a container, divided by the positive EffectiveCost of all charges;
            *taggable*: both over usage of which a key is asked. KPI 2 (FinOps Foundation, playbook on
            untagged cost: less than 10 % at first)
Grain       billing_period × currency
Reads       judged (recon/metrics/judged.py)
Returns     id untagged-cost and untagged-cost-taggable; unit ratio; numerator and denominator in `currency`
Caveats     Keys that the registry does not require don't count as tags here. The share over everything holds
            taxes, support and the like, which can't be tagged (untaggable-cost).
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> judged = pl.DataFrame({"billing_period": "2026-10", "currency": "USD", "taggable": [True, True, False],
    ...     "bare": [False, True, True], "positive": [Decimal(6), Decimal(2), Decimal(2)]})
    >>> untagged_cost(judged).select("id", "value").rows()
    [('untagged-cost', 0.4), ('untagged-cost-taggable', 0.25)]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.measure import both_shares

ID = "untagged-cost"


def untagged_cost(judged: pl.DataFrame) -> pl.DataFrame:
    """The share without any label per period and currency, over everything and over what can be tagged."""
    return both_shares(ID, "cost without any label", judged, pl.col("bare"))
