"""Is accuracy measured without a look at what was hidden, and would a signal that looks be found out?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from measured_estate import TEAMS, telling

from recon.suggest.accuracy import ANSWERS, FOLDS, WAYS, Measured, canaries, hide_and_ask, part_of, questions
from recon.suggest.calibration import calibrate, calibration_error, curve, lower_end, upper_end
from recon.suggest.estate import Estate, said
from recon.suggest.signals_found import Signal, all_signals

SIGNALS = {signal.name: signal for signal in all_signals()}


def measure(estate: Estate, *signals: Signal, most: int = 4_000) -> Measured:
    return hide_and_ask(estate, signals, str, lambda value: None, most=most)


def precision(measured: Measured, way: str | None = None) -> float | None:
    rows = measured.answers if way is None else measured.answers.filter(pl.col("way") == way)
    return None if rows.is_empty() else int(rows["right"].sum()) / rows.height


def peeking(estate: Estate) -> Signal:
    """A signal that keeps the estate as it was before anything was hidden."""
    return Signal(
        "peeking",
        "1",
        "?",
        lambda hidden, asked: said(
            asked.join(estate.known, on=["item_no", "key"]).with_columns(score=pl.lit(1.0), evidence=pl.lit("I know"))
        ),
    )  # fmt: skip


def test_every_known_tag_is_asked_for_once_in_each_way(tmp_path: Path) -> None:
    estate = telling(tmp_path)
    asked = questions(estate)
    for way in WAYS:
        rows = asked.filter(pl.col("way") == way)
        assert rows.select("item_no", "key", "value").sort("item_no", "key").equals(estate.known.sort("item_no", "key"))  # fmt: skip
        assert set(rows["fold"]) == set(range(FOLDS))
        assert rows.select("item_no", "fold").unique().height == estate.items.height


def test_groups_are_hidden_as_a_whole_and_single_ones_are_not(tmp_path: Path) -> None:
    estate = telling(tmp_path)
    asked = questions(estate).join(
        estate.items.filter(pl.col("stack").is_not_null()).select("item_no", "account_id", "stack"), on="item_no"
    )  # fmt: skip
    parts = {
        way: asked.filter(pl.col("way") == way).group_by("account_id", "stack").agg(pl.col("fold").n_unique())
        for way in WAYS
    }
    assert parts["grouped"]["fold"].max() == 1
    assert parts["single"]["fold"].max() > 1  # type: ignore[operator]


def test_parts_depend_on_ids_only(tmp_path: Path) -> None:
    estate = telling(tmp_path)
    turned = replace(estate, items=estate.items.reverse(), known=estate.known.reverse())
    assert questions(estate).equals(questions(turned))
    half = questions(estate, most=100)
    assert half["item_no"].n_unique() == 100
    assert half.join(questions(estate), on=half.columns, how="anti").is_empty()


def test_the_same_answers_twice(tmp_path: Path) -> None:
    estate = telling(tmp_path)
    one, other = (measure(estate, *all_signals()) for _ in range(2))
    assert one.answers.equals(other.answers)
    assert curve(one.answers).equals(curve(other.answers))


def test_what_names_and_stacks_tell_is_found_and_counted(tmp_path: Path) -> None:
    estate = telling(tmp_path)
    for name in ("naming", "learned"):
        found = measure(estate, SIGNALS[name])
        assert found.answers.filter(pl.col("key") == "team").height > 200
        assert (precision(found, "single") or 0) > 0.8


def test_nobody_is_right_about_what_nobody_can_know(tmp_path: Path) -> None:
    estate = canaries(telling(tmp_path), "team")
    found = measure(estate, *all_signals())
    assert found.questions.height == 2 * estate.items.height
    assert not found.answers["right"].any()


def test_a_signal_that_looks_at_hidden_tags_is_found_out(tmp_path: Path) -> None:
    estate = canaries(telling(tmp_path), "team")
    found = measure(estate, peeking(estate))
    assert precision(found) == 1.0


def test_on_shuffled_tags_nothing_beats_chance(tmp_path: Path) -> None:
    estate = telling(tmp_path, resources=600, shuffled=True)
    found = measure(estate, SIGNALS["learned"], SIGNALS["naming"], SIGNALS["siblings"])
    chance = 1 / len(TEAMS)
    for (signal,), rows in found.answers.group_by("signal"):
        assert lower_end(int(rows["right"].sum()), rows.height) < chance + 0.05, signal


def test_a_signal_of_two_values_is_right_only_where_both_are(tmp_path: Path) -> None:
    estate = telling(tmp_path)
    pairs = estate.known.filter(pl.col("key") == "team")
    both = pl.concat([pairs, pairs.with_columns(value=pl.lit("search"))]).unique()
    two = Signal(
        "two", "1", "?",
        lambda hidden, asked: said(
            asked.join(both, on=["item_no", "key"]).with_columns(score=pl.lit(1.0), evidence=pl.lit("says"))
        ),
    )  # fmt: skip
    found = measure(estate, two)
    assert found.answers.height == 2 * pairs.height
    assert found.answers["right"].sum() == 2 * pairs.filter(pl.col("value") == "search").height


def test_of_a_large_estate_a_part_stands_for_all(tmp_path: Path) -> None:
    estate = telling(tmp_path)
    part = part_of(estate, 100)
    assert part.items.height == 100
    assert part.known["item_no"].is_in(part.items["item_no"].implode()).all()
    # accounts stay together: only the last one is cut
    whole = (
        estate.items.group_by("account_id")
        .len()
        .join(part.items.group_by("account_id").len(), on="account_id")
    )
    assert whole.filter(pl.col("len") != pl.col("len_right")).height <= 1


def answers(*rows: tuple[int, str, float, bool]) -> pl.DataFrame:
    """(item, way, score, right)"""
    return pl.DataFrame(
        [(n, "team", "s", "1", way, n % FOLDS, score, right) for n, way, score, right in rows], schema=ANSWERS, orient="row"
    )  # fmt: skip


def test_a_bin_promises_the_lower_end_of_the_worse_way() -> None:
    rows = [(n, "single", 0.95, True) for n in range(40)] + [(n, "grouped", 0.95, n < 30) for n in range(40)]
    [row] = calibrate(answers(*rows)).filter(pl.col("key") == "team").iter_rows(named=True)
    assert (row["low"], row["high"], row["made"], row["correct"]) == (0.9, 1.0, 80, 70)
    assert row["confidence"] == pytest.approx(lower_end(30, 40))


def test_too_few_answers_have_no_bins_and_small_bins_are_joined() -> None:
    assert calibrate(answers(*((n, "single", 0.5, True) for n in range(29)))).is_empty()
    rows = [(n, "single", 0.15, False) for n in range(5)] + [(n, "single", 0.75, True) for n in range(5, 45)]
    bins = calibrate(answers(*rows)).filter(pl.col("key") == "team")
    assert bins.select("low", "high", "made").rows() == [(0.1, 1.0, 45)]


def test_a_score_between_two_bins_belongs_to_the_lower_one() -> None:
    rows = [(n, "single", 0.25, n < 10) for n in range(30)] + [
        (n, "single", 0.85, True) for n in range(30, 60)
    ]
    bins = calibrate(answers(*rows)).filter(pl.col("key") == "")
    assert bins.select("low", "high").rows() == [(0.2, 0.8), (0.8, 1.0)]


def test_no_answer_calibrates_itself() -> None:
    # right in one part only: the other parts promise next to nothing for it, and it is promised much for them
    rows = [(n, "single", 0.95, n % FOLDS == 0) for n in range(200)]
    found = curve(answers(*rows))
    promised = {
        round(row["correct"] / row["made"], 2): row["expected"] for row in found.iter_rows(named=True)
    }
    assert promised[1.0] < 0.05
    assert promised[0.0] > 0.15
    assert (calibration_error(found) or 0) > 0.3


def test_promises_that_hold_have_little_error() -> None:
    found = curve(answers(*((n, "single", 0.95, n // FOLDS % 10 != 0) for n in range(1_000))))
    assert (calibration_error(found) or 1) < 0.03
    assert calibration_error(found.head(0)) is None


@pytest.mark.parametrize(("right", "made"), [(0, 0), (0, 7), (7, 7), (3, 7), (900, 1_000)])
def test_the_ends_hold_the_share(right: int, made: int) -> None:
    low, high = lower_end(right, made), upper_end(right, made)
    assert 0 <= low <= (right / made if made else 0.5) <= high <= 1
