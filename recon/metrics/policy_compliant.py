"""Question    Which share of the cost keeps the whole tagging policy?

Definition  Positive EffectiveCost of the charges whose verdict is ok for every required key that is asked of
            them, divided by the positive EffectiveCost of all charges; *taggable*: divided by that of usage
            of which a key is asked. KPI 1 (FinOps Foundation, playbook "How to Measure Tagging Policy
            Compliance": more than 90 % at first, measured monthly)
Grain       billing_period × currency
Reads       judged (recon/metrics/judged.py)
Returns     id policy-compliant and policy-compliant-taggable; unit ratio; numerator and denominator in
            `currency`
Caveats     One key that is not ok is enough. A value that is right but spelled otherwise (variant), or that
            something contradicts, does not comply, while M1 counts it as covered.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> judged = pl.DataFrame({"billing_period": "2026-10", "currency": "USD", "taggable": [True, True, False],
    ...     "compliant": [True, False, False], "positive": [Decimal(6), Decimal(2), Decimal(2)]})
    >>> policy_compliant(judged).select("id", "value").rows()
    [('policy-compliant', 0.6), ('policy-compliant-taggable', 0.75)]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.measure import both_shares

ID = "policy-compliant"


def policy_compliant(judged: pl.DataFrame) -> pl.DataFrame:
    """The compliant share per period and currency, over everything and over what can be tagged."""
    return both_shares(ID, "cost that keeps the tagging policy", judged, pl.col("compliant"))
