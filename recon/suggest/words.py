"""Which words are in a name, and which words mean a value of a key?

Words are lower case runs of letters and digits; camelCase and every other sign part them.
"""

from __future__ import annotations

import re

import polars as pl

from recon.registry.rules import Rules

LONGEST = 4  # words that one value may have
_WORD = r"[\p{L}\p{N}]+"


def phrases(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """(text, phrase): the distinct texts of `column` with each run of up to LONGEST words in them, joined by `-`."""
    texts = frame.select(pl.col(column).alias("text")).drop_nulls().unique()
    words = texts.with_columns(_words("text").alias("words"))
    rows = (
        words.with_columns(pl.int_ranges(pl.col("words").list.len()).alias("at"))
        .explode("words", "at", empty_as_null=True)
        .drop_nulls("words")
        .sort("text", "at")
    )
    found = [rows.select("text", phrase="words")]
    joined = pl.col("words")
    for ahead in range(1, LONGEST):
        same = pl.col("text") == pl.col("text").shift(-ahead)
        joined = joined + "-" + pl.when(same).then(pl.col("words").shift(-ahead))
        found.append(rows.select("text", joined.alias("phrase")).drop_nulls())
    return pl.concat(found).unique().sort("text", "phrase")


def as_phrase(column: str) -> pl.Expr:
    """A column of texts, each as one phrase."""
    return _words(column).list.join("-")


def _words(column: str) -> pl.Expr:
    parted = pl.col(column).str.replace_all(r"(\p{Ll}|\p{N})(\p{Lu})", "${1}-${2}")
    return parted.str.to_lowercase().str.extract_all(_WORD)


def lexicon(rules: Rules, keys: list[str]) -> pl.DataFrame:
    """(key, phrase, value): the listed values of `keys` that are valid now, and their aliases, as phrases. A phrase of one letter
    means nothing; one that means two values is left out."""
    rows = []
    for name in keys:
        key = rules.keys.get(name)
        if key is None:
            continue
        listed = (key.values.listed or ()) if key.values else ()
        spelled = [(each.value, text) for each in listed for text in (each.value, *each.aliases)]
        spelled += [(value, text) for value, texts in key.value_aliases.items() for text in (value, *texts)]
        rows += [
            (name, phrase(text), value)
            for value, text in spelled
            if rules.value_of(name, "", value).valid and len(phrase(text)) > 1
        ]
    found = pl.DataFrame(
        rows, schema={"key": pl.String, "phrase": pl.String, "value": pl.String}, orient="row"
    )
    return found.unique().filter(pl.len().over("key", "phrase") == 1).sort("key", "phrase")


def phrase(text: str) -> str:
    """A text as one phrase: `DataPlatform` and `data_platform` are `data-platform`."""
    parted = "".join(
        f"-{char}" if char.isupper() and (before.islower() or before.isnumeric()) else char
        for before, char in zip(" " + text, text, strict=False)
    )
    return "-".join(re.findall(r"[^\W_]+", parted.lower()))
