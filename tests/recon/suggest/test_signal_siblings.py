"""What do resources of the same stack or group say?"""

from __future__ import annotations

import pytest
from small_estate import ask_of, estate_of, evidence, item, says

from recon.registry import Rules
from recon.suggest.estate import Estate
from recon.suggest.signals import siblings

OWNER = (1, "cost-center")


def crowd(rules: Rules, *values: str, column: str = "stack", first: str | None = None) -> Estate:
    items = [item(n, **{column: "shop"}) for n in range(1, 2 + len(values))]
    tags = [(n, "cost-center", value) for n, value in enumerate(values, 2)]
    return estate_of(rules, items, [*tags, *([(1, "cost-center", first)] if first else [])])


@pytest.mark.parametrize("column", ["stack", "group"])
def test_what_most_siblings_say_is_suggested_with_their_number(rules: Rules, column: str) -> None:
    estate = crowd(rules, *["payments"] * 7, "search", column=column)
    assert says(siblings, estate, OWNER) == {OWNER: ["payments"]}
    assert evidence(siblings, estate, OWNER) == [f'7 of 8 resources of {column} shop say "payments".']


@pytest.mark.parametrize("values", [["payments"], ["payments", "payments", "search", "search"], []])
def test_one_alone_and_a_tie_say_nothing(rules: Rules, values: list[str]) -> None:
    assert says(siblings, crowd(rules, *values), OWNER) == {}


def test_its_own_tag_does_not_count(rules: Rules) -> None:
    assert says(siblings, crowd(rules, "payments", first="payments"), OWNER) == {}
    assert evidence(siblings, crowd(rules, "search", "search", first="payments"), OWNER) == [
        '2 of 2 resources of stack shop say "search".'
    ]


def test_a_stack_of_the_same_name_in_another_account_is_another(rules: Rules) -> None:
    items = [item(1, stack="shop"), *(item(n, stack="shop", account_id="2") for n in (2, 3, 4))]
    estate = estate_of(rules, items, [(n, "cost-center", "payments") for n in (2, 3, 4)])
    assert says(siblings, estate, OWNER) == {}


def test_of_stack_and_group_the_surer_counts(rules: Rules) -> None:
    items = [
        item(1, stack="s", group="g"),
        *(item(n, stack="s") for n in (2, 3)),
        *(item(n, group="g") for n in range(4, 12)),
    ]
    tags = [(n, "cost-center", "payments" if n < 4 else "search") for n in range(2, 12)]
    assert says(siblings, estate_of(rules, items, tags), OWNER) == {OWNER: ["search"]}


def test_more_voices_give_a_higher_score(rules: Rules) -> None:
    few, many = (
        siblings.suggest(crowd(rules, *["payments"] * n), ask_of(OWNER))["score"][0] for n in (2, 20)
    )
    assert 0 < few < many < 1
