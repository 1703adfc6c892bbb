"""Does a gate judge what it was asked to judge, and say what it will not?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from recon.errors import InputError
from recon.gates import Gate, evaluate, parse_gates

KEYS = ("cost-center", "environment", "aws:createdBy", "a=b")


def row(**changes: Any) -> dict[str, Any]:
    shares = {"by_cost": 0.9, "by_cost_taggable": 0.95, "by_count": 0.5, "by_count_taggable": 0.6}
    plain = {"billing_period": "2026-10", "currency": "USD", "key": "cost-center", "scope": "all"}
    return {**plain, **shares, **changes}


def only(text: str) -> Gate:
    (gate,) = parse_gates([text], KEYS)
    return gate


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("cost-center=95", "by_cost"),
        ("cost-center=95:taggable", "by_cost_taggable"),
        ("cost-center=95:count", "by_count"),
        ("cost-center=95:taggable:count", "by_count_taggable"),
        ("cost-center=95:count:taggable", "by_count_taggable"),
    ],
)
def test_the_words_behind_the_percentage_choose_the_column(text: str, column: str) -> None:
    assert only(text).column == column


def test_a_key_may_hold_the_signs_of_the_gate_itself() -> None:
    assert (only("aws:createdBy=10").key, only("a=b=10:count").key) == ("aws:createdBy", "a=b")


def test_a_percentage_may_have_decimals_and_its_sign() -> None:
    assert only("cost-center=99.95 %").percent == Decimal("99.95")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cost-center", "KEY=PERCENT"),
        ("=95", "KEY=PERCENT"),
        ("cost-center=", "KEY=PERCENT"),
        ("cost-center=most", "no percentage"),
        ("cost-center=NaN", "between 0 and 100"),
        ("cost-center=101", "between 0 and 100"),
        ("cost-center=-1", "between 0 and 100"),
        ("cost-center=0.95", "percent, not a share"),
        ("cost-center=95:tagable", "only \":taggable\" and \":count\""),
        ("cost-center=95:count:count", "each once"),
        ("cost-centre=95", 'Did you mean "cost-center"?'),
    ],
)  # fmt: skip
def test_what_is_no_gate_is_refused_with_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_gates([text], KEYS)
    assert said in str(refused.value)
    assert "--fail-under" in str(refused.value)


def test_a_gate_is_met_at_exactly_its_percentage() -> None:
    assert [p.met for p in evaluate([only("cost-center=90")], [row()], "2026-10")] == [True]


def test_a_gate_is_missed_a_hair_below_its_percentage() -> None:
    missed = evaluate([only("cost-center=90")], [row(by_cost=0.8999999999)], "2026-10")
    assert [p.met for p in missed] == [False]


def test_every_currency_is_judged_on_its_own() -> None:
    rows = [row(), row(currency="EUR", by_cost=0.1)]
    assert [(p.currency, p.met) for p in evaluate([only("cost-center=50")], rows, "2026-10")] == [
        ("EUR", False),
        ("USD", True),
    ]


def test_a_share_that_is_not_known_misses_even_a_gate_of_zero() -> None:
    (answer,) = evaluate([only("cost-center=0")], [row(by_cost=None)], "2026-10")
    assert (answer.share, answer.met) == (None, False)


def test_a_gate_without_any_coverage_is_missed() -> None:
    (answer,) = evaluate([only("environment=1")], [row()], "2026-10")
    assert not answer.met


def test_other_periods_and_scopes_do_not_count() -> None:
    rows = [row(billing_period="2026-09", by_cost=0.1), row(scope="provider:aws", by_cost=0.1), row()]
    assert [p.met for p in evaluate([only("cost-center=90")], rows, "2026-10")] == [True]
