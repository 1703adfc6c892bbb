"""Question: What do the registry's catalogue, or a container that it calls binding, demand here?

Sees provider, account and ids of the resource, and the tags of containers. Score 1. The catalogue goes before a container.
"""

from __future__ import annotations

import polars as pl

from recon.suggest.demands import demanded
from recon.suggest.estate import Estate, said
from recon.suggest.ladder import from_containers

NAME = "catalogue"
VERSION = "1"


def suggest(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """The value that is demanded; nothing where it is not valid any more."""
    listed = demanded(estate, asked).with_columns(
        pl.format('The registry\'s catalogue expects "{}" here.', "value").alias("evidence")
    )
    binding = from_containers(estate, asked, "binding").with_columns(
        pl.format('Its {} {} is binding and says "{}".', "level", "container_id", "value").alias("evidence")
    )
    columns = ["item_no", "key", "value", "evidence"]
    found = pl.concat([listed.select(columns), binding.select(columns)])
    first = found.unique(["item_no", "key"], keep="first", maintain_order=True)
    return said(first.with_columns(pl.lit(1.0).alias("score")))
