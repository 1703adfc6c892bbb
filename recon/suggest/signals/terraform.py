"""Question: What does the code that makes the resource give it?

Sees what states and plans of Terraform say (docs/inventories/terraform.md). Score 1. A state repeats what a refresh has read from the resource:
where a tag is hidden, the state's is hidden too, so that this signal can't be measured by hiding.
"""

from __future__ import annotations

import polars as pl

from recon.suggest.estate import Estate, said

NAME = "terraform"
VERSION = "1"


def suggest(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """The value that the code gives the key; two lines of code with two values are two suggestions."""
    found = estate.around("managed").join(asked, on=["item_no", "key"], how="semi")
    return said(
        found.sort("item_no", "key", "value", "file", "address")
        .unique(["item_no", "key", "value"], keep="first", maintain_order=True)
        .with_columns(
            pl.lit(1.0).alias("score"),
            pl.format('The code gives it "{}": {} in {}.', "value", "address", "file").alias("evidence"),
        )
    )
