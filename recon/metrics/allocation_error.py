"""Question    Which share of the cost ends up with nobody, or with a doubtful owner?

Definition  M10: Σ |misallocated after reconciliation| ÷ Σ |cost|, in EffectiveCost and absolute amounts per
            charge. Misallocated: posted to an `unallocated:…` account (shares of pools that found no target
            too), or to an owner while the verdict is wrong-owner or conflict. Beside it *misattributed on
            the bill*: Σ |cost| of the owner key's verdicts conflict, invalid, wrong-owner, variant,
            tagged-late, not-activated, not-billed, untagged, unknown-resource and deleted, ÷ the same
Grain       billing_period × currency
Reads       postings (billing_period, currency, account, verdict, direct, gross: Σ |EffectiveCost| of the
            entry's charges, or of the entry where a split posted it)
Returns     id M10 and id misattributed; unit ratio; numerator and denominator in `currency`
Caveats     Absolute amounts: a credit without an owner adds to the error, it does not hide one. Closed months
            stand as frozen, their charges gathered over days; adjustments count in no month.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> postings = pl.DataFrame({"billing_period": "2026-10", "currency": "USD", "direct": True,
    ...     "account": ["owner:a", "owner:a", "unallocated:untagged"], "verdict": ["ok", "variant", "untagged"],
    ...     "gross": [Decimal(6), Decimal(2), Decimal(2)]})
    >>> allocation_error(postings).select("id", "value").rows()
    [('M10', 0.2), ('misattributed', 0.4)]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.measure import measures, share
from recon.verdicts import MISATTRIBUTED

ID = "M10"
DOUBTFUL = ("wrong-owner", "conflict")


def allocation_error(postings: pl.DataFrame) -> pl.DataFrame:
    """M10 and misattributed per period and currency."""
    direct, owned = pl.col("direct"), pl.col("account").str.starts_with("owner:")
    doubtful = direct & owned & pl.col("verdict").is_in(DOUBTFUL).fill_null(False)
    wrong = pl.col("account").str.starts_with("unallocated:") | doubtful
    on_bill = direct & pl.col("verdict").is_in(MISATTRIBUTED).fill_null(False)
    sums = postings.group_by("billing_period", "currency").agg(
        pl.col("gross").filter(wrong).sum().alias("wrong"), pl.col("gross").filter(on_bill).sum().alias("on_bill"),
        pl.col("gross").filter(direct).sum().alias("whole"),
    )  # fmt: skip
    return measures(
        share(id, name, part, whole, period, currency)
        for period, currency, wrong_cost, bill_cost, whole in sums.iter_rows()
        for id, name, part in (
            (ID, "cost allocation error", wrong_cost),
            ("misattributed", "misattributed on the bill", bill_cost),
        )
    )
