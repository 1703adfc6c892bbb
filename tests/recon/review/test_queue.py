"""What does a person see first, and who is asked about what?"""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewers import CONFLICT, TODAY, actions_of, item, registry_of, said, suggestions_of, voice

from recon.registry import Registry, in_force
from recon.review.matters import matters
from recon.review.queue import items, ranked, waiting


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return registry_of(tmp_path)


def test_money_times_uncertainty_ranks_and_ties_go_by_id() -> None:
    rows = [
        item("a1", confidence=0.5),
        item("a3", confidence=0.9),
        item("a2", confidence=0.5),
        item("a4", effective="-900"),
    ]
    assert [row.id for row in ranked(rows)] == ["a4", "a1", "a2", "a3"]


def test_a_conflict_is_as_unsure_as_can_be() -> None:
    at_odds = item("a1", value=None, voices=CONFLICT, confidence=0.0)
    assert at_odds.priority == Fraction(100)
    assert at_odds.suggested == "payments or search"


def test_the_order_is_exact_where_binary_numbers_would_tie() -> None:
    big, more = "90071992547409.930000000000000000000001", "90071992547409.930000000000000000000002"
    assert float(big) == float(more)
    assert [row.id for row in ranked([item("a1", effective=big), item("a2", effective=more)])] == ["a2", "a1"]


def test_currencies_stand_one_after_the_other_and_are_never_compared() -> None:
    rows = [item("y1", currency="JPY", effective="900000"), item("u1", effective="5"), item("u2", effective="7"),
            item("e1", currency="EUR", effective="1"), item("n1", currency=None, effective=None)]  # fmt: skip
    assert [row.id for row in ranked(rows)] == ["u2", "u1", "e1", "y1", "n1"]


@given(st.lists(st.decimals(-1000, 1000, places=3), min_size=1, max_size=12), st.randoms())
def test_the_rank_does_not_depend_on_the_order_in_which_rows_come(
    amounts: list[Decimal], chance: object
) -> None:
    rows = [item(f"a{n}", effective=str(amount)) for n, amount in enumerate(amounts)]
    mixed = list(rows)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert ranked(mixed) == ranked(rows)


def test_rows_of_the_store_become_items(registry: Registry) -> None:
    state = {"CostCenter": "pay-roll", "Name": "db", "environment": "prod"}
    actions = actions_of(
        {"action_id": "a1", "evidence": json.dumps({"state": state}), "effective_recovered": Decimal(10)},
        {"action_id": "a2", "status": "not-possible"},
        {"action_id": "a3", "status": "applied"},
        {"action_id": "a4", "after_value": None},
    )
    told = suggestions_of(
        {"action_id": "a1", "value": "payments"}, {"action_id": "a1", "signal": "typo", "state": "agrees", "confidence": 0.4},
        {"action_id": "a4", "value": "search", "state": "conflict"}, {"action_id": "a4", "signal": "typo", "state": "conflict"},
    )  # fmt: skip
    first, second = items(actions, told, in_force(registry, TODAY))
    assert (first.id, first.value, first.before, first.conflict) == (
        "a1",
        "payments",
        {"CostCenter": "pay-roll"},
        False,
    )
    assert [(c.signal, c.value) for c in first.candidates] == [("siblings", "payments"), ("typo", "payments")]
    assert (second.id, second.value, second.suggested, second.before) == (
        "a4",
        None,
        "payments or search",
        None,
    )


def test_who_has_decided_is_not_asked_again_and_the_second_is(registry: Registry) -> None:
    known = matters([said(1, "ana", value="prod")], registry, "2026-11-03")
    rows = [item("a1", key="environment", value="prod")]
    assert waiting(rows, known) == rows
    assert waiting(rows, known, "ana") == []
    assert waiting(rows, known, "ben") == rows


def test_a_dispute_is_shown_to_a_third_who_asks_for_it(registry: Registry) -> None:
    known = matters([said(1, "ana", value="prod"), said(2, "ben", "reject", "prod")], registry, "2026-11-03")
    rows = [item("a1", key="environment", value="prod"), item("a2")]
    assert waiting(rows, known, "cy") == rows[1:]
    assert waiting(rows, known, "cy", adjudicate=True) == rows[:1]
    assert waiting(rows, known, "ana", adjudicate=True) == []


def test_a_decision_that_no_longer_fits_the_tags_is_asked_for_again(registry: Registry) -> None:
    known = matters([said(1, "ana", key="cost-center")], registry, "2026-11-03")
    leads = item("a1", voices=[voice("reviewed", "payments", 1.0)])
    assert waiting([leads], known) == []
    assert waiting([item("a1")], known) == [item("a1")]


def test_a_repr_of_an_item_tells_no_value() -> None:
    assert "payments" not in repr(item("a1", tags={"secret": "payments"}))
