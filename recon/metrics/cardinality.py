"""Question    How many values does each key have, and is it growing?

Definition  M5: distinct values of a key, after folding, on the bill of a period and on the resources live
            at its end; growth: the same less that of the period before
Grain       billing_period × key
Reads       period_tagsets (billing_period, provider_id, tagset_no), labels (recon/metrics/labels.py),
            limits (key → the registry's cardinality limit)
Returns     id M5: value and numerator are the count, target the key's own limit where it has one; id
            M5-growth: value is the growth, numerator this period's count and denominator the last one's;
            unit count
Caveats     Values that are not in the registry count one each. Masked values are told apart, never shown.
Example
    >>> import polars as pl
    >>> tagsets = pl.DataFrame({"billing_period": ["2026-09", "2026-10", "2026-10"], "provider_id": "aws", "tagset_no": [1, 1, 2]})
    >>> labels = pl.DataFrame({"provider_id": "aws", "tagset_no": [1, 2], "key": "owner", "value": ["a", "b"], "valid": True})
    >>> cardinality(tagsets, labels, {}).select("id", "billing_period", "value").rows()
    [('M5', '2026-09', 1.0), ('M5', '2026-10', 2.0), ('M5-growth', '2026-10', 1.0)]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import polars as pl

from recon.metrics.measure import Measure, measures

ID = "M5"


def cardinality(
    period_tagsets: pl.DataFrame, labels: pl.DataFrame, limits: Mapping[str, int]
) -> pl.DataFrame:
    """M5 per period and key, and its growth from the second period on."""
    used = period_tagsets.join(labels, on=["provider_id", "tagset_no"])
    counts = used.group_by("billing_period", "key").agg(pl.col("value").n_unique().alias("values"))
    found = {(period, key): int(n) for period, key, n in counts.iter_rows()}
    return measures(_rows(found, sorted(period_tagsets["billing_period"].unique()), limits))


def _rows(
    found: Mapping[tuple[str, str], int], periods: list[str], limits: Mapping[str, int]
) -> Iterator[Measure]:
    for key in sorted({key for _, key in found}):
        limit = Decimal(limits[key]) if key in limits else None
        for place, period in enumerate(periods):
            now = found.get((period, key), 0)
            yield Measure(
                ID, "cardinality", "count", float(now), period, None, key, Decimal(now), None, limit
            )
            if place:
                before = found.get((periods[place - 1], key), 0)
                yield Measure(
                    f"{ID}-growth", "cardinality growth", "count", float(now - before), period, None, key, Decimal(now), Decimal(before)
                )  # fmt: skip
