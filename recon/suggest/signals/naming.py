"""Question: What does the resource's name say?

Two ways. A word of the name, or some in a row, is a value of the key or an alias of one (`payments-prod-db-1`: prod). Else a word goes with one value on the
other resources: at least five that have it in their names carry the value, and nine in ten of those that carry any (its purity). Names that hold words of two values say nothing.
"""

from __future__ import annotations

import polars as pl

from recon.suggest.estate import Estate, said
from recon.suggest.others import best_of_each, most_others
from recon.suggest.words import lexicon, phrases

NAME = "naming"
VERSION = "1"
_SUPPORT, _PURITY = 5, 0.9
_SPELLED = 0.95


def suggest(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """What the name spells out; where it spells nothing, what its words go with elsewhere."""
    names = estate.items.with_columns(_name().alias("text")).select("item_no", "text")
    parted = phrases(names, "text")
    words = lexicon(estate.rules, asked["key"].unique().sort().to_list())
    found = parted.join(words, on="phrase").sort("text", "key", "value", "phrase")
    hits = found.unique(["text", "key", "value"], keep="first", maintain_order=True)
    mine = asked.select("item_no", "key").unique().join(names, on="item_no")
    spelled = mine.join(hits.filter(pl.len().over("text", "key") == 1), on=["text", "key"]).with_columns(
        pl.lit(_SPELLED).alias("score"),
        pl.when(pl.col("phrase") == pl.col("value"))
        .then(pl.format('Its name {} holds "{}".', "text", "phrase"))
        .otherwise(pl.format('Its name {} holds "{}", which means "{}".', "text", "phrase", "value"))
        .alias("evidence"),
    )
    silent = mine.join(hits, on=["text", "key"], how="anti")
    columns = ["item_no", "key", "value", "score", "evidence"]
    learned = _learned(estate, silent.select("item_no", "key"), names, parted)
    return said(pl.concat([spelled.select(columns), learned.select(columns)]))


def _name() -> pl.Expr:
    """The name; where it has none, the last part of its id."""
    last = pl.col("resource_id").str.strip_chars_end("/").str.extract(r"([^/:]+)$", 1)
    return pl.when(pl.col("name").fill_null("") != "").then(pl.col("name")).otherwise(last)


def _learned(estate: Estate, asked: pl.DataFrame, names: pl.DataFrame, parted: pl.DataFrame) -> pl.DataFrame:
    """Words that go with one value on other resources. The surest word counts; numbers alone are no words."""
    single = parted.filter(~pl.col("phrase").str.contains("-") & ~pl.col("phrase").str.contains(r"^\p{N}*$"))
    common = single.join(names, on="text").select("item_no", crowd="phrase")
    common = common.filter(pl.len().over("crowd") > _SUPPORT)
    heard = most_others(asked, common, estate.known, _SUPPORT, _PURITY)
    clear = heard.with_columns(
        pl.format('{} of {} other resources with "{}" in their names say "{}".', "count", "total", "crowd", "value").alias("evidence")
    )  # fmt: skip
    one = clear.filter(pl.col("value").n_unique().over("item_no", "key") == 1)
    return best_of_each(one)
