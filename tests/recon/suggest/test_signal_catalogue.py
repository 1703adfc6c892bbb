"""What does the catalogue demand of many resources, and does it say the same as the registry's own rules, one by one?"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st
from small_estate import estate_of, item, says

from recon.registry import Rules
from recon.suggest.demands import pattern
from recon.suggest.signals import catalogue

ITEMS = [
    item(1, resource_id="arn:aws:s3:::my-Search-Index-1"),
    item(2, resource_id="arn:aws:s3:::ledger"),
    item(3, account_id="901"),
    item(4, account_id="901", provider_id="gcp"),
    item(5, account_id="901", resource_id="x-search-index"),
    item(6, account_id="8"),
    item(7, account_id=None),
]
PAIRS = [(n, key) for n in range(1, 8) for key in ("cost-center", "environment")]


def test_it_says_what_the_registry_expects_of_each_place(rules: Rules) -> None:
    expected = {}
    for row in ITEMS:
        place = {"provider": row["provider_id"], "account": row["account_id"], "resource": row["resource_id"]}
        for key, value in rules.expected(place).items():
            if rules.value_of(key, "", value).valid:
                expected[row["item_no"], key] = [value]
    assert says(catalogue, estate_of(rules, ITEMS), *PAIRS) == expected
    assert len(expected) == 6


def test_a_retired_value_is_not_demanded(rules: Rules) -> None:
    assert says(catalogue, estate_of(rules, ITEMS), (6, "cost-center")) == {}


def test_an_id_of_the_bill_counts_too(rules: Rules) -> None:
    estate = estate_of(rules, [item(1)], billed_ids=[(1, "ARN:aws:s3:::LEDGER")])
    assert says(catalogue, estate, (1, "cost-center")) == {(1, "cost-center"): ["payments"]}


@given(st.text("ab[]*?!-^.\\", max_size=6), st.text("ab[]!-^.\\", max_size=6))
def test_a_glob_means_what_it_means_to_the_registry(glob: str, text: str) -> None:
    try:
        compiled = re.compile(pattern(glob).replace("(?s:", "(?s:", 1))
    except re.error:  # a set such as [b-a], which matches nothing
        assert not fnmatchcase(text, glob)
        return
    assert bool(compiled.match(text)) == fnmatchcase(text, glob)
