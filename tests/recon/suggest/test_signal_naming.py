"""What does a name say?"""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_estate import estate_of, evidence, item, says

from recon.registry import Rules
from recon.suggest.signals import naming
from recon.suggest.words import phrase, phrases

OWNER, ENVIRONMENT = (1, "cost-center"), (1, "environment")


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("payments-prod-db-1", "environment", "prod"),
        ("payments-prod-db-1", "cost-center", "payments"),
        ("PaymentsProductionDb", "environment", "prod"),
        ("pay_api", "cost-center", "payments"),
        ("x.data.platform.7", "cost-center", "data-platform"),
        ("DataPlatformTest", "cost-center", "data-platform"),
    ],
)
def test_a_word_of_the_name_that_is_a_value_or_an_alias_counts(
    rules: Rules, name: str, key: str, value: str
) -> None:
    assert says(naming, estate_of(rules, [item(1, name=name)]), (1, key)) == {(1, key): [value]}


@pytest.mark.parametrize("name", ["prodigy-api", "payments2", "prod-to-test-sync", "growth-api", ""])
def test_parts_of_words_two_values_and_retired_ones_say_nothing(rules: Rules, name: str) -> None:
    assert says(naming, estate_of(rules, [item(1, name=name)]), OWNER, ENVIRONMENT) == {}


def test_two_words_for_one_value_are_told_by_the_first_of_them(rules: Rules) -> None:
    estate = estate_of(rules, [item(1, name="payments-pay-1")])
    assert evidence(naming, estate, OWNER) == ['Its name payments-pay-1 holds "pay", which means "payments".']


def test_without_a_name_the_last_part_of_the_id_is_read(rules: Rules) -> None:
    estate = estate_of(rules, [item(1, resource_id="arn:aws:rds:eu-west-1:1:db:search-prod")])
    assert says(naming, estate, OWNER) == {OWNER: ["search"]}


def tagged(count: int, odd: int = 0) -> list[tuple[int, str, str]]:
    return [(n, "cost-center", "search" if n - 2 < odd else "payments") for n in range(2, 2 + count)]


def named(count: int) -> list[dict[str, object]]:
    return [item(1, name="ledger-1"), *(item(n, name=f"ledger-{n}") for n in range(2, 2 + count))]


def test_a_word_that_goes_with_one_value_elsewhere_says_it(rules: Rules) -> None:
    estate = estate_of(rules, named(6), tagged(6))
    assert says(naming, estate, OWNER) == {OWNER: ["payments"]}
    assert evidence(naming, estate, OWNER) == [
        '6 of 6 other resources with "ledger" in their names say "payments".'
    ]


@pytest.mark.parametrize(("count", "odd"), [(4, 0), (9, 1), (0, 0)])
def test_too_few_or_too_mixed_say_nothing(rules: Rules, count: int, odd: int) -> None:
    assert says(naming, estate_of(rules, named(count), tagged(count, odd)), OWNER) == {}


def test_nine_in_ten_are_pure_enough(rules: Rules) -> None:
    assert says(naming, estate_of(rules, named(10), tagged(10, 1)), OWNER) == {OWNER: ["payments"]}


def test_the_resource_s_own_tag_is_no_witness(rules: Rules) -> None:
    estate = estate_of(rules, named(4), [*tagged(4), (1, "cost-center", "payments")])
    assert says(naming, estate, OWNER) == {}


def test_a_number_is_no_word(rules: Rules) -> None:
    items = [item(n, name=f"{'abcdefgh'[n]}x-77") for n in range(1, 8)]
    assert says(naming, estate_of(rules, items, tagged(6)), OWNER) == {}


@given(st.text("aB1-_. é", max_size=12))
def test_a_text_is_one_phrase_to_the_table_and_to_the_registry(text: str) -> None:
    found = phrases(pl.DataFrame({"name": [text]}), "name")["phrase"].to_list()
    whole = phrase(text)
    if 0 < len(whole.split("-")) <= 4:
        assert (whole in found) == bool(whole)
