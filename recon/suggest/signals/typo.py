"""Question: Which valid value is an invalid one nearest to?

Sees the raw tags of the resource. Score: the share of characters that stay. What is near a masked value is never told: it would
tell what is behind the mask.
"""

from __future__ import annotations

import polars as pl

from recon.suggest.estate import Estate, said

NAME = "typo"
VERSION = "1"


def suggest(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """The nearest valid value of each spelling that is not valid; two spellings near two values are two suggestions."""
    found = estate.raw.join(asked, on=["item_no", "key"], how="semi").filter(pl.col("near").is_not_null())
    pairs = found.select("raw_value", "near").unique().sort("raw_value", "near")
    edits = [edit_distance(raw.strip().casefold(), near.casefold()) for raw, near in pairs.iter_rows()]
    longest = pl.max_horizontal(pl.col("raw_value").str.len_chars(), pl.col("near").str.len_chars())
    scored = pairs.with_columns(pl.Series("edits", edits, pl.Int64)).with_columns(
        (1 - pl.col("edits") / longest).clip(0, 1).alias("score")
    )
    changes = pl.when(pl.col("edits") == 1).then(pl.lit("1 edit")).otherwise(pl.format("{} edits", "edits"))
    return said(
        found.join(scored, on=["raw_value", "near"])
        .sort("item_no", "key", "near", "score", "raw_key", descending=[False, False, False, True, False])
        .unique(["item_no", "key", "near"], keep="first", maintain_order=True)
        .rename({"near": "value"})
        .with_columns(
            pl.format(
                '"{}" under {} is not valid; "{}" is the nearest valid value, {} away.',
                "raw_value", "raw_key", "value", changes,
            ).alias("evidence")
        )
    )  # fmt: skip


def edit_distance(one: str, other: str) -> int:
    """The fewest insertions, removals, replacements and swaps of neighbours that make one text the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, char in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != wanted))
            if i > 1 and j > 1 and char == other[j - 2] and one[i - 2] == wanted:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
