"""Question    How many labels that were right a week ago have been lost or changed since?

Definition  M2: (resource, key) pairs whose valid value was removed, replaced by another, or left the
            registry in the 7 days before now, divided by the pairs scanned: those that carried the key at
            some time in these days, on resources of scopes with a snapshot in them and one before
Grain       key, and one row over all keys (key null)
Reads       states, snapshots (recon/metrics/live.py), labels (recon/metrics/labels.py), keys
Returns     id M2; unit ratio; numerator: pairs that drifted, denominator: pairs scanned
Caveats     No approval of a change is known yet, so every change counts as unapproved. Another spelling of
            the same value, a repaired value, and a resource that went away are no drift. Two changes
            between two snapshots are seen as one.
Example
    >>> from datetime import datetime, timedelta
    >>> import polars as pl
    >>> now = datetime(2026, 10, 8)
    >>> before, after = now - timedelta(days=9), now - timedelta(days=1)
    >>> states = pl.DataFrame({"resource_no": [1, 1], "provider_id": "aws", "account": "1", "tagset_no": [1, 2],
    ...     "valid_from": [before, after], "valid_to": [after, None], "deleted_at": None})
    >>> snapshots = pl.DataFrame({"provider_id": "aws", "account": "1", "observed_at": [before, after]})
    >>> labels = pl.DataFrame({"provider_id": "aws", "tagset_no": [1, 2], "key": "owner",
    ...     "value": ["payments", "search"], "valid": True})
    >>> drift_rate(states, snapshots, labels, ["owner"], now).select("key", "value").rows()
    [(None, 1.0), ('owner', 1.0)]
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl

from recon.metrics.measure import measures, share

ID = "M2"
_NAME = "label drift rate"
WINDOW = timedelta(days=7)


def drift_rate(
    states: pl.DataFrame, snapshots: pl.DataFrame, labels: pl.DataFrame, keys: Sequence[str], now: datetime
) -> pl.DataFrame:
    """M2 over the trailing 7 days."""
    pairs = _pairs(_seen_within(states, snapshots, now), labels, keys)
    sums = {key: (scanned, drifted) for key, scanned, drifted in _sums(pairs).iter_rows()}
    rows = [share(ID, _NAME, sums.get(key, (0, 0))[1], sums.get(key, (0, 0))[0], key=key) for key in keys]
    whole = share(ID, _NAME, sum(drifted for _, drifted in sums.values()), sum(n for n, _ in sums.values()))
    return measures([whole, *rows])


def _seen_within(states: pl.DataFrame, snapshots: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """States that overlap the window, of scopes that were read in it and before it or twice in it."""
    start, at = now - WINDOW, pl.col("observed_at")
    past = snapshots.filter(at <= now)
    scopes = past.group_by("provider_id", "account").agg(
        (at > start).any().alias("read"), at.n_unique().alias("times")
    )
    compared = scopes.filter(pl.col("read") & (pl.col("times") > 1))
    overlaps = (pl.col("valid_from") <= now) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > start))
    return states.filter(overlaps).join(compared, on=["provider_id", "account"], how="semi")


def _pairs(states: pl.DataFrame, labels: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row per state and key: the value (null: absent) and, of the same resource, the value before it."""
    each = states.select("resource_no", "provider_id", "tagset_no", "valid_from").join(
        pl.DataFrame({"key": list(keys)}, schema={"key": pl.String}), how="cross"
    )
    valued = each.join(labels, on=["provider_id", "tagset_no", "key"], how="left").sort(
        "resource_no", "key", "valid_from"
    )
    return valued.with_columns(
        pl.col("value").shift().over("resource_no", "key").alias("before"),
        pl.col("valid").shift().over("resource_no", "key").fill_null(False).alias("was_valid"),
    )


def _sums(pairs: pl.DataFrame) -> pl.DataFrame:
    drifted = pl.col("was_valid") & pl.col("value").ne_missing(pl.col("before"))
    each = pairs.group_by("key", "resource_no").agg(
        pl.col("value").is_not_null().any().alias("scanned"), drifted.any().alias("drifted")
    )
    return each.group_by("key").agg(pl.col("scanned").sum(), pl.col("drifted").sum())
