"""Which valid value did a typo mean?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from small_estate import ask_of, estate_of, evidence, item, says

from recon.registry import Rules
from recon.suggest.signals import typo
from recon.suggest.signals.typo import edit_distance

OWNER = (1, "cost-center")
MASKED = "‹masked:0123456789ab›"
TEXT = st.text("abc", max_size=6)


def test_a_typo_is_near_to_the_value_it_meant(rules: Rules) -> None:
    estate = estate_of(rules, [item(1)], [(1, "cost-center", "paymnets")])
    assert says(typo, estate, OWNER) == {OWNER: ["payments"]}
    assert "1 edit away" in evidence(typo, estate, OWNER)[0]


def test_what_is_valid_or_far_from_everything_is_no_typo(rules: Rules) -> None:
    estate = estate_of(
        rules, [item(1), item(2)], [(1, "cost-center", "PAYMENTS"), (2, "cost-center", "zzzzzz")]
    )
    assert says(typo, estate, OWNER, (2, "cost-center")) == {}


def test_a_retired_value_is_never_the_nearest(rules: Rules) -> None:
    assert says(typo, estate_of(rules, [item(1)], [(1, "cost-center", "growht")]), OWNER) == {}


def test_what_is_near_to_a_masked_value_is_not_told(rules: Rules) -> None:
    estate = estate_of(
        rules, [item(1)], [(1, "contact", MASKED)], raw=lambda text: "annn" if text == MASKED else text
    )
    assert rules.value_of("contact", "aws", "annn").nearest == "ann"
    assert says(typo, estate, (1, "contact")) == {}


def test_spellings_near_to_two_values_are_two_suggestions(rules: Rules) -> None:
    estate = estate_of(rules, [item(1)], [(1, "cost-center", "paymnets"), (1, "CostCenter", "saerch")])
    assert says(typo, estate, OWNER) == {OWNER: ["payments", "search"]}


def test_a_nearer_typo_has_the_higher_score(rules: Rules) -> None:
    estate = estate_of(
        rules, [item(1), item(2)], [(1, "cost-center", "paymentss"), (2, "cost-center", "paaymentzz")]
    )
    near, far = typo.suggest(estate, ask_of(OWNER, (2, "cost-center")))["score"]
    assert 0 < far < near < 1


@given(TEXT, TEXT)
def test_the_distance_is_none_from_itself_and_the_same_both_ways(one: str, other: str) -> None:
    assert (edit_distance(one, other) == 0) == (one == other)
    assert edit_distance(one, other) == edit_distance(other, one)


@given(TEXT, st.integers(0, 5))
def test_two_neighbours_swapped_are_one_edit(text: str, at: int) -> None:
    swapped = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
    assert edit_distance(text, swapped) == (swapped != text)
