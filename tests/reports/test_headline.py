"""The sentence and the five figures say what the data say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reports.figures import FixTotal, LedgerTotal, five_figures
from reports.headline import headline, partial_notice
from reports.periods import periods_of
from reports.summary import parse_summary

NOW = LedgerTotal(Decimal("1000"), Decimal("914"), Decimal("30"))
FIXES = FixTotal(12, Decimal("25.5"))


def sentence(summary: dict[str, Any], now: LedgerTotal = NOW, fixes: FixTotal = FIXES) -> str:
    parsed = parse_summary(summary)
    return headline(parsed, periods_of(parsed), "USD", now, fixes).replace("\u00a0", " ")


def test_the_headline_answers_in_one_sentence(summary: dict[str, Any]) -> None:
    assert sentence(summary) == (
        "September 2026: 1,000.00 USD billed across 3 clouds. 91.4 % has an owner, 30.00 USD (3.0 %) sits "
        "with the wrong owner or none, and 12 fixes would put 25.50 USD right on the bill. The books close to 0.00 USD."
    )


def test_fixes_that_recover_more_than_is_misallocated_do_not_claim_to_be_part_of_it(
    summary: dict[str, Any],
) -> None:
    assert "would put 99.00 USD right on the bill" in sentence(summary, fixes=FixTotal(1, Decimal(99)))


def test_books_that_do_not_close_are_said_not_to(summary: dict[str, Any]) -> None:
    for row in summary["closing"]:
        row["difference_effective"] = "0.000000000000000000000001"
    assert "The books do not close: 0.000000000000000000000001 USD" in sentence(summary)


def test_a_partial_run_says_first_what_is_missing(summary: dict[str, Any]) -> None:
    notice = partial_notice(parse_summary(summary))
    assert notice is not None
    assert notice.startswith("Partial: not read: aws account 333333333333, eu-west-1 (denied); 3 bill rows")


def test_a_limitation_alone_is_not_called_missing(summary: dict[str, Any]) -> None:
    summary["run"]["status"] = "ok"
    assert partial_notice(parse_summary(summary)) is None


def test_a_gap_that_the_run_calls_a_limitation_is_one(summary: dict[str, Any]) -> None:
    summary["gaps"][0]["limitation"] = True
    assert "account 333333333333" not in (partial_notice(parse_summary(summary)) or "")


def test_the_headline_period_is_the_newest_that_has_ended(summary: dict[str, Any]) -> None:
    assert periods_of(parse_summary(summary)).headline == "2026-09"


def test_an_open_period_leads_only_when_there_is_no_other(summary: dict[str, Any]) -> None:
    summary["run"]["started_at"] = "2026-04-10T03:00:00Z"
    for name in ("verdicts", "closing"):
        summary[name] = [row for row in summary[name] if row["billing_period"] == "2026-04"]
    periods = periods_of(parse_summary(summary))
    assert (periods.headline, periods.headline_is_open) == ("2026-04", True)


@pytest.mark.parametrize(
    ("before", "arrow", "words"),
    [("900", "up", "up 100.00"), ("1000", "level", "unchanged"), ("2000", "down", "down 1,000.00")],
)  # fmt: skip
def test_a_figure_says_how_it_moved(summary: dict[str, Any], before: str, arrow: str, words: str) -> None:
    parsed = parse_summary(summary)
    ledger = {"2026-09": NOW, "2026-08": LedgerTotal(Decimal(before), Decimal(0), Decimal(0))}
    cost = five_figures(parsed, periods_of(parsed), "USD", ledger, [3, 4], FIXES)[0]
    assert cost.direction == arrow
    assert cost.change.startswith(words)


def test_every_figure_has_target_gaps_definition_and_rows(summary: dict[str, Any]) -> None:
    parsed = parse_summary(summary)
    figures = five_figures(parsed, periods_of(parsed), "USD", {"2026-09": NOW}, [3, 4], FIXES)
    assert len(figures) == 5
    assert all(f.target.startswith("Target: ") and f.definition.startswith("def-") and f.csv for f in figures)
    assert figures[2].gap_ids == ("gap-1",)
