"""What do containers pass on, and does a binding one demand it?"""

from __future__ import annotations

from small_estate import ask_of, estate_of, evidence, item, says

from recon.registry import Rules
from recon.suggest.estate import Estate
from recon.suggest.signals import catalogue, container

OWNER = (1, "cost-center")
PLACES = [(1, "resource-group", 2), (1, "sub-account", 3), (3, "sub-account", 3)]


def nested(rules: Rules, *tags: tuple[int, str, str]) -> Estate:
    items = [item(1), item(2, resource_id="group"), item(3, resource_id="account")]
    return estate_of(rules, items, tags, places=PLACES)


def test_the_nearest_container_counts(rules: Rules) -> None:
    estate = nested(rules, (2, "cost-center", "Payments"), (3, "cost-center", "search"))
    assert says(container, estate, OWNER) == {OWNER: ["payments"]}
    assert evidence(container, estate, OWNER) == ['Its resource group group says "payments".']


def test_a_container_with_an_invalid_value_is_passed_over(rules: Rules) -> None:
    estate = nested(rules, (2, "cost-center", "paymnets"), (3, "cost-center", "search"))
    assert says(container, estate, OWNER) == {OWNER: ["search"]}


def test_a_container_passes_nothing_on_to_itself(rules: Rules) -> None:
    assert says(container, nested(rules, (3, "cost-center", "search")), (3, "cost-center")) == {}


def test_hiding_a_container_s_tag_hides_what_it_passes_on(rules: Rules) -> None:
    estate = nested(rules, (2, "cost-center", "payments")).without(ask_of((2, "cost-center")))
    assert says(container, estate, OWNER) == {}


def test_a_binding_container_is_a_demand(rules: Rules) -> None:
    estate = nested(rules, (2, "cost-center", "payments"), (3, "cost-center", "search"))
    assert says(catalogue, estate, OWNER) == {OWNER: ["search"]}
    assert "binding" in evidence(catalogue, estate, OWNER)[0]


def test_a_container_that_is_not_binding_demands_nothing(rules: Rules) -> None:
    estate = nested(rules, (3, "environment", "prod"))
    assert says(container, estate, (1, "environment")) == {(1, "environment"): ["prod"]}
    assert says(catalogue, estate, (1, "environment")) == {}
