"""May a signal propose values of a key by itself, by what was measured of it?

`trusted`: at least 30 answers, and its precision is what is asked of it. `demoted`: less; from 10 answers on already where even
the upper end of what they allow is less. `unmeasured`: too few to tell: its prior holds. The worse of the two ways of hiding counts, each together with
reviewers' decisions. What contradicts the registry's own word is wrong itself: only reviewers can demote `alias` and `catalogue`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from recon.suggest.accuracy import WAYS, Measured
from recon.suggest.calibration import BIN_ROWS, ENOUGH, lower_end, upper_end
from recon.suggest.confidence import GIVEN, PRIORS, SHADOWS, UNMEASURED_LEAST
from recon.suggest.signals_found import Signal

# What reviewers decided: one row per decision on one signal's suggestion.
TRUTH = {
    "item": pl.String,
    "key": pl.String,
    "signal": pl.String,
    "signal_version": pl.String,
    "right": pl.Boolean,
}
# `basis`: single, grouped (hidden tags), review; key "": over all keys. `mode`: on, review, shadow
SCORED = {
    "key": pl.String, "signal": pl.String, "signal_version": pl.String, "mode": pl.String, "state": pl.String, "asked": pl.Int64,
    "made": pl.Int64, "correct": pl.Int64, "precision": pl.Float64, "recall": pl.Float64, "least": pl.Float64, "basis": pl.String,
}  # fmt: skip
_EARLY = 10  # answers below which nothing is said
_ID = ["key", "signal", "signal_version"]


def scored(
    measured: Measured,
    signals: list[Signal],
    modes: Mapping[str, str],
    least: Mapping[str, Decimal],
    target: Decimal,
    truth: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """SCORED: one row per key × signal × basis. `modes`: signal → on, shadow or off; `least`: signal → precision that is asked of it, else
    `target`; `truth`: columns of TRUTH."""
    modes = {**dict.fromkeys(SHADOWS, "shadow"), **modes}
    heard = [each for each in signals if modes.get(each.name) != "off"]
    rows = pl.concat([_hidden(measured, heard), _reviewed(truth, heard)])
    counts: dict[tuple[str, str, str], dict[str, tuple[int, int]]] = {}
    for key, signal, version, basis, _, made, correct in rows.iter_rows():
        counts.setdefault((key, signal, version), {})[basis] = (made, correct)
    judged = []
    for (key, signal, version), by_basis in counts.items():
        asked = least.get(signal, target)
        state = state_of(signal, by_basis, asked)
        judged.append((key, signal, version, _mode(signal, state, modes), state, float(asked)))
    kinds = {name: SCORED[name] for name in (*_ID, "mode", "state", "least")}
    said = pl.DataFrame(judged, schema=kinds, orient="row")
    return (
        rows.join(said, on=_ID)
        .with_columns(
            pl.when(pl.col("made") > 0).then(pl.col("correct") / pl.col("made")).alias("precision"),
            pl.when((pl.col("asked") > 0) & (pl.col("basis") != "review"))
            .then(pl.col("correct") / pl.col("asked"))
            .alias("recall"),
        )
        .select(pl.col(name).cast(kind) for name, kind in SCORED.items())
        .sort(*_ID, "basis")
    )


def with_reviews(bins: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`bins` (BIN_ROWS), and one bin over all scores for each signal and key that only reviewers could measure (SCORED)."""
    ids = bins.select(_ID).unique()
    found = rows.filter(pl.col("basis") == "review", pl.col("made") >= ENOUGH).join(ids, on=_ID, how="anti")
    sure = [lower_end(right, made) for made, right in found.select("made", "correct").iter_rows()]
    told = found.with_columns(low=0.0, high=1.0, confidence=pl.Series(sure, dtype=pl.Float64))
    both = pl.concat([bins, told.select(pl.col(name).cast(kind) for name, kind in BIN_ROWS.items())])
    return both.sort(*_ID, "low")


def state_of(signal: str, by_basis: Mapping[str, tuple[int, int]], least: Decimal) -> str:
    """trusted, demoted or unmeasured. `by_basis`: basis → (made, correct)."""
    reviewed = by_basis.get("review", (0, 0))
    ways = [] if signal in GIVEN else [by_basis[way] for way in WAYS if way in by_basis]
    samples = [(made + reviewed[0], right + reviewed[1]) for made, right in ways if made] or [reviewed]
    found = [_state(made, right, least) for made, right in samples]
    return next((state for state in ("demoted", "trusted") if state in found), "unmeasured")


def _state(made: int, right: int, least: Decimal) -> str:
    if made >= ENOUGH:
        return "trusted" if right >= least * made else "demoted"
    return "demoted" if made >= _EARLY and upper_end(right, made) < float(least) else "unmeasured"


def _mode(signal: str, state: str, modes: Mapping[str, str]) -> str:
    if modes.get(signal) == "shadow":
        return "shadow"
    weak = state == "unmeasured" and PRIORS.get(signal, 0.0) < UNMEASURED_LEAST
    return "review" if weak or state == "demoted" else "on"


_COUNTED = {
    "key": pl.String, "signal": pl.String, "signal_version": pl.String, "basis": pl.String, "asked": pl.Int64, "made": pl.Int64, "correct": pl.Int64,
}  # fmt: skip


def _hidden(measured: Measured, signals: list[Signal]) -> pl.DataFrame:
    names = pl.DataFrame(
        [(each.name, each.version) for each in signals],
        schema={"signal": pl.String, "signal_version": pl.String}, orient="row",
    )  # fmt: skip
    parts = []
    for every in (False, True):
        whole = [
            frame.with_columns(key=pl.lit("")) if every else frame
            for frame in (measured.questions, measured.answers)
        ]
        asked = whole[0].group_by("key", "way").agg(pl.len().alias("asked"))
        said = (
            whole[1].group_by(*_ID, "way").agg(pl.len().alias("made"), pl.col("right").sum().alias("correct"))
        )
        rows = asked.join(names, how="cross").join(said, on=[*_ID, "way"], how="left")
        parts.append(rows.with_columns(pl.col("made", "correct").fill_null(0), basis="way"))
    return pl.concat([_counts(each) for each in parts])


def _reviewed(truth: pl.DataFrame | None, signals: list[Signal]) -> pl.DataFrame:
    """Decisions on these versions of these signals; one on another version says nothing of this one."""
    if truth is None or truth.is_empty():
        return pl.DataFrame(schema=_COUNTED)
    versions = {(each.name, each.version) for each in signals}
    rows = truth.filter(
        pl.Series([pair in versions for pair in truth.select("signal", "signal_version").iter_rows()], dtype=pl.Boolean)
    )  # fmt: skip
    both = pl.concat([rows.select(*_ID, "right"), rows.with_columns(key=pl.lit("")).select(*_ID, "right")])
    found = both.group_by(_ID).agg(pl.len().alias("made"), pl.col("right").sum().alias("correct"))
    return _counts(found.with_columns(asked="made", basis=pl.lit("review")))


def _counts(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(pl.col(name).cast(kind) for name, kind in _COUNTED.items())
