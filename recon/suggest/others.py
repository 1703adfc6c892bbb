"""What do most of the others in a crowd say? Counted without the resource's own tag."""

from __future__ import annotations

import polars as pl


def most_others(
    asked: pl.DataFrame, members: pl.DataFrame, known: pl.DataFrame, least: int, share: float
) -> pl.DataFrame:
    """`asked`: (item_no, key); `members`: (item_no, crowd), crowd any text, an item may stand in several.

    Per asked pair and crowd the value that at least `least` others say, more than half of those who say anything of the key, and
    at least `share` of them: item_no, key, crowd, value, count, total, and `score`: the share, held back where few speak (one more voice
    is counted against it)."""
    mine = asked.select("item_no", "key").unique().join(members.unique(), on="item_no")
    wanted = mine.select("crowd", "key").unique()
    voters = (
        known.join(wanted.select("key").unique(), on="key", how="semi")
        .join(members.unique().join(wanted.select("crowd").unique(), on="crowd", how="semi"), on="item_no")
        .join(wanted, on=["crowd", "key"], how="semi")
    )
    counts = voters.group_by("crowd", "key", "value").agg(pl.len().cast(pl.Int64).alias("all"))
    # without one voice, only what half of all say can be what most others say: at most two values of each crowd go on
    likely = counts.with_columns(pl.col("all").sum().over("crowd", "key").alias("voices")).filter(
        pl.col("all") * 2 >= pl.col("voices"), pl.col("all") >= least
    )
    own = known.rename({"value": "own_value"})
    others = (
        mine.join(likely, on=["crowd", "key"])
        .join(own, on=["item_no", "key"], how="left")
        .with_columns(
            (pl.col("all") - pl.col("value").eq_missing(pl.col("own_value")).cast(pl.Int64)).alias("count"),
            (pl.col("voices") - pl.col("own_value").is_not_null().cast(pl.Int64)).alias("total"),
        )
    )
    return (
        others.filter(pl.col("count") >= least, pl.col("count") * 2 > pl.col("total"))
        .filter(pl.col("count") / pl.col("total") >= share)
        .with_columns((pl.col("count") / (pl.col("total") + 1)).alias("score"))
        .select("item_no", "key", "crowd", "value", "count", "total", "score")
        .sort("item_no", "key", "crowd")
    )


def best_of_each(rows: pl.DataFrame) -> pl.DataFrame:
    """Per pair the row with the highest score; ties by the value's and the sentence's text."""
    return rows.sort(
        "item_no", "key", "score", "value", "evidence", descending=[False, False, True, False, False]
    ).unique(["item_no", "key"], keep="first", maintain_order=True)
