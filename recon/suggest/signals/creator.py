"""Question: What do the other resources of whoever made it say, or what is the maker called?

Sees who first changed its tags, as imported audit logs tell (docs/evidence.md), and the valid tags of the other resources of the same actor. At least three of
them, and three quarters, must agree. A maker that is named like a value or an alias (`role/payments-deployer`) counts too, for less.
"""

from __future__ import annotations

import polars as pl

from recon.suggest.estate import Estate, said
from recon.suggest.others import best_of_each, most_others
from recon.suggest.words import lexicon, phrases

NAME = "creator"
VERSION = "1"
_LEAST, _SHARE = 3, 0.75
_NAMED = 0.6


def suggest(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """What most of the maker's other resources say, or what its name says; the surer one."""
    made = estate.items.filter(pl.col("creator").is_not_null()).select("item_no", "creator")
    return said(best_of_each(pl.concat([_others(estate, asked, made), _named(estate, asked, made)])))


def _others(estate: Estate, asked: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    heard = most_others(asked, made.rename({"creator": "crowd"}), estate.known, _LEAST, _SHARE)
    sentence = pl.format('{} of {} other resources of {} say "{}".', "count", "total", "crowd", "value")
    return heard.with_columns(sentence.alias("evidence")).select(
        "item_no", "key", "value", "score", "evidence"
    )


def _named(estate: Estate, asked: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    words = lexicon(estate.rules, asked["key"].unique().sort().to_list())
    hits = phrases(made, "creator").join(words, on="phrase").select("text", "key", "value").unique()
    clear = hits.filter(pl.len().over("text", "key") == 1)
    return (
        asked.select("item_no", "key")
        .join(made, on="item_no")
        .join(clear, left_on=["creator", "key"], right_on=["text", "key"])
        .with_columns(
            pl.lit(_NAMED).alias("score"),
            pl.format('It was made by {}, whose name says "{}".', "creator", "value").alias("evidence"),
        )
        .select("item_no", "key", "value", "score", "evidence")
    )
