"""What do all signals say of the pairs that are asked for, fit to be shown?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import polars as pl

from recon.hostile import MASK, shown
from recon.suggest.agree import HEARD
from recon.suggest.estate import Estate
from recon.suggest.meaning import Mark
from recon.suggest.signals_found import Signal

_LONGEST = 300  # characters of a sentence
_KINDS = {name: HEARD[name] for name in HEARD if name not in ("confidence", "mode")}
WITHHELD = "What speaks for it would tell a sensitive value."


def ask(
    estate: Estate,
    asked: pl.DataFrame,
    signals: Sequence[Signal],
    raw: Callable[[str], str],
    mark: Mark,
    off: Collection[str] = (),
) -> pl.DataFrame:
    """Every suggestion of every signal: SAID with signal and signal_version. Only values that are valid today; those of
    sensitive keys as their marks, and not at all where they have none. Evidence is one harmless line."""
    pairs = asked.select("item_no", "key").unique().sort("item_no", "key")
    frames = [
        signal.suggest(estate, pairs).with_columns(
            pl.lit(signal.name).alias("signal"), pl.lit(signal.version).alias("signal_version")
        )
        for signal in signals
        if signal.name not in off
    ]
    heard = pl.concat([pl.DataFrame(schema=_KINDS), *(each.select(list(_KINDS)) for each in frames)])
    return _tellable(heard, estate, raw, mark).sort("item_no", "key", "signal", "value")


def _tellable(heard: pl.DataFrame, estate: Estate, raw: Callable[[str], str], mark: Mark) -> pl.DataFrame:
    rules = estate.rules
    rows: list[tuple[str, str, str, bool]] = []
    for key, value in heard.select("key", "value").unique().sort("key", "value").iter_rows():
        if key not in rules.keys or value is None or not rules.value_of(key, "", raw(value)).valid:
            continue
        hidden = rules.keys[key].sensitivity in ("personal", "secret") and not MASK.fullmatch(value)
        told = mark(value) if hidden else value
        if told is not None:
            rows.append((key, value, told, hidden))
    kinds = {"key": pl.String, "value": pl.String, "told": pl.String, "hidden": pl.Boolean}
    told_as = pl.DataFrame(rows, schema=kinds, orient="row")
    sentences = heard.select("evidence").unique()
    harmless = pl.Series("line", [shown(each, _LONGEST) for each in sentences["evidence"]], pl.String)
    return (
        heard.join(told_as, on=["key", "value"])
        .join(sentences.with_columns(harmless), on="evidence")
        .with_columns(
            value="told",
            evidence=pl.when("hidden").then(pl.lit(WITHHELD)).otherwise("line"),
        )
        .select(list(_KINDS))
    )
