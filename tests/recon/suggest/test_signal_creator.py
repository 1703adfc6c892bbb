"""What do the maker's other resources, or its name, say?"""

from __future__ import annotations

from small_estate import estate_of, evidence, item, says

from recon.registry import Rules
from recon.suggest.estate import Estate
from recon.suggest.signals import creator

OWNER = (1, "cost-center")
ANN = "arn:aws:iam::1:user/ann"


def made(rules: Rules, *values: str) -> Estate:
    items = [item(n, creator=ANN) for n in range(1, 2 + len(values))]
    return estate_of(rules, items, [(n, "cost-center", value) for n, value in enumerate(values, 2)])


def test_what_the_others_of_the_maker_say_is_suggested(rules: Rules) -> None:
    estate = made(rules, "payments", "payments", "payments", "search")
    assert says(creator, estate, OWNER) == {OWNER: ["payments"]}
    assert evidence(creator, estate, OWNER) == [f'3 of 4 other resources of {ANN} say "payments".']


def test_too_few_or_too_mixed_say_nothing(rules: Rules) -> None:
    assert says(creator, made(rules, "payments", "payments"), OWNER) == {}
    assert says(creator, made(rules, *["payments"] * 3, *["search"] * 2), OWNER) == {}


def test_a_maker_that_is_named_like_a_value_says_it(rules: Rules) -> None:
    estate = estate_of(rules, [item(1, creator="arn:aws:sts::1:assumed-role/pay-deployer/ci")])
    assert says(creator, estate, OWNER) == {OWNER: ["payments"]}
    assert "whose name says" in evidence(creator, estate, OWNER)[0]


def test_nothing_is_said_where_nobody_knows_the_maker(rules: Rules) -> None:
    items = [item(1), *(item(n) for n in range(2, 8))]
    assert (
        says(creator, estate_of(rules, items, [(n, "cost-center", "payments") for n in range(2, 8)]), OWNER)
        == {}
    )
