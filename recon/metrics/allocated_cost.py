"""Question    Which share of the cost has a known owner, and which has none?

Definition  EffectiveCost posted to owners, directly or by splits, divided by all EffectiveCost posted;
            *taggable*: the same of usage charges without the verdicts shared, untaggable and not-required,
            before splits. Unallocated: what stands on an `unallocated:…` account, over the same two. KPI 3
            (FinOps Foundation, maturity model: 70 % crawl, 85 % walk, more than 90 % run; the target here is
            the last) and KPI 4 (FinOps Foundation, effective cost unallocated; recfo.dev S1-03: below 2 %)
Grain       billing_period (as posted) × currency
Reads       posted (recon/metrics/posted.py)
Returns     id allocated-cost and unallocated-cost, each alone and with -taggable; unit ratio; numerator and
            denominator in `currency`
Caveats     Net: credits lower both sides. What still stands in a pool (`shared:…`) is neither.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> posted = pl.DataFrame({"billing_period": "2026-10", "currency": "USD", "class": ["usage", "usage", "tax"],
    ...     "account": ["owner:a", "unallocated:untagged", "owner:a"], "verdict": ["ok", "untagged", "shared"],
    ...     "split": False, "effective": [Decimal(6), Decimal(2), Decimal(2)]})
    >>> allocated_cost(posted).select("id", "value").rows()
    [('allocated-cost', 0.8), ('allocated-cost-taggable', 0.75), ('unallocated-cost', 0.2), ('unallocated-cost-taggable', 0.25)]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.measure import measures, share
from recon.metrics.posted import OWNED, TAGGABLE, sums

ID = "allocated-cost"
_NAME, _NOBODY = "cost with a known owner", "cost without an owner"


def allocated_cost(posted: pl.DataFrame) -> pl.DataFrame:
    """The allocated and the unallocated share per period and currency, over everything and over what can be tagged."""
    nobody = pl.col("account").str.starts_with("unallocated:")
    found = sums(
        posted, owned=OWNED, nobody=nobody, whole=pl.lit(True),
        tagged_owned=OWNED & TAGGABLE, tagged_nobody=nobody & TAGGABLE, taggable=TAGGABLE,
    )  # fmt: skip
    return measures(
        share(id, name, row[part], row[whole], row["billing_period"], row["currency"])
        for row in found.iter_rows(named=True)
        for id, name, part, whole in (
            (ID, _NAME, "owned", "whole"),
            (f"{ID}-taggable", _NAME, "tagged_owned", "taggable"),
            ("unallocated-cost", _NOBODY, "nobody", "whole"),
            ("unallocated-cost-taggable", _NOBODY, "tagged_nobody", "taggable"),
        )
    )
