"""Which decisions are taken, which are refused, and what stands in the log?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reviewers import CONFLICT, bench, item, registry_of, said, voice

from recon.errors import InputError
from recon.registry import Registry
from recon.review.deciding import Word, decide
from recon.review.matters import matters

MARK = "‹masked:0123456789ab›"
OTHER = "‹masked:ba9876543210›"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return registry_of(tmp_path)


def detail(registry: Registry, word: Word, **more: Any) -> Any:
    news = decide(bench(registry), item(**more), word)
    assert news is not None
    return news.detail


def test_an_accepted_suggestion_stands_in_the_log_with_what_was_said(registry: Registry) -> None:
    news = decide(bench(registry), item(), Word("accept", comment="sure"))
    assert news is not None
    assert (news.who, news.what, news.subject) == ("ana", "review", "a1")
    assert news.detail == {
        "decision": "accept", "value": "payments", "comment": "sure", "provider": "aws", "account": "1", "resource": "r-a1",
        "key": "cost-center", "before": {},
        "suggested": [{"signal": "siblings", "version": "1", "value": "payments", "confidence": 0.7}],
    }  # fmt: skip


def test_a_correction_is_kept_in_its_canonical_form(registry: Registry) -> None:
    told = detail(registry, Word("Correct", " SEARCH "))
    assert (told["decision"], told["value"]) == ("correct", "search")


def test_a_correction_to_what_a_signal_says_is_an_acceptance(registry: Registry) -> None:
    told = detail(registry, Word("correct", "pay"))
    assert (told["decision"], told["value"]) == ("accept", "payments")


def test_in_a_conflict_the_value_is_named(registry: Registry) -> None:
    at_odds = {"value": None, "voices": CONFLICT}
    assert detail(registry, Word("accept", "Search"), **at_odds)["value"] == "search"
    with pytest.raises(InputError, match="name the value that is accepted: payments, search"):
        detail(registry, Word("accept"), **at_odds)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        (
            Word("acept"),
            'unknown decision "acept"; allowed: accept, reject, correct, defer. Did you mean "accept"',
        ),
        (Word("", "search"), "decision is not; name one"),
        (Word("correct"), "which value is right"),
        (
            Word("correct", "serch"),
            r'does not allow the value "serch" for cost-center. Did you mean "search"\?',
        ),
        (Word("accept", "search"), "no signal suggests this value"),
        (Word("accept", until="2026-12-01"), "only what is put off has a day"),
        (Word("defer"), "until which day"),
        (Word("defer", until="1 December"), "YYYY-MM-DD"),
        (Word("defer", until="2026-13-01"), "YYYY-MM-DD"),
        (Word("defer", until="2026-11-03"), "not in the future"),
        (Word("defer", "search", "2026-12-01"), "gets no value"),
        (Word("accept", comment="x" * 2_001), "at most 2,000 characters"),
    ],
)
def test_a_wrong_word_is_refused_with_what_is_allowed(registry: Registry, word: Word, says: str) -> None:
    with pytest.raises(InputError, match=says):
        detail(registry, word)


def test_a_sensitive_value_stands_as_its_mark_and_is_in_no_message(registry: Registry) -> None:
    at = bench(registry, masks={MARK: "ann@example.com", OTHER: "ben@example.com"})
    own = item(key="contact", value=MARK, voices=[voice("siblings", MARK)])
    news = decide(at, own, Word("correct", "ben@example.com"))
    assert news is not None
    assert news.detail["value"] == OTHER
    assert "example.com" not in str(dict(news.detail)) + repr(news)
    with pytest.raises(InputError) as refused:
        decide(at, own, Word("correct", "bem@example.com"))
    assert "@" not in str(refused.value)
    with pytest.raises(InputError, match="not known on this machine"):
        decide(at, own, Word("correct", "‹masked:ffffffffffff›"))


def test_the_same_word_again_is_no_news(registry: Registry) -> None:
    known = matters([said(1, "ana", key="cost-center", before={})], registry, "2026-11-03")
    led = item("a1", voices=[voice("reviewed", "payments", 1.0), voice("siblings", "payments")])
    assert decide(bench(registry, known=known), led, Word("accept")) is None
    assert decide(bench(registry, known=known), led, Word("accept", comment="now with a reason")) is not None


def test_who_decided_may_change_their_mind_and_nobody_else_after_it_is_decided(registry: Registry) -> None:
    known = matters([said(1, "ana", key="cost-center", before={})], registry, "2026-11-03")
    led = item("a1", voices=[voice("reviewed", "payments", 1.0), voice("siblings", "payments")])
    assert decide(bench(registry, known=known), led, Word("reject")) is not None
    with pytest.raises(InputError, match="ana has decided this already, on 2026-11-01"):
        decide(bench(registry, "ben", known), led, Word("reject"))


def test_only_a_third_person_adjudicates_and_only_a_dispute(registry: Registry) -> None:
    known = matters([said(1, "ana", value="prod"), said(2, "ben", "reject", "prod")], registry, "2026-11-03")
    own = item("a1", key="environment", value="prod")
    with pytest.raises(InputError, match="third person adjudicates"):
        decide(bench(registry, "ben", known, adjudicate=True), own, Word("accept"))
    with pytest.raises(InputError, match="with --adjudicate"):
        decide(bench(registry, "cy", known), own, Word("accept"))
    with pytest.raises(InputError, match="nothing to adjudicate"):
        decide(bench(registry, "cy", adjudicate=True), own, Word("accept"))
    news = decide(bench(registry, "cy", known, adjudicate=True), own, Word("accept"))
    assert news is not None
    assert news.detail["adjudicates"] is True
