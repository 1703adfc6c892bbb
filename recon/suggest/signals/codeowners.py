"""Question: Whom do CODEOWNERS files name for the code that makes it, or for a path called as it is?

Sees the files named under `fix: codeowners:`, the files of code that manage the resource, its name and id. An owner means a value where its name, with or without
`team`, is a listed value of the key or an alias. Score: 0.9 for the code's own path, 0.6 for a name or id, 0.3 for a pattern that means everything.
"""

from __future__ import annotations

import re

import polars as pl

from recon.suggest.codeowners import path_pattern, team_names
from recon.suggest.demands import pattern as glob_pattern
from recon.suggest.estate import OWNERS, Estate, said
from recon.suggest.words import as_phrase, lexicon, phrase, phrases

NAME = "codeowners"
VERSION = "1"
_LEAST = 4  # characters of a folder's name that a resource's name may begin with
_HIT = {"item_no": pl.Int64, "source": pl.String, "line": pl.Int64, "score": pl.Float64}


def suggest(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """The value that the last fitting line of each file names; files that differ are two suggestions."""
    owners = estate.around("owners")
    if owners.is_empty():
        return said()
    items = estate.items.join(asked.select("item_no").unique(), on="item_no", how="semi")
    rules = owners.select("source", "line", "pattern").unique().sort("source", "line")
    hits = pl.concat([_by_path(estate, items, rules), _by_name(items, rules), _by_id(items, rules)])
    last = hits.sort("item_no", "source", "score", "line", descending=[False, False, True, True]).unique(
        ["item_no", "source"], keep="first", maintain_order=True
    )
    named = asked.select("item_no", "key").unique().join(last, on="item_no")
    meant = _meant(estate, owners, asked["key"].unique().sort().to_list())
    return said(
        named.join(meant, on=["source", "line", "key"])
        .sort("item_no", "key", "value", "score", "source", descending=[False, False, False, True, False])
        .unique(["item_no", "key", "value"], keep="first", maintain_order=True)
        .with_columns(
            pl.format("{} line {} gives {} to {}.", "source", "line", "pattern", "owner").alias("evidence")
        )
    )


def _meant(estate: Estate, owners: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """source, line, pattern, owner, key, value: of lines whose owners mean one value of the key."""
    values = {(key, text): value for key, text, value in lexicon(estate.rules, keys).iter_rows()}
    rows = []
    for row in owners.iter_rows():
        for key in keys:
            found = next((values[key, n] for n in team_names(row[3]) if (key, n) in values), None)
            if found is not None:
                rows.append((*row, key, found))
    schema = {**OWNERS, "key": pl.String, "value": pl.String}
    found = pl.DataFrame(rows, schema=schema, orient="row")
    one = found.filter(pl.col("value").n_unique().over("source", "line", "key") == 1)
    return one.sort("owner").unique(["source", "line", "key"], keep="first", maintain_order=True)


def _by_path(estate: Estate, items: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    code = estate.around("code").join(items, on="item_no", how="semi")
    files = code.select("file").unique()
    found = [pl.DataFrame(schema={**_HIT, "file": pl.String})]
    for source, line, pattern in rules.iter_rows():
        score = 0.3 if pattern.strip("/*") == "" else 0.9
        hits = files.filter(pl.col("file").str.contains(path_pattern(pattern)))
        found.append(_hit(hits, source, line, score).select("file", *(c for c in _HIT if c != "item_no"), pl.lit(None, pl.Int64).alias("item_no")).select([*_HIT, "file"]))  # fmt: skip
    # of a file the last line counts, whatever its score
    last = (
        pl.concat(found)
        .sort("file", "source", "line")
        .unique(["file", "source"], keep="last", maintain_order=True)
    )
    return code.join(last.drop("item_no"), on="file").select(list(_HIT))


def _by_name(items: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """A folder that is called as the resource's name, or as its first words."""
    folders = [
        (source, line, phrase(folder))
        for source, line, pattern in rules.iter_rows()
        if len(folder := _last_folder(pattern)) >= _LEAST
    ]
    schema = {"source": pl.String, "line": pl.Int64, "phrase": pl.String}
    wanted = pl.DataFrame(folders, schema=schema, orient="row")
    names = items.filter(pl.col("name").fill_null("") != "").select("item_no", text="name")
    parted = phrases(names, "text").join(wanted, on="phrase")
    first = parted.filter((as_phrase("text") + "-").str.starts_with(pl.col("phrase") + "-"))
    return _hit(names.join(first, on="text"), None, None, 0.6).select(list(_HIT))


def _by_id(items: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """A pattern that is written for names or ids of resources: `payments-*`, `arn:aws:s3:::payments-*`."""
    found = [pl.DataFrame(schema=_HIT)]
    for source, line, pattern in rules.iter_rows():
        of_id = pattern.startswith(("arn:", "//", "/subscriptions/"))
        plain = "/" not in pattern and "." not in pattern and len(re.sub(r"\W", "", pattern)) >= _LEAST
        if not (of_id or (plain and "*" in pattern)):
            continue
        expression = glob_pattern(pattern)
        fits = pl.col("resource_id").str.to_lowercase().str.contains(expression)
        if plain:
            fits |= pl.col("name").str.to_lowercase().str.contains(expression)
        found.append(_hit(items.filter(fits.fill_null(False)), source, line, 0.6).select(list(_HIT)))
    return pl.concat(found)


def _hit(rows: pl.DataFrame, source: str | None, line: int | None, score: float) -> pl.DataFrame:
    own = [] if source is None else [pl.lit(source).alias("source"), pl.lit(line, pl.Int64).alias("line")]
    return rows.with_columns(*own, pl.lit(score).alias("score"))


def _last_folder(pattern: str) -> str:
    """The last part of a pattern that is no wildcard; nothing of a file's name."""
    parts = [part for part in pattern.strip("/").split("/") if part.strip("*")]
    return parts[-1] if parts and "*" not in parts[-1] and "." not in parts[-1] else ""
