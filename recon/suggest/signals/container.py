"""Question: What does the container that the resource stands in say?

Resource group, account, subscription, project or billing account, by the ladder that the registry gives the key. Sees the containers' own tags. Score 1:
the nearest one that says anything counts.
"""

from __future__ import annotations

import polars as pl

from recon.suggest.estate import Estate, said
from recon.suggest.ladder import from_containers

NAME = "container"
VERSION = "1"


def suggest(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """What the nearest container with a valid value passes on."""
    return said(
        from_containers(estate, asked, "inherit").with_columns(
            pl.lit(1.0).alias("score"),
            pl.format('Its {} {} says "{}".', "level", "container_id", "value").alias("evidence"),
        )
    )
