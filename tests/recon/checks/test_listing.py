"""Is every check documented, and does the page say what the code says?"""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.checks import Check, all_checks
from recon.checks.listing import HEADINGS, page, sections

PAGE = Path(__file__).parents[3] / "docs" / "checks.md"
MARK = "<!-- generated from the checks: python -m recon.checks -->\n"


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.check_id)
def test_a_check_answers_question_why_and_what_to_do(check: Check) -> None:
    assert tuple(sections(check)) == HEADINGS
    assert all(sections(check).values())


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.check_id)
def test_a_check_is_named_after_its_file(check: Check) -> None:
    assert check.find.__module__ == f"recon.checks.{check.check_id.replace('-', '_')}"


def test_severities_are_high_medium_or_low() -> None:
    assert {check.severity for check in all_checks()} == {"high", "medium", "low"}


def test_no_two_checks_share_an_id() -> None:
    ids = [check.check_id for check in all_checks()]
    assert len(set(ids)) == len(ids)


def test_the_page_is_generated_from_the_checks() -> None:
    assert PAGE.read_text(encoding="utf-8").partition(MARK)[2] == page()
