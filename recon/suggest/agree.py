"""Which value do the signals agree on, or do they contradict each other?

Values are compared, never averaged. Only a signal that may propose can lead or contradict; what others say is shown beside it. What the
registry demands (catalogue) goes before what signals infer. Two signals that agree don't make each other surer: they may rest
on the same mistake.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from recon.suggest.estate import SAID

HEARD = {
    **SAID,
    "signal": pl.String,
    "signal_version": pl.String,
    "confidence": pl.Float64,
    "mode": pl.String,
}
DECIDED = {
    "item_no": pl.Int64, "key": pl.String, "value": pl.String, "signal": pl.String, "confidence": pl.Float64, "standing": pl.String,
}  # fmt: skip
DEMAND = "catalogue"
_PAIR = ["item_no", "key"]


@dataclass(frozen=True)
class Agreed:
    """`rows`: HEARD with `state`: leading, agrees, conflict; null for a shadow where nobody else speaks. `decided`: one row per pair of
    which a signal that is no shadow speaks; `standing`: proposed, review, or conflict (value, signal null)."""

    rows: pl.DataFrame
    decided: pl.DataFrame


def agree(heard: pl.DataFrame, least: dict[str, float] | None = None) -> Agreed:
    """One decision per resource and key. `least`: key → confidence below which a suggestion goes to review."""
    bounds = pl.col("key").replace_strict(least or {}, default=0.0, return_dtype=pl.Float64)
    strong = (pl.col("mode") == "on") & (pl.col("confidence") >= bounds)
    tier = (
        pl.when(pl.col("mode") == "shadow")
        .then(0)
        .when(strong & (pl.col("signal") == DEMAND))
        .then(3)
        .when(strong)
        .then(2)
        .otherwise(1)
    )
    rows = heard.with_columns(tier.alias("tier")).with_columns(pl.col("tier").max().over(_PAIR).alias("top"))
    voices = rows.filter((pl.col("tier") == pl.col("top")) & (pl.col("tier") > 0))
    order = voices.sort(
        *_PAIR, "confidence", "score", "signal", "value", descending=[False, False, True, True, False, False]
    )
    first = order.unique(_PAIR, keep="first", maintain_order=True)
    values = voices.group_by(_PAIR).agg(pl.col("value").n_unique().alias("values"))
    at_odds = pl.col("values") > 1
    decided = (
        first.join(values, on=_PAIR)
        .with_columns(
            pl.when(at_odds)
            .then(pl.lit("conflict"))
            .when(pl.col("tier") > 1)
            .then(pl.lit("proposed"))
            .otherwise(pl.lit("review"))
            .alias("standing"),
            pl.when(~at_odds).then("value").alias("value"),
            pl.when(~at_odds).then("signal").alias("signal"),
        )
        .select(list(DECIDED))
        .sort(_PAIR)
    )
    led = decided.select(*_PAIR, pl.col("value").alias("chosen"), pl.col("signal").alias("lead"), "standing")
    same = pl.col("value") == pl.col("chosen")
    stated = (
        rows.join(led, on=_PAIR, how="left")
        .with_columns(
            pl.when(same & (pl.col("signal") == pl.col("lead")))
            .then(pl.lit("leading"))
            .when(same)
            .then(pl.lit("agrees"))
            .when(pl.col("standing").is_not_null())
            .then(pl.lit("conflict"))
            .alias("state")
        )
        .select(*HEARD, "state")
        .sort(*_PAIR, "confidence", "signal", "value", descending=[False, False, True, False, False])
    )
    return Agreed(stated, decided)
