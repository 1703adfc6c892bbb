"""Question: Does a value that is there mean a canonical one?

Folding of case and blanks, and the registry's aliases of keys and values: nothing is guessed.
Sees the raw tags of the resource. Score 1: the registry says so.
"""

from __future__ import annotations

import polars as pl

from recon.suggest.estate import Estate, said

NAME = "alias"
VERSION = "1"


def suggest(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """The meaning of each valid spelling; two spellings that mean two values are two suggestions."""
    found = estate.raw.join(asked, on=["item_no", "key"], how="semi").filter(pl.col("meant").is_not_null())
    return said(
        found.group_by("item_no", "key", value="meant")
        .agg(pl.col("raw_key").min(), pl.col("raw_value").sort_by("raw_key").first())
        .with_columns(
            pl.lit(1.0).alias("score"),
            pl.format('The registry says that {}="{}" means "{}".', "raw_key", "raw_value", "value").alias(
                "evidence"
            ),
        )
    )
