"""Which signals were right, by what people decided?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reviewers import registry_of, said

from recon.fix.log import Event
from recon.registry import Registry
from recon.review.decision import Decision
from recon.review.truth import truth

SUGGESTED = (
    {"signal": "siblings", "version": "1", "value": "prod", "confidence": 0.8},
    {"signal": "creator", "version": "2", "value": "test", "confidence": 0.4},
)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return registry_of(tmp_path)


def right(*found: Decision, registry: Registry | None = None) -> dict[str, Any]:
    events = [Event(d.n, d.at, d.by, "review", d.action, d.detail()) for d in found]
    other = Event(99, "2026-11-30T00:00:00.000000Z", "ana", "plan", "x", {"actions": 1})
    rows = truth([*events, other], registry)
    return {f"{row['signal']} {row['signal_version']}": row["right"] for row in rows.to_dicts()}


def test_an_accepted_value_makes_right_who_said_it_and_wrong_who_did_not() -> None:
    assert right(said(1, "ana", value="prod", suggested=SUGGESTED)) == {
        "siblings 1": True,
        "creator 2": False,
    }


def test_a_corrected_value_makes_wrong_all_that_said_another_one() -> None:
    found = said(1, "ana", "correct", "dev", suggested=SUGGESTED)
    assert right(found) == {"siblings 1": False, "creator 2": False}


def test_a_rejected_value_says_nothing_of_signals_that_said_another_one() -> None:
    assert right(said(1, "ana", "reject", "prod", suggested=SUGGESTED)) == {"siblings 1": False}


def test_a_deferral_says_nothing() -> None:
    assert right(said(1, "ana", "defer", None, until="2026-12-01", suggested=SUGGESTED)) == {}


def test_the_newest_decision_counts() -> None:
    found = [
        said(1, "ana", "reject", "prod", suggested=SUGGESTED),
        said(2, "ana", value="prod", suggested=SUGGESTED),
    ]
    assert right(*found) == {"siblings 1": True, "creator 2": False}


def test_where_two_are_asked_one_alone_is_no_truth(registry: Registry) -> None:
    first, second = (said(n, who, value="prod", suggested=SUGGESTED) for n, who in ((1, "ana"), (2, "ben")))
    assert right(first, registry=registry) == {}
    assert right(first, second, registry=registry) == {"siblings 1": True, "creator 2": False}


def test_what_a_third_decides_is_the_truth(registry: Registry) -> None:
    found = [said(1, "ana", value="prod", suggested=SUGGESTED), said(2, "ben", "reject", "prod", suggested=SUGGESTED),
             said(3, "cy", value="test", adjudicates=True, suggested=SUGGESTED)]  # fmt: skip
    assert right(*found, registry=registry) == {"siblings 1": False, "creator 2": True}
