"""Since when, and until when, did a resource carry which value of one key?

Resource states (one tagset from snapshot to snapshot) are run together where the key's value stays the
same. `at_days` then asks, for charges: what was it at the snapshots beside the day?
"""

from __future__ import annotations

import polars as pl

RUNS = {
    "resource_no": pl.Int32,
    "value_no": pl.Int32,
    "valid": pl.Boolean,
    "raw_key": pl.String,
    "from_us": pl.Int64,
    "to_us": pl.Int64,
    "assumed": pl.Boolean,
}


def key_runs(states: pl.DataFrame, values: pl.DataFrame | None) -> pl.DataFrame:
    """`states` (resource_no, tagset_no, from_us, to_us, assumed; sorted) and the key's tagset values → runs
    (columns of RUNS). `value_no` is null while the resource was there without the key; `to_us` null = still."""
    if values is None:
        valued = states.with_columns(
            pl.lit(None, pl.Int32).alias("value_no"),
            pl.lit(None, pl.Boolean).alias("valid"),
            pl.lit(None, pl.String).alias("raw_key"),
        )
    else:
        valued = states.join(
            values.select("tagset_no", "value_no", "valid", "raw_key"),
            on="tagset_no",
            how="left",
            maintain_order="left",
        )
    new_run = (
        (pl.col("resource_no") != pl.col("resource_no").shift())
        | ~pl.col("value_no").eq_missing(pl.col("value_no").shift())
        | ~pl.col("from_us").eq_missing(pl.col("to_us").shift())
    ).fill_null(True)
    return (
        valued.with_columns(new_run.cum_sum().alias("run"))
        .group_by("run", maintain_order=True)
        .agg(
            *(pl.col(c).first() for c in ("resource_no", "value_no", "valid", "raw_key", "from_us")),
            pl.col("to_us").last(),
            pl.col("assumed").first(),
        )
        .drop("run")
    )


def at_instants(asked: pl.DataFrame, runs: pl.DataFrame, at: str) -> pl.DataFrame:
    """The run of each row's resource at the instant in column `at` (µs), as columns value_no, valid,
    raw_key, from_us, run_assumed; null where the resource was not there, or `at` is null. Rows stay in order.
    """
    several = runs.group_by("resource_no").len().filter(pl.col("len") > 1).select("resource_no")
    single = runs.join(several, on="resource_no", how="anti").rename({"assumed": "run_assumed"})
    joined = asked.join(single, on="resource_no", how="left", maintain_order="left")
    if several.height:
        joined = _with_several(joined, asked, runs.join(several, on="resource_no"), at)
    there = (pl.col("from_us") <= pl.col(at)) & (pl.col("to_us").is_null() | (pl.col("to_us") > pl.col(at)))
    kept = ("value_no", "valid", "raw_key", "from_us", "run_assumed")
    return joined.select(pl.when(there).then(pl.col(c)).otherwise(None).alias(c) for c in kept)


def _with_several(joined: pl.DataFrame, asked: pl.DataFrame, runs: pl.DataFrame, at: str) -> pl.DataFrame:
    """Fill in the rows of resources that have more than one run: the last run that began by the instant."""
    wanted = asked.with_row_index("row").join(
        runs.select("resource_no").unique(), on="resource_no", how="semi"
    )
    wanted = wanted.filter(pl.col(at).is_not_null()).sort(at)
    found = wanted.join_asof(
        runs.rename({"assumed": "run_assumed"}).sort("from_us"),
        left_on=at, right_on="from_us", by="resource_no", strategy="backward", coalesce=False, check_sortedness=False,
    )  # fmt: skip
    columns = ["value_no", "valid", "raw_key", "from_us", "to_us", "run_assumed"]
    return (
        joined.with_row_index("row")
        .join(found.select("row", *columns), on="row", how="left", suffix="_several", maintain_order="left")
        .with_columns(pl.coalesce(f"{c}_several", c).alias(c) for c in columns)
    )
