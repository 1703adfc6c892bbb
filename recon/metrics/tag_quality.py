"""Question    Where a label is there, is its value right?

Definition  Resources that carry a valid value of the key ÷ resources that carry the key at all. Resources live
            at the period's end, with their own tags; in a period without any inventory billed ones, with the
            tags that the bill showed last. KPI 12 (recfo.dev: more than 99 %; finopsfoundation/kpis,
            "% wrongly tagged")
Grain       billing_period × key
Reads       carried (billing_period, key, valid: one row per resource that carries the key)
Returns     id tag-quality; unit ratio; numerator: resources with a valid value, denominator: with the key
Caveats     Valid under the registry's rules of now, after folding. A blank value is no value. A value that is
            valid and yet not the right one is a matter of wrong-owner and conflict.
Example
    >>> import polars as pl
    >>> carried = pl.DataFrame({"billing_period": "2026-10", "key": "owner", "valid": [True, True, True, False]})
    >>> tag_quality(carried)["value"].to_list()
    [0.75]
"""

from __future__ import annotations

import polars as pl

from recon.metrics.measure import measures, share

ID = "tag-quality"


def tag_quality(carried: pl.DataFrame) -> pl.DataFrame:
    """The valid share per period and key."""
    found = carried.group_by("billing_period", "key").agg(pl.col("valid").sum(), pl.len().alias("present"))
    return measures(
        share(ID, "labels that are there and valid", valid, present, period, key=key)
        for period, key, valid, present in found.iter_rows()
    )
