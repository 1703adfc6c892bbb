"""What of a resource may a model learn a key from? Everything that is known of it but the key itself."""

from __future__ import annotations

import polars as pl

from recon.suggest.estate import Estate
from recon.suggest.words import phrases

# A longer text is no trait that resources share.
_LONGEST = 200
_TRAITS = {
    "account_id": "account",
    "region": "region",
    "resource_type": "type",
    "group": "group",
    "stack": "stack",
    "creator": "maker",
}


def features(estate: Estate, wanted: pl.DataFrame, key: str) -> pl.DataFrame:
    """(item_no, feature) of the resources of `wanted` (item_no), each feature once and in words: `name word payments`, `account 42`,
    `tag team=a`. No spelling of `key` is among them."""
    items = estate.items.join(wanted.select("item_no"), on="item_no", how="semi")
    traits = (
        items.select("item_no", *_TRAITS)
        .unpivot(list(_TRAITS), index="item_no", variable_name="trait", value_name="text")
        .filter(pl.col("text").fill_null("") != "")
        .select(
            "item_no", pl.concat_str(pl.col("trait").replace_strict(_TRAITS), "text", separator=" ").alias("feature")
        )
    )  # fmt: skip
    named = items.select("item_no", text=_name())
    words = phrases(named, "text").filter(
        ~pl.col("phrase").str.contains("-") & ~pl.col("phrase").str.contains(r"^\p{N}*$")
    )
    spoken = named.join(words, on="text").select(
        "item_no", pl.format("name word {}", "phrase").alias("feature")
    )
    tags = (
        estate.raw.join(wanted.select("item_no"), on="item_no", how="semi")
        .filter(pl.col("key").ne_missing(pl.lit(key)))
        .select(
            "item_no",
            pl.format(
                "tag {}={}", pl.coalesce("key", "raw_key"), pl.coalesce("meant", "raw_value").str.to_lowercase()
            ).alias("feature"),
        )
    )  # fmt: skip
    rows = pl.concat([traits, spoken, tags]).filter(pl.col("feature").str.len_chars() <= _LONGEST)
    return rows.unique().sort("item_no", "feature")


def _name() -> pl.Expr:
    """The name; where it has none, the last part of its id."""
    last = pl.col("resource_id").str.strip_chars_end("/").str.extract(r"([^/:]+)$", 1)
    return pl.when(pl.col("name").fill_null("") != "").then(pl.col("name")).otherwise(last)
