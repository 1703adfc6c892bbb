"""Question    How well are the mandatory keys covered, taken together?

Definition  The mean, over the required keys, of coverage by cost; *taggable*: of coverage by taggable cost (M1).
            KPI 11 (recfo.dev: more than 90 %; AWS Prescriptive Guidance, "tag coverage rate (aggregate)")
Grain       billing_period × currency
Reads       cells (recon/metrics/cells.py)
Returns     id aggregate-compliance and aggregate-compliance-taggable; unit ratio; numerator: the sum of the
            keys' shares, rounded half-even to 24 decimals; denominator: the keys
Caveats     A mean of shares: one key at 100 % makes up for another at 80 %. policy-compliant has no such mercy.
            Keys whose base is not above zero are left out.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> cell = {"billing_period": "2026-10", "currency": "USD", "class": "usage", "positive": Decimal(2)}
    >>> cells = pl.DataFrame([cell | {"key": "owner", "verdict": "ok", "rung": "billed"},
    ...                       cell | {"key": "environment", "verdict": "untagged", "rung": None}])
    >>> aggregate_compliance(cells).select("id", "value").rows()
    [('aggregate-compliance', 0.5), ('aggregate-compliance-taggable', 0.5)]
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import polars as pl

from recon.metrics.measure import Measure, measures
from recon.metrics.tag_coverage import by_cost
from recon.money import SCALE

ID = "aggregate-compliance"


def aggregate_compliance(cells: pl.DataFrame) -> pl.DataFrame:
    """The mean coverage per period and currency, over everything and over what can be tagged."""
    shares: dict[tuple[str, str, str], list[Fraction]] = defaultdict(list)
    for row in by_cost(cells).iter_rows(named=True):
        for id, part, base in ((ID, "covered", "whole"), (f"{ID}-taggable", "taggable_covered", "taggable")):
            of_key = shares[id, row["billing_period"], row["currency"]]
            if row[base] > 0:
                of_key.append(Fraction(row[part]) / Fraction(row[base]))
    return measures(_mean(*place, of_keys) for place, of_keys in shares.items())


def _mean(id: str, period: str, currency: str, shares: list[Fraction]) -> Measure:
    whole = sum(shares, Fraction())
    mean = float(whole / len(shares)) if shares else None
    units = round(whole * 10**SCALE)  # Python rounds fractions half-even
    return Measure(
        id, "mean coverage of the required keys", "ratio", mean, period, currency, None,
        Decimal(units).scaleb(-SCALE), Decimal(len(shares)),
    )  # fmt: skip
