"""What share of answers with such a score was right, and do the confidences that follow from it keep what they promise?

A signal's scores are put into ten bins; neighbours are joined until there is enough to count. A bin's confidence is the lower end of what its
sample allows (Wilson's interval, 90 % one-sided): a few right answers are no certainty. The curve is made of confidences that
other parts of the sample gave: no answer helps to calibrate itself.
"""

from __future__ import annotations

from math import sqrt

import polars as pl

from recon.suggest.accuracy import ANSWERS, FOLDS, WAYS
from recon.suggest.confidence import BINS, Scores, confident

BINNED = 10
ENOUGH = 30  # questions that a signal must have answered about a key before its share counts
_IN_BIN = 20
_Z = 1.2815515655446004  # 90 %, one-sided
BIN_ROWS = {**BINS, "made": pl.Int64, "correct": pl.Int64}
CURVE = {
    "signal": pl.String, "signal_version": pl.String, "way": pl.String, "low": pl.Float64, "high": pl.Float64, "made": pl.Int64,
    "correct": pl.Int64, "expected": pl.Float64,
}  # fmt: skip
_SIGNAL = ["signal", "signal_version"]


def lower_end(right: float, made: float) -> float:
    """The share that is not overstated with 90 % certainty; 0 of nothing. Source: Wilson, Probable Inference (1927)."""
    return _wilson(right, made, -1) if made > 0 else 0.0


def upper_end(right: float, made: float) -> float:
    """The share that is not understated with 90 % certainty; 1 of nothing."""
    return _wilson(right, made, 1) if made > 0 else 1.0


def _wilson(right: float, made: float, side: int) -> float:
    share, z2 = right / made, _Z * _Z
    spread = _Z * sqrt(share * (1 - share) / made + z2 / (4 * made * made))
    return min(max((share + z2 / (2 * made) + side * spread) / (1 + z2 / made), 0.0), 1.0)


def calibrate(answers: pl.DataFrame) -> pl.DataFrame:
    """BIN_ROWS of `answers` (ANSWERS): per signal over all keys (key ""), and by key where enough was said of it.

    A pair that was asked for in both ways counts twice in `made` and `correct`. A bin's confidence is that of the worse way."""
    counts = pl.concat([_counted(answers.with_columns(key=pl.lit(""))), _counted(answers)])
    rows: list[tuple[object, ...]] = []
    for (key, signal, version), part in counts.group_by("key", *_SIGNAL, maintain_order=True):
        if part["pairs"].sum() >= ENOUGH:
            rows += [(key, signal, version, *each) for each in _joined(part)]
    schema = {
        name: BIN_ROWS[name] for name in ("key", *_SIGNAL, "low", "high", "made", "correct", "confidence")
    }
    found = pl.DataFrame(rows, schema=schema, orient="row")
    return found.select(list(BIN_ROWS)).sort("key", *_SIGNAL, "low")


def _counted(answers: pl.DataFrame) -> pl.DataFrame:
    """key, signal, version, bin, pairs, and of each way made and correct."""
    number = (pl.col("score") * BINNED).floor().clip(0, BINNED - 1).cast(pl.Int64).alias("bin")
    right = pl.col("right").cast(pl.Int64)
    counts = [
        count.alias(f"{name} {way}")
        for way in WAYS
        for name, count in (
            ("made", (pl.col("way") == way).cast(pl.Int64).sum()),
            ("right", right.filter(pl.col("way") == way).sum()),
        )
    ]
    pairs = pl.struct("item_no", "key").n_unique().cast(pl.Int64).alias("pairs")
    return answers.group_by("key", *_SIGNAL, number).agg(pairs, *counts).sort("key", *_SIGNAL, "bin")


def _joined(bins: pl.DataFrame) -> list[tuple[float, float, int, int, float]]:
    """(low, high, made, correct, confidence), the lowest first. A score between two bins belongs to the lower one; below the lowest
    nothing was measured."""
    groups: list[list[int]] = []
    for first, *counts in bins.drop("key", *_SIGNAL).sort("bin").iter_rows():
        if groups and groups[-1][1] < _IN_BIN:
            groups[-1] = [groups[-1][0], *_sum(groups[-1][1:], counts)]
        else:
            groups.append([first, *counts])
    if len(groups) > 1 and groups[-1][1] < _IN_BIN:
        last = groups.pop()
        groups[-1] = [groups[-1][0], *_sum(groups[-1][1:], last[1:])]
    ends = [group[0] for group in groups[1:]] + [BINNED]
    found = []
    for (first, pairs, *counts), end in zip(groups, ends, strict=True):
        ways = list(zip(counts[::2], counts[1::2], strict=True))
        made, right = sum(n for n, _ in ways), sum(n for _, n in ways)
        found.append((first / BINNED, end / BINNED, made, right, _confidence(pairs, made, right, ways)))
    return found


def _confidence(pairs: int, made: int, right: int, ways: list[tuple[int, int]]) -> float:
    """Of the worse way; where neither has enough by itself, of both together, in which a pair that was asked for twice is one piece of
    evidence."""
    alone = [lower_end(own, count) for count, own in ways if count >= _IN_BIN]
    return min(alone) if alone else lower_end(right / made * pairs, pairs)


def _sum(one: list[int], other: list[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]


def curve(answers: pl.DataFrame) -> pl.DataFrame:
    """CURVE: what was promised against what was right, per signal and way. `expected`: the mean confidence of the bin's answers, each
    from bins that were made of the other four parts."""
    parts = [
        _promised(answers.filter(pl.col("fold") == fold), answers.filter(pl.col("fold") != fold))
        for fold in range(FOLDS)
    ]
    told = pl.concat([pl.DataFrame(schema={**ANSWERS, "confidence": pl.Float64}), *parts])
    number = (pl.col("confidence") * BINNED).floor().clip(0, BINNED - 1).cast(pl.Int64).alias("bin")
    return (
        told.group_by(*_SIGNAL, "way", number)
        .agg(
            pl.len().cast(pl.Int64).alias("made"),
            pl.col("right").sum().cast(pl.Int64).alias("correct"),
            pl.col("confidence").sort().mean().alias("expected"),
        )
        .with_columns((pl.col("bin") / BINNED).alias("low"), ((pl.col("bin") + 1) / BINNED).alias("high"))
        .select(pl.col(name).cast(kind) for name, kind in CURVE.items())
        .sort(*_SIGNAL, "way", "low")
    )


def _promised(held: pl.DataFrame, rest: pl.DataFrame) -> pl.DataFrame:
    """The answers of a part, with the confidence that the other parts give them."""
    bins = calibrate(rest)
    measured = bins.select(*_SIGNAL).unique()
    asked = held.join(measured, on=_SIGNAL, how="semi").drop("right").with_columns(value=None, evidence=None)
    told = confident(asked, Scores(bins=bins.select(list(BINS)))).select(*ANSWERS_BUT_RIGHT, "confidence")
    rows = told.join(held, on=ANSWERS_BUT_RIGHT)
    return rows.select(*ANSWERS, "confidence")


ANSWERS_BUT_RIGHT = [name for name in ANSWERS if name != "right"]


def calibration_error(curve: pl.DataFrame) -> float | None:
    """The mean distance between promise and outcome, weighted by answers; None without answers."""
    made = int(curve["made"].sum())
    if not made:
        return None
    off = curve.select(((pl.col("expected") * pl.col("made") - pl.col("correct")).abs()).sum()).item()
    return float(off) / made
