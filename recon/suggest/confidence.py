"""How likely is what a signal says? Measured where it was measured; else a prior that claims no more than is known.

A score is a signal's own measure and no probability. Where tags were hidden and asked for (base.signal_score, base.signal_bin), the
share of right answers among those with such a score counts; by key where there was enough, else over all keys (key "").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb
import polars as pl

from recon.frames import frame

# What the registry itself says is sure; a typo or a container was right often enough to be planned before it is measured.
PRIORS = {"alias": 0.99, "catalogue": 0.90, "terraform": 0.90, "container": 0.70, "typo": 0.70}
# These are guesses until they are measured: this much of their score.
GUESSES = {"naming": 0.60, "siblings": 0.60, "codeowners": 0.60, "creator": 0.45}
OTHERS = 0.50
# A signal that was never measured goes to review where it is less sure than this.
UNMEASURED_LEAST = 0.70
# Of these the registry is the source: they are not guesses, and there is nothing to measure.
GIVEN = ("alias", "catalogue")
# These propose nothing until somebody turns them on.
SHADOWS = ("learned",)

SCORES = {
    "key": pl.String, "signal": pl.String, "signal_version": pl.String, "mode": pl.String, "least": pl.Float64,
}  # fmt: skip
BINS = {
    "key": pl.String, "signal": pl.String, "signal_version": pl.String, "low": pl.Float64, "high": pl.Float64, "confidence": pl.Float64,
}  # fmt: skip
_IDS = ("signal", "signal_version")


@dataclass(frozen=True)
class Scores:
    """What was measured. `scores`: columns of SCORES; `bins`: columns of BINS, low ≤ score < high (1 belongs to the last)."""

    scores: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCORES))
    bins: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=BINS))


def load_scores(con: duckdb.DuckDBPyConnection) -> Scores:
    """What the store knows of the signals."""
    # one mode per key and signal, whatever it was measured by; where it could not be, the prior holds
    query = f"SELECT DISTINCT {', '.join(SCORES)} FROM base.signal_score WHERE state IS DISTINCT FROM 'unmeasured' ORDER BY ALL"
    scores = frame(con, query)
    bins = frame(con, f"SELECT {', '.join(BINS)} FROM base.signal_bin ORDER BY ALL")
    return Scores(scores.cast(SCORES), bins.cast(BINS))  # type: ignore[arg-type]


def confident(
    heard: pl.DataFrame, scores: Scores | None = None, configured: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """`heard` (SAID with signal, signal_version) plus `confidence` (0..1) and `mode`: on, review (it proposes nothing by itself)
    or shadow (it changes nothing). `configured`: signal → mode of the configuration; there a shadow stays one, and SHADOWS are shadows where it says nothing."""
    measured = scores or Scores()
    rows = heard.with_row_index("row_no")
    binned = _binned(rows, measured.bins)
    modes = _of_key_or_all(rows, measured.scores.select("key", *_IDS, "mode"), "mode")
    modes_set = {**dict.fromkeys(SHADOWS, "shadow"), **(configured or {})}
    shadows = [name for name, mode in modes_set.items() if mode == "shadow"]
    unmeasured = pl.col("confidence").is_null()
    too_weak = unmeasured & (_prior() < UNMEASURED_LEAST)
    return (
        rows.join(binned, on="row_no", how="left", maintain_order="left")
        .join(modes, on="row_no", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("signal").is_in(shadows))
            .then(pl.lit("shadow"))
            .when(pl.col("mode").is_null() & too_weak)
            .then(pl.lit("review"))
            .otherwise(pl.col("mode").fill_null("on"))
            .alias("mode"),
            pl.coalesce("confidence", _prior()).alias("confidence"),
        )
        .drop("row_no")
    )


def _prior() -> pl.Expr:
    """What is claimed of an unmeasured signal."""
    signal, score = pl.col("signal"), pl.col("score")
    given = signal.replace_strict(PRIORS, default=None, return_dtype=pl.Float64)
    share = signal.replace_strict(GUESSES, default=OTHERS, return_dtype=pl.Float64)
    return pl.coalesce(given, share * score)


def _binned(rows: pl.DataFrame, bins: pl.DataFrame) -> pl.DataFrame:
    """row_no → measured confidence of the bin that the score falls into. The registry's own word is never measured down."""
    asked = rows.filter(~pl.col("signal").is_in(list(GIVEN))).select("row_no", "key", *_IDS, "score")
    found = []
    for own in (True, False):
        on = ["key", *_IDS] if own else list(_IDS)
        table = bins.filter(pl.col("key") != "") if own else bins.filter(pl.col("key") == "").drop("key")
        inside = (pl.col("low") <= pl.col("score")) & (
            (pl.col("score") < pl.col("high")) | ((pl.col("score") >= 1) & (pl.col("high") >= 1))
        )
        joined = asked.join(table, on=on).filter(inside)
        found.append(joined.select("row_no", "confidence", pl.lit(own).alias("own")))
    best = pl.concat(found).sort("row_no", "own", "confidence", descending=[False, True, False])
    return best.unique("row_no", keep="first", maintain_order=True).drop("own")


def _of_key_or_all(rows: pl.DataFrame, table: pl.DataFrame, column: str) -> pl.DataFrame:
    own = rows.join(table.filter(pl.col("key") != ""), on=["key", *_IDS]).select("row_no", column)
    every = rows.join(table.filter(pl.col("key") == "").drop("key"), on=list(_IDS)).select("row_no", column)
    return pl.concat([own, every]).unique("row_no", keep="first", maintain_order=True)
