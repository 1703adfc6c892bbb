"""How often is each signal right? Known tags are hidden, the signals are asked for them, and their answers are compared.

Two ways of hiding, each in five parts that the ids alone decide. `single`: resources here and there, all their keys at once.
`grouped`: whole stacks, groups or accounts together; harder, and more like what untagged resources are, because they come in groups.
What is asked is what suggestions ask (recon/suggest/ask.py), so that what is measured is what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import polars as pl

from recon.suggest.ask import ask
from recon.suggest.estate import ASKED, Estate
from recon.suggest.meaning import Mark
from recon.suggest.signals_found import Signal

WAYS = ("single", "grouped")
FOLDS = 5
# Resources that are hidden at most, in each way: enough for a share to one percent, and a bound on what a nightly run pays.
MOST = 4_000
# Of a larger estate so many resources stand for all, accounts kept together as far as they go: signals learn from fewer then,
# so that what is measured is what they are at least.
LARGEST = 40_000
ANSWERS = {
    **ASKED, "signal": pl.String, "signal_version": pl.String, "way": pl.String, "fold": pl.Int64, "score": pl.Float64, "right": pl.Boolean,
}  # fmt: skip
QUESTIONS = {**ASKED, "way": pl.String, "fold": pl.Int64, "value": pl.String}


@dataclass(frozen=True)
class Measured:
    """`questions`: columns of QUESTIONS, what was hidden and asked for; `answers`: columns of ANSWERS, one row per question and
    signal that said anything. An answer is right when everything that the signal said is what was hidden."""

    questions: pl.DataFrame
    answers: pl.DataFrame


def hide_and_ask(
    estate: Estate,
    signals: Sequence[Signal],
    raw: Callable[[str], str],
    mark: Mark,
    off: Collection[str] = (),
    most: int = MOST,
    ways: Sequence[str] = WAYS,
) -> Measured:
    """Ask every signal that is not `off` for tags that are known. At most `most` resources are hidden, chosen by their ids."""
    estate = part_of(estate)
    asked = questions(estate, most, ways)
    found = [pl.DataFrame(schema=ANSWERS)]
    for way, fold in asked.select("way", "fold").unique().sort("way", "fold").iter_rows():
        part = asked.filter(pl.col("way") == way, pl.col("fold") == fold)
        hidden = part.select(list(ASKED))
        said = ask(estate.without(hidden), hidden, signals, raw, mark, off)
        right = said.join(part, on=list(ASKED), suffix="_hidden").with_columns(
            (pl.col("value") == pl.col("value_hidden")).alias("right")
        )
        found.append(
            right.group_by(*ASKED, "signal", "signal_version", "way", "fold")
            .agg(pl.col("score").max(), pl.col("right").all())
            .select(list(ANSWERS))
        )
    return Measured(asked, pl.concat(found).sort("way", "fold", "item_no", "key", "signal"))


def part_of(estate: Estate, largest: int = LARGEST) -> Estate:
    """The estate, or of a larger one that many resources."""
    if estate.items.height <= largest:
        return estate
    ids = ["provider_id", "resource_id", "account_id"]
    order = estate.items.select(
        "item_no",
        _digest(estate.items, ["provider_id", "account_id"]).alias("account"),
        _digest(estate.items, ids).alias("own"),
    )
    kept = order.sort("account", "own", "item_no").head(largest).select("item_no")
    frames = {
        name: getattr(estate, name).join(kept, on="item_no", how="semi") for name in ("items", "known", "raw")
    }
    more = {
        name: frame.join(kept, on="item_no", how="semi") if "item_no" in frame.columns else frame
        for name, frame in estate.more.items()
    }
    return replace(estate, **frames, more=more)


def questions(estate: Estate, most: int = MOST, ways: Sequence[str] = WAYS) -> pl.DataFrame:
    """What is hidden when: the known tags of the keys that are required anywhere, each once per way. Columns of QUESTIONS."""
    required = pl.Series("key", estate.rules.required_keys, pl.String)
    known = estate.known.filter(pl.col("key").is_in(required.implode()))
    items = estate.items.join(known.select("item_no").unique(), on="item_no", how="semi")
    items = items.with_columns(_digest(items, ["provider_id", "resource_id", "account_id"]).alias("order"))
    crowd = pl.coalesce(
        "stack", "group", pl.concat_str(pl.lit("account "), pl.col("account_id").fill_null(""))
    )
    # a stack or group of the same name in another account is another one
    items = items.with_columns(crowd=crowd).with_columns(
        _digest(items.with_columns(crowd=crowd), ["provider_id", "account_id", "crowd"]).alias("together")
    )
    kept = items.sort("order", "item_no").head(most)
    parts = {"single": "order", "grouped": "together"}
    # the last digits: the first ones chose the sample, and would make unequal parts of it
    folded = [
        kept.select(
            "item_no",
            pl.lit(way).alias("way"),
            (pl.col(parts[way]).str.slice(-8).str.to_integer(base=16, dtype=pl.Int64) % FOLDS).alias("fold"),
        )
        for way in ways
    ]
    rows = known.join(pl.concat([pl.DataFrame(schema=_FOLDED), *folded]), on="item_no")
    return rows.select(pl.col(name).cast(kind) for name, kind in QUESTIONS.items()).sort(
        "way", "fold", "item_no", "key"
    )


_FOLDED = {"item_no": pl.Int64, "way": pl.String, "fold": pl.Int64}


def _digest(items: pl.DataFrame, columns: list[str]) -> pl.Series:
    """16 hex digits of each row's texts: the same on every machine."""
    texts = items.select(
        pl.concat_str([pl.col(c).fill_null("") for c in columns], separator="\x1f")
    ).to_series()
    return pl.Series(
        [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest() for text in texts], dtype=pl.String
    )  # fmt: skip


def canaries(estate: Estate, key: str) -> Estate:
    """The same resources, each with a value of `key` that no other one has: what nobody can know. A signal that is right about a hidden one
    has seen it; tests ask so."""
    items = estate.items.select("item_no", value=pl.format("canary-{}-{}", pl.lit(key), "item_no"))
    known = items.select("item_no", pl.lit(key).alias("key"), "value")
    raw = known.select(
        "item_no", pl.lit(key).alias("raw_key"), "key", raw_value="value", meant="value", near=pl.lit(None, pl.String)
    )  # fmt: skip
    return Estate(estate.rules, estate.items, known, raw, estate.more)
