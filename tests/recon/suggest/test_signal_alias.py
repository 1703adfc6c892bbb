"""What does a value that is there mean?"""

from __future__ import annotations

import pytest
from small_estate import ask_of, estate_of, evidence, item, says

from recon.registry import Rules
from recon.suggest.signals import alias

OWNER = (1, "cost-center")


@pytest.mark.parametrize(
    ("raw_key", "text", "meant"),
    [
        ("cost-center", "PAYMENTS", "payments"),
        ("CostCenter", " pay ", "payments"),
        ("COST-CENTER", "search", "search"),
    ],
)
def test_what_folds_to_a_canonical_value_means_it(rules: Rules, raw_key: str, text: str, meant: str) -> None:
    assert says(alias, estate_of(rules, [item(1)], [(1, raw_key, text)]), OWNER) == {OWNER: [meant]}


@pytest.mark.parametrize("text", ["paymnets", "growth", " "])
def test_what_is_not_valid_today_means_nothing(rules: Rules, text: str) -> None:
    assert says(alias, estate_of(rules, [item(1)], [(1, "cost-center", text)]), OWNER) == {}


def test_two_spellings_that_differ_are_two_suggestions(rules: Rules) -> None:
    estate = estate_of(rules, [item(1)], [(1, "cost-center", "pay"), (1, "CostCenter", "SEARCH")])
    assert says(alias, estate, OWNER) == {OWNER: ["payments", "search"]}


def test_the_sentence_names_what_is_there_and_what_it_means(rules: Rules) -> None:
    [sentence] = evidence(alias, estate_of(rules, [item(1)], [(1, "CostCenter", "pay")]), OWNER)
    assert sentence == 'The registry says that CostCenter="pay" means "payments".'


def test_a_hidden_tag_means_nothing(rules: Rules) -> None:
    estate = estate_of(rules, [item(1)], [(1, "CostCenter", "pay")]).without(ask_of(OWNER))
    assert says(alias, estate, OWNER) == {}
