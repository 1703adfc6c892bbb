"""Which value does the nearest container pass on, by the registry's ladder of a key?"""

from __future__ import annotations

from typing import Literal

import polars as pl

from recon.suggest.estate import Estate

_LEVELS = {"resource-group": "resource group", "sub-account": "account", "billing-account": "billing account"}


def from_containers(
    estate: Estate, asked: pl.DataFrame, ladder: Literal["inherit", "binding"]
) -> pl.DataFrame:
    """item_no, key, value, level (in words), container_id: of the nearest level of each key's ladder that carries a valid value.
    Read from the container's own tags, so that hiding those hides what they pass on."""
    rungs = [
        (key, level, _LEVELS.get(level, level), place)
        for key in asked["key"].unique().sort().to_list()
        if key in estate.rules.keys
        for place, level in enumerate(getattr(estate.rules.keys[key], ladder))
    ]
    schema = {"key": pl.String, "level": pl.String, "words": pl.String, "place": pl.Int64}
    steps = pl.DataFrame(rungs, schema=schema, orient="row")
    own = estate.known.rename({"item_no": "container_no"})
    names = estate.items.select(container_no="item_no", container_id="resource_id")
    return (
        asked.select("item_no", "key")
        .join(steps, on="key")
        .join(estate.around("places"), on=["item_no", "level"])
        .filter(pl.col("container_no") != pl.col("item_no"))
        .join(own, on=["container_no", "key"])
        .join(names, on="container_no")
        .sort("item_no", "key", "place", "value", "container_id")
        .unique(["item_no", "key"], keep="first", maintain_order=True)
        .select("item_no", "key", "value", "container_id", level="words")
    )
