"""When is a signal trusted, when demoted, and when is too little known?"""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from recon.suggest.accuracy import ANSWERS, QUESTIONS, Measured
from recon.suggest.calibration import BIN_ROWS, lower_end
from recon.suggest.signals_found import Signal
from recon.suggest.thresholds import TRUTH, scored, state_of, with_reviews

LEAST = Decimal("0.9")
SIGNALS = [Signal(name, "1", "?", lambda estate, asked: asked) for name in ("naming", "typo", "catalogue", "learned")]  # fmt: skip


@pytest.mark.parametrize(
    ("made", "right", "state"),
    [
        (30, 27, "trusted"),  # just what is asked
        (30, 26, "demoted"),
        (29, 29, "unmeasured"),
        (29, 26, "unmeasured"),
        (29, 10, "demoted"),  # even the upper end of so few is less
        (0, 0, "unmeasured"),
        (10, 5, "demoted"),
        (9, 0, "unmeasured"),  # so few say nothing
        (1_000, 900, "trusted"),
        (1_000, 899, "demoted"),
    ],
)
def test_the_edges(made: int, right: int, state: str) -> None:
    assert state_of("naming", {"single": (made, right)}, LEAST) == state


def test_the_worse_way_counts() -> None:
    good, bad = (100, 99), (100, 50)
    assert state_of("naming", {"single": good, "grouped": bad}, LEAST) == "demoted"
    assert state_of("naming", {"single": good, "grouped": (5, 5)}, LEAST) == "trusted"


def test_decisions_count_beside_what_was_hidden() -> None:
    assert state_of("naming", {"single": (30, 27), "review": (10, 0)}, LEAST) == "demoted"
    assert state_of("naming", {"single": (20, 20), "review": (10, 10)}, LEAST) == "trusted"
    assert state_of("naming", {"single": (0, 0), "review": (30, 30)}, LEAST) == "trusted"


@pytest.mark.parametrize("signal", ["alias", "catalogue"])
def test_only_reviewers_demote_the_registry_s_own_word(signal: str) -> None:
    assert state_of(signal, {"single": (100, 10)}, LEAST) == "unmeasured"
    assert state_of(signal, {"single": (100, 100), "review": (30, 10)}, LEAST) == "demoted"


def measured(*rows: tuple[str, str, int, int]) -> Measured:
    """(key, signal, made, right), all by single hiding; 100 questions per key."""
    asked = [(n, key, "single", n % 5, "v") for key in sorted({row[0] for row in rows}) for n in range(100)]
    said = [
        (n, key, signal, "1", "single", n % 5, 1.0, n < right) for key, signal, made, right in rows for n in range(made)
    ]  # fmt: skip
    return Measured(
        pl.DataFrame(asked, schema={"item_no": pl.Int64, "key": pl.String, "way": pl.String, "fold": pl.Int64, "value": pl.String}, orient="row").select(list(QUESTIONS)),
        pl.DataFrame(said, schema=ANSWERS, orient="row"),
    )  # fmt: skip


def rows(*args: object, **more: object) -> dict[tuple[str, str, str], dict[str, object]]:
    found = scored(*args, **more)  # type: ignore[arg-type]
    return {(row["key"], row["signal"], row["basis"]): row for row in found.iter_rows(named=True)}


def test_precision_and_recall_by_key_and_over_all_keys() -> None:
    found = rows(measured(("a", "naming", 50, 45), ("b", "naming", 50, 25)), SIGNALS, {}, {}, LEAST)
    assert [found["a", "naming", "single"][c] for c in ("asked", "made", "correct", "precision", "recall", "state", "mode")] == [100, 50, 45, 0.9, 0.45, "trusted", "on"]  # fmt: skip
    assert [found["b", "naming", "single"][c] for c in ("state", "mode", "least")] == [
        "demoted",
        "review",
        0.9,
    ]
    assert [found["", "naming", "single"][c] for c in ("asked", "made", "correct")] == [200, 100, 70]


def test_what_was_not_heard_has_its_row_and_goes_by_its_prior() -> None:
    found = rows(measured(("a", "naming", 50, 45)), SIGNALS, {}, {}, LEAST)
    assert [found["a", "typo", "single"][c] for c in ("made", "precision", "state", "mode")] == [0, None, "unmeasured", "on"]  # fmt: skip
    fresh = rows(measured(("a", "naming", 20, 20)), SIGNALS, {}, {}, LEAST)
    assert [fresh["a", "naming", "single"][c] for c in ("state", "mode")] == ["unmeasured", "review"]


def test_a_shadow_is_scored_and_stays_one_and_what_is_off_has_no_row() -> None:
    asked = measured(("a", "naming", 50, 50), ("a", "learned", 50, 50))
    found = rows(asked, SIGNALS, {"naming": "shadow", "typo": "off"}, {}, LEAST)
    assert [found["a", "naming", "single"][c] for c in ("state", "mode")] == ["trusted", "shadow"]
    assert found["a", "learned", "single"]["mode"] == "shadow"
    assert ("a", "typo", "single") not in found
    assert rows(asked, SIGNALS, {"learned": "on"}, {}, LEAST)["a", "learned", "single"]["mode"] == "on"


def test_a_signal_s_own_least_goes_before_the_target() -> None:
    found = rows(measured(("a", "naming", 50, 45)), SIGNALS, {}, {"naming": Decimal("0.95")}, LEAST)
    assert found["a", "naming", "single"]["state"] == "demoted"


def decided(count: int, right: int, signal: str = "naming", version: str = "1") -> pl.DataFrame:
    made = [(f"r{n}", "a", signal, version, n < right) for n in range(count)]
    return pl.DataFrame(made, schema=TRUTH, orient="row")


def test_decisions_have_rows_of_their_own_and_move_the_state() -> None:
    asked = measured(("a", "naming", 50, 46))
    found = rows(asked, SIGNALS, {}, {}, LEAST, decided(20, 5))
    assert [found["a", "naming", "review"][c] for c in ("made", "correct", "precision", "recall")] == [20, 5, 0.25, None]  # fmt: skip
    assert {found["a", "naming", basis]["state"] for basis in ("single", "review")} == {"demoted"}


def test_decisions_on_another_version_say_nothing() -> None:
    found = rows(measured(("a", "naming", 50, 46)), SIGNALS, {}, {}, LEAST, decided(20, 0, version="0"))
    assert ("a", "naming", "review") not in found
    assert found["a", "naming", "single"]["state"] == "trusted"


def test_what_only_reviewers_can_measure_gets_its_confidence_from_them() -> None:
    found = scored(measured(("a", "naming", 1, 1)), SIGNALS, {}, {}, LEAST, decided(40, 38, "typo"))
    bins = with_reviews(pl.DataFrame(schema=BIN_ROWS), found).filter(pl.col("key") == "a")
    [row] = bins.iter_rows(named=True)
    assert (row["signal"], row["low"], row["high"], row["confidence"]) == ("typo", 0.0, 1.0, pytest.approx(lower_end(38, 40)))  # fmt: skip
