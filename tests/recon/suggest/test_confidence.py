"""How sure is what was said: measured where it was, else cautious?"""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from recon.store.store import Limits, StorePaths, working_copy
from recon.suggest.ask import _KINDS
from recon.suggest.confidence import BINS, PRIORS, SCORES, SHADOWS, Scores, confident, load_scores
from recon.suggest.signals_found import all_signals


def heard(*rows: tuple[str, str, float]) -> pl.DataFrame:
    """(signal, key, score)."""
    return pl.DataFrame(
        [(1, key, "v", score, "says so", signal, "1") for signal, key, score in rows],
        schema=_KINDS,
        orient="row",
    )


def measured(scores: list[tuple[Any, ...]] = [], bins: list[tuple[Any, ...]] = []) -> Scores:  # noqa: B006
    return Scores(
        pl.DataFrame(scores, schema=SCORES, orient="row"), pl.DataFrame(bins, schema=BINS, orient="row")
    )


def told(frame: pl.DataFrame, *rest: Any) -> list[tuple[float, str]]:
    return list(confident(frame, *rest).select("confidence", "mode").iter_rows())


@pytest.mark.parametrize(("signal", "prior"), sorted(PRIORS.items()))
def test_what_is_known_by_rule_has_its_prior_and_may_propose(signal: str, prior: float) -> None:
    assert told(heard((signal, "owner", 0.3))) == [(prior, "on")]


@pytest.mark.parametrize("signal", sorted({s.name for s in all_signals()} - PRIORS.keys() - {*SHADOWS}))
def test_a_guess_is_cautious_and_goes_to_review_until_it_is_measured(signal: str) -> None:
    [(sure, mode), (less, _)] = told(heard((signal, "owner", 1.0), (signal, "owner", 0.5)))
    assert mode == "review"
    assert 0 < less < sure < 0.7


def test_a_measured_bin_counts_and_the_last_one_holds_the_one() -> None:
    bins = [("", "naming", "1", 0.0, 0.5, 0.2), ("", "naming", "1", 0.5, 1.0, 0.93)]
    scores = measured([("", "naming", "1", "on", 0.9)], bins)
    rows = heard(("naming", "owner", 0.49), ("naming", "owner", 0.5), ("naming", "owner", 1.0))
    assert told(rows, scores) == [(0.2, "on"), (0.93, "on"), (0.93, "on")]


def test_the_key_s_own_figures_go_before_those_over_all_keys() -> None:
    scores = measured(
        [("", "naming", "1", "on", 0.9), ("owner", "naming", "1", "review", 0.9)],
        [("", "naming", "1", 0.0, 1.0, 0.9), ("owner", "naming", "1", 0.0, 1.0, 0.4)],
    )
    rows = heard(("naming", "owner", 0.5), ("naming", "other", 0.5))
    assert told(rows, scores) == [(0.4, "review"), (0.9, "on")]


def test_figures_of_another_version_say_nothing() -> None:
    scores = measured([("", "naming", "0", "on", 0.9)], [("", "naming", "0", 0.0, 1.0, 0.99)])
    assert told(heard(("naming", "owner", 1.0)), scores) == told(heard(("naming", "owner", 1.0)))


def test_a_demoted_catalogue_proposes_nothing() -> None:
    assert (
        told(heard(("catalogue", "owner", 1.0)), measured([("", "catalogue", "1", "review", 0.9)]))[0][1]
        == "review"
    )


def test_what_is_configured_as_a_shadow_stays_one() -> None:
    scores = measured([("", "typo", "1", "on", 0.9)])
    assert told(heard(("typo", "owner", 1.0)), scores, {"typo": "shadow"})[0][1] == "shadow"


def test_the_store_keeps_what_was_measured(tmp_path: Any) -> None:
    with working_copy(StorePaths(tmp_path / "s.duckdb"), Limits(threads=1)) as con:
        con.execute(
            "INSERT INTO base.signal_score (key, signal, signal_version, mode, least) VALUES ('', 'typo', '1', 'on', 0.9)"
        )
        con.execute("INSERT INTO base.signal_bin VALUES ('', 'typo', '1', 0.5, 1.0, 10, 9, 0.61)")
        assert told(heard(("typo", "owner", 0.8)), load_scores(con)) == [(0.61, "on")]
