"""Which value is decided on, and what is said of those who say otherwise?"""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.suggest.agree import HEARD, agree

NAMES = ["alias", "catalogue", "naming", "siblings", "typo"]


def heard(*rows: tuple[str, str, float, str]) -> pl.DataFrame:
    """(signal, value, confidence, mode) of one resource and key."""
    return pl.DataFrame(
        [(1, "owner", value, 1.0, "says so", signal, "1", sure, mode) for signal, value, sure, mode in rows],
        schema=HEARD, orient="row",
    )  # fmt: skip


def decided(frame: pl.DataFrame, least: dict[str, float] | None = None) -> Any:
    return agree(frame, least).decided.select("value", "signal", "confidence", "standing").rows()


def states(frame: pl.DataFrame) -> dict[str, str | None]:
    return dict(agree(frame).rows.select("signal", "state").iter_rows())


def test_the_surest_leads_and_agreement_makes_nobody_surer() -> None:
    frame = heard(("typo", "a", 0.7, "on"), ("siblings", "a", 0.8, "on"))
    assert decided(frame) == [("a", "siblings", 0.8, "proposed")]
    assert states(frame) == {"siblings": "leading", "typo": "agrees"}


def test_two_values_are_a_conflict_and_never_averaged() -> None:
    frame = heard(("typo", "a", 0.7, "on"), ("siblings", "b", 0.99, "on"))
    [(value, signal, _, standing)] = decided(frame)
    assert (value, signal, standing) == (None, None, "conflict")
    assert states(frame) == {"siblings": "conflict", "typo": "conflict"}


def test_who_may_not_propose_can_not_contradict() -> None:
    frame = heard(("typo", "a", 0.7, "on"), ("siblings", "b", 0.99, "review"))
    assert decided(frame) == [("a", "typo", 0.7, "proposed")]
    assert states(frame) == {"siblings": "conflict", "typo": "leading"}


def test_what_the_registry_demands_goes_before_what_is_inferred() -> None:
    frame = heard(("typo", "a", 0.99, "on"), ("catalogue", "b", 0.9, "on"))
    assert decided(frame) == [("b", "catalogue", 0.9, "proposed")]


def test_a_demoted_signal_alone_goes_to_review() -> None:
    assert decided(heard(("naming", "a", 0.5, "review"))) == [("a", "naming", 0.5, "review")]


def test_less_sure_than_the_key_asks_for_goes_to_review() -> None:
    frame = heard(("typo", "a", 0.7, "on"))
    assert decided(frame, {"owner": 0.8}) == [("a", "typo", 0.7, "review")]
    assert decided(frame, {"other": 0.8}) == [("a", "typo", 0.7, "proposed")]


def test_two_demoted_ones_that_differ_are_a_conflict() -> None:
    frame = heard(("naming", "a", 0.5, "review"), ("siblings", "b", 0.6, "review"))
    assert decided(frame)[0][3] == "conflict"


def test_a_signal_that_says_two_values_contradicts_itself() -> None:
    assert decided(heard(("typo", "a", 0.7, "on"), ("typo", "b", 0.7, "on")))[0][3] == "conflict"


@pytest.mark.parametrize("others", [[], [("typo", "a", 0.7, "on")]])
def test_a_shadow_changes_nothing(others: list[tuple[str, str, float, str]]) -> None:
    frame = heard(("naming", "b", 0.99, "shadow"), *others)
    assert decided(frame) == (decided(heard(*others)) if others else [])
    assert states(frame)["naming"] == ("conflict" if others else None)


ROW = st.tuples(
    st.sampled_from(NAMES), st.sampled_from("ab"), st.sampled_from([0.5, 0.7, 0.9]), st.sampled_from(["on", "review", "shadow"])
)  # fmt: skip


@given(st.lists(ROW, max_size=6, unique_by=lambda row: (row[0], row[1])), st.randoms())
def test_the_order_of_voices_never_counts(rows: list[tuple[str, str, float, str]], random: Any) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = agree(heard(*rows)), agree(heard(*shuffled))
    assert one.decided.equals(other.decided)
    assert one.rows.equals(other.rows)


@given(st.lists(ROW, max_size=6, unique_by=lambda row: (row[0], row[1])))
def test_nothing_is_proposed_that_somebody_who_may_propose_denies(
    rows: list[tuple[str, str, float, str]],
) -> None:
    for value, _, _, standing in decided(heard(*rows)):
        strong = {v for signal, v, _, mode in rows if mode == "on"}
        demanded = {v for signal, v, _, mode in rows if mode == "on" and signal == "catalogue"}
        if standing == "proposed":
            assert (demanded or strong) == {value}
