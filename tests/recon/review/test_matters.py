"""When is a suggestion decided: by one reviewer, by two, by a third?"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewers import registry_of, said

from recon.registry import Registry
from recon.review.decision import Decision
from recon.review.matters import Matter, matters

LATER = "2026-11-30"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return registry_of(tmp_path)


def matter(registry: Registry | None, *found: Decision, day: str = LATER) -> Matter:
    return matters(found, registry, day)["a1"]


def test_one_reviewer_is_enough_where_the_registry_does_not_ask_for_two(registry: Registry) -> None:
    known = matter(registry, said(1, "ana", key="cost-center"))
    assert (known.state, known.ruling.value, known.ruling.says) == (
        "decided",
        "payments",
        "ana accepted it on 2026-11-01.",
    )


def test_of_one_key_the_newest_decision_counts_whoever_made_it(registry: Registry) -> None:
    known = matter(
        registry, said(1, "ana", key="cost-center"), said(2, "ben", "correct", "search", key="cost-center")
    )
    assert known.ruling.value == "search"


def test_two_reviewers_who_say_the_same_decide(registry: Registry) -> None:
    first = said(1, "ana", value="prod")
    assert matter(registry, first).state == "second"
    assert matter(registry, first).ruling.value is None
    assert "other one's word is awaited" in matter(registry, first).ruling.waits
    assert matter(registry, first, said(2, "ben", value="prod")).ruling.value == "prod"


def test_one_reviewer_who_says_it_twice_is_still_one(registry: Registry) -> None:
    assert matter(registry, said(1, "ana", value="prod"), said(2, "ana", value="prod")).state == "second"


def test_two_who_differ_wait_for_a_third_who_decides(registry: Registry) -> None:
    differ = [said(1, "ana", value="prod"), said(2, "ben", "reject", "prod")]
    assert matter(registry, *differ).state == "dispute"
    assert "third person" in matter(registry, *differ).ruling.waits
    third = said(3, "cy", "reject", "prod", adjudicates=True)
    known = matter(registry, *differ, third)
    assert (known.state, known.ruling.value, known.ruling.waits, set(known.ruling.rejected)) == (
        "open",
        None,
        "",
        {"prod"},
    )


def test_a_reviewer_s_newer_decision_replaces_their_older_one(registry: Registry) -> None:
    differ = [said(1, "ana", value="prod"), said(2, "ben", value="test"), said(3, "ben", value="prod")]
    assert matter(registry, *differ).ruling.value == "prod"


def test_a_decided_one_that_one_of_two_takes_back_waits_for_the_other(registry: Registry) -> None:
    agreed = [said(1, "ana", value="prod"), said(2, "ben", value="prod")]
    assert matter(registry, *agreed, said(3, "ana", "reject", "prod")).state == "second"
    assert matter(registry, *agreed, said(3, "ana", value="prod")).state == "decided"


def test_rejected_values_add_up_and_come_back_when_they_are_accepted() -> None:
    found = [said(1, "ana", "reject", "payments"), said(2, "ana", "reject", "search")]
    assert matter(None, *found).ruling.rejected == {"payments", "search"}
    assert matter(None, *found, said(3, "ana", "accept", "search")).ruling.rejected == {"payments"}


def test_a_deferred_one_is_held_back_until_its_day_and_open_from_then_on() -> None:
    put_off = said(1, "ana", "defer", None, until="2026-11-10")
    assert matter(None, put_off, day="2026-11-09").state == "deferred"
    assert matter(None, put_off, day="2026-11-09").ruling.waits == "Put off until 2026-11-10 by ana."
    assert matter(None, put_off, day="2026-11-10").state == "open"
    assert matter(None, put_off, day="2026-11-10").ruling.waits == ""


def test_a_deferral_that_has_ended_is_no_contradiction(registry: Registry) -> None:
    found = [
        said(1, "ana", "defer", None, until="2026-11-05"),
        said(6, "ben", value="prod"),
        said(7, "cy", value="prod"),
    ]
    assert matter(registry, *found).ruling.value == "prod"


def test_a_decision_taken_again_about_other_tags_is_asked_of_two_again(registry: Registry) -> None:
    agreed = [said(1, "ana", value="prod", before={}), said(2, "ben", value="prod", before={})]
    again = said(3, "ana", value="prod", before={"environment": "test"})
    assert matter(registry, *agreed, again).state == "second"


words = st.tuples(
    st.sampled_from(["ana", "ben", "cy"]),
    st.sampled_from([("accept", "prod"), ("correct", "test"), ("reject", "prod")]),
)


@given(st.lists(words, min_size=1, max_size=12))
def test_a_value_of_two_reviewers_was_always_said_by_two(told: list[tuple[str, tuple[str, str]]]) -> None:
    known = Matter("a1", needs=2)
    for n, (who, (kind, value)) in enumerate(told, 1):
        known.hear(said(n, who, kind, value))
    value = known.ruling.value
    if value is not None:
        assert len({who for who, (kind, said_value) in told if said_value == value and kind != "reject"}) >= 2
    if known.state == "dispute":
        assert len({each.by for each in known.round.values()}) >= 2
