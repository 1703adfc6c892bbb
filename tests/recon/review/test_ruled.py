"""When does a decided value lead, and when is it asked for again?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from reviewers import TODAY, registry_of

from recon.fix.mend import Case, Change, Reader, Target, mend
from recon.fix.ruled import Ruling, before_of, ruled
from recon.fix.verdict_signals import Heard
from recon.registry import in_force

ROW = {
    "signal": "siblings", "signal_version": "1", "value": "search", "score": 0.8, "confidence": 0.6, "mode": "on", "state": "leading",
    "evidence": "says so",
}  # fmt: skip


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(in_force(registry_of(tmp_path), TODAY), lambda text: text)


def case(verdict: str = "untagged", live: Mapping[str, str] | None = None) -> Case:
    return Case(
        "f",
        verdict,
        "aws",
        "1",
        "r",
        "cost-center",
        1,
        "2026-10-01",
        "2026-10-31",
        live,
        None,
        {},
        None,
        None,
        None,
        None,
    )


def test_a_decision_holds_while_the_key_says_what_it_said(reader: Reader) -> None:
    ruling = Ruling("payments", before={"CostCenter": "serch"})
    assert ruling.leads(case(live={"CostCenter": "serch", "other": "x"}), reader)
    assert ruling.leads(case(live=None), reader)
    assert not ruling.leads(case(live={"CostCenter": "search"}), reader)
    assert not ruling.leads(case(live={}), reader)
    assert not Ruling().leads(case(live={}), reader)


def test_long_values_are_compared_by_their_beginning() -> None:
    assert before_of({"k": "x" * 10_000_000}) == before_of({"k": "x" * 512 + "…"})


def test_a_decided_value_leads_over_every_signal() -> None:
    said = ruled(
        Heard("review", "siblings", 0.6, [ROW]), Ruling("payments", says="ana accepted it."), leads=True
    )
    assert said is not None
    assert (said.standing, said.signal, said.confidence, said.values) == (
        "proposed",
        "reviewed",
        1.0,
        ["payments"],
    )
    assert [row["state"] for row in said.rows] == ["leading", "conflict"]


def test_a_decided_value_needs_no_signal_any_more() -> None:
    said = ruled(None, Ruling("payments"), leads=True)
    assert said is not None
    assert said.values == ["payments"]
    assert ruled(None, Ruling("payments"), leads=False) is None


def test_what_waits_for_a_person_is_held_back_and_says_why() -> None:
    said = ruled(Heard("proposed", "alias", 0.99, [ROW]), Ruling("payments", waits="wait"), leads=True)
    assert said is not None
    assert (said.standing, said.note) == ("review", "wait")


def test_a_person_may_say_that_a_variant_means_something_else(reader: Reader) -> None:
    live = {"CostCenter": "pay"}
    other = mend(case("variant", live), reader, Target("search", demanded=True, decided=True))
    assert other is not None
    assert other.changes == (Change("CostCenter", "pay", "search"),)
    assert mend(case("variant", live), reader, Target("search", demanded=True)) is None
