"""Does the FinOps Foundation's validator accept what we write? `make conformance` installs it and judges everything."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.conformance.__main__ import run
from tests.conformance.judge import Findings, compare
from tests.conformance.validator import MISSING, is_installed

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)


def test_a_bill_that_says_everything_fails_only_rules_that_are_proved_wrong(tmp_path: Path) -> None:
    findings = _judge(tmp_path, frozenset({"complete"}))
    assert findings.wrong == []
    assert {reason.partition(":")[0] for *_, reason in findings.explained} == {"rule is wrong"}


@pytest.mark.slow
def test_every_failing_rule_is_explained_and_every_explanation_is_needed(tmp_path: Path) -> None:
    assert _judge(tmp_path, frozenset()).wrong == []


def _judge(folder: Path, only: frozenset[str]) -> Findings:
    with duckdb.connect() as con:
        return compare(con, run(con, folder, only), complete_run=not only)
