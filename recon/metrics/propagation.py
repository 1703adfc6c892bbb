"""Question    How long does a label take from the resource to the bill?

Definition  M4: hours from the snapshot that first saw a value of a key on a resource to the start (UTC) of
            the first day on which a bill line of that resource carries it; 0 where the bill had it first.
            Median and 95th percentile (nearest rank), without values already there in their scope's first
            snapshot
Grain       key
Reads       states (recon/metrics/live.py), billed_tagsets (resource_no, tagset_no, first_day), labels, keys
Returns     id M4: the 95th percentile, M4-p50: the median; unit hours; numerator: values that reached the
            bill, denominator: values first seen live, so that those still on their way show
Caveats     As fine as the distance of the snapshots. A value that never reached the bill has no latency; it
            is in the denominator alone. There is no default target.
Example
    >>> from datetime import date, datetime
    >>> import polars as pl
    >>> states = pl.DataFrame({"resource_no": [1], "provider_id": ["aws"], "tagset_no": [1],
    ...     "valid_from": [datetime(2026, 10, 1, 12)], "assumed_start": [False]})
    >>> billed = pl.DataFrame({"resource_no": [1], "provider_id": ["aws"], "tagset_no": [1], "first_day": [date(2026, 10, 3)]})
    >>> labels = pl.DataFrame({"provider_id": ["aws"], "tagset_no": [1], "key": ["owner"], "value": ["a"], "valid": [True]})
    >>> propagation(states, billed, labels, ["owner"]).select("id", "value").rows()
    [('M4', 36.0), ('M4-p50', 36.0)]
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl

from recon.metrics.measure import Measure, measures

ID = "M4"
_RANKS = ((ID, "propagation latency p95", 95), (f"{ID}-p50", "propagation latency p50", 50))
_PAIR = ["resource_no", "key", "value"]


def propagation(
    states: pl.DataFrame, billed_tagsets: pl.DataFrame, labels: pl.DataFrame, keys: Sequence[str]
) -> pl.DataFrame:
    """M4 per key."""
    on = ["provider_id", "tagset_no"]
    seen = states.join(labels, on=on).sort("valid_from").group_by(_PAIR, maintain_order=True)
    fresh = seen.agg(pl.col("valid_from", "assumed_start").first()).filter(~pl.col("assumed_start"))
    billed = (
        billed_tagsets.join(labels, on=on)
        .group_by(_PAIR)
        .agg(pl.col("first_day").min().cast(pl.Datetime("us")))
    )
    seconds = (pl.col("first_day") - pl.col("valid_from")).dt.total_seconds().clip(lower_bound=0)
    waits = fresh.join(billed, on=_PAIR, how="left").select("key", seconds.alias("seconds")).sort("seconds")
    return measures(
        _of_key(waits.filter(pl.col("key") == key)["seconds"], key, rank) for key in keys for rank in _RANKS
    )


def _of_key(seconds: pl.Series, key: str, rank: tuple[str, str, int]) -> Measure:
    id, name, percent = rank
    arrived = seconds.drop_nulls().to_list()
    value = arrived[-(-percent * len(arrived) // 100) - 1] / 3600 if arrived else None
    return Measure(
        id, name, "hours", value, key=key, numerator=Decimal(len(arrived)), denominator=Decimal(len(seconds))
    )
