"""Which value does the catalogue expect of each of many resources? Its first entry that fits counts.

Entries that name accounts or providers are tried on the few distinct accounts, entries that spell whole ids are looked up, and
only globs over ids are tried on every id, as one expression each.
"""

from __future__ import annotations

import re

import polars as pl

from recon.registry.model import CatalogueEntry
from recon.suggest.estate import Estate

_WILD = re.compile(r"[*?\[]")
_FOUND = {"place_no": pl.Int64, "rank": pl.Int64}


def demanded(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """item_no, key, value for each asked pair of which the catalogue says something valid."""
    rules, keys = estate.rules, asked["key"].unique().to_list()
    entries = [(n, each) for n, each in enumerate(rules.catalogue) if any(key in each.expect for key in keys)]
    expects = [
        (rank, key, value)
        for rank, each in entries
        for key, value in each.expect.items()
        if key in rules.keys and rules.value_of(key, "", value).valid
    ]
    expected = pl.DataFrame(
        expects, schema={"rank": pl.Int64, "key": pl.String, "value": pl.String}, orient="row"
    )
    if expected.is_empty():
        return pl.DataFrame(schema={"item_no": pl.Int64, "key": pl.String, "value": pl.String})
    places = _places(estate, asked)
    fitting = pl.concat(
        [pl.DataFrame(schema=_FOUND), *(_fitting(rank, each, places) for rank, each in entries)]
    )
    every = pl.DataFrame(
        [(rank, key) for rank, each in entries for key in each.expect],
        schema={"rank": pl.Int64, "key": pl.String}, orient="row",
    )  # fmt: skip
    return (
        asked.select("item_no", "key")
        .join(places.select("item_no", "place_no"), on="item_no")
        .join(fitting, on="place_no")
        .join(every, on=["rank", "key"], how="semi")
        .sort("item_no", "key", "rank")
        .unique(["item_no", "key"], keep="first", maintain_order=True)
        .join(
            expected, on=["rank", "key"]
        )  # the first that fits counts, and says nothing where its value is retired
        .sort("item_no", "key")
        .select("item_no", "key", "value")
    )


def _places(estate: Estate, asked: pl.DataFrame) -> pl.DataFrame:
    """Each id of each asked resource, its own and those on the bill, with provider and account."""
    items = estate.items.join(asked.select("item_no").unique(), on="item_no", how="semi").select(
        "item_no", "provider_id", "account_id", "resource_id"
    )
    billed = items.drop("resource_id").join(estate.around("billed_ids"), on="item_no").select(items.columns)
    return (
        pl.concat([items, billed])
        .unique()
        .sort("item_no", "resource_id")
        .with_columns(pl.col("resource_id").str.to_lowercase().alias("id"))
        .with_row_index("place_no")
        .with_columns(pl.col("place_no").cast(pl.Int64))
    )


def _fitting(rank: int, entry: CatalogueEntry, places: pl.DataFrame) -> pl.DataFrame:
    """The places that an entry covers: all its parts must hold."""
    fits = pl.lit(True)
    if entry.provider:
        fits &= pl.col("provider_id").str.to_lowercase().is_in([name.lower() for name in entry.provider])
    if entry.account:
        fits &= _any_glob("account_id", entry.account)
    if entry.resource:
        fits &= _any_glob("id", entry.resource)
    found = places.filter(fits.fill_null(False))
    return found.select("place_no", pl.lit(rank, pl.Int64).alias("rank"))


def _any_glob(column: str, globs: tuple[str, ...]) -> pl.Expr:
    plain = [glob.lower() for glob in globs if not _WILD.search(glob)]
    wild = [pattern(glob) for glob in globs if _WILD.search(glob)]
    text = pl.col(column).str.to_lowercase()
    hit = text.is_in(plain) if plain else pl.lit(False)
    return hit | text.str.contains("|".join(wild)) if wild else hit


def pattern(glob: str) -> str:
    """A glob (* ? [set], without regard to case) as a regular expression over lower case text."""
    parts = ["^(?s:"]
    at, text = 0, glob.lower()
    while at < len(text):
        char = text[at]
        end = text.find("]", at + 2) if char == "[" else -1
        if char in "*?":
            parts.append(".*" if char == "*" else ".")
        elif end > 0:
            inside = text[at + 1 : end]
            negated = inside.startswith("!")
            members = re.sub(r"([\\\[\]^&~])", r"\\\1", inside[1:] if negated else inside)
            parts.append(f"[{'^' if negated else ''}{members}]")
            at = end
        else:
            parts.append(re.escape(char) if not char.isalnum() else char)
        at += 1
    return "".join(parts) + ")$"
