"""Which exit code, and which period, follow from a result?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from recon.cli.conclusion import exit_code, gate_line, gated_period
from recon.gates import Gate, Passed

GATE = Gate("cost-center", Decimal(95), taggable=True)


def passed(met: bool) -> list[Passed]:
    return [Passed(GATE, "2026-10", "USD", Decimal("0.949"), met)]


@pytest.mark.parametrize(
    ("status", "met", "gaps_ok", "code"),
    [
        ("ok", True, False, 0),
        ("partial", True, False, 3),
        ("partial", True, True, 0),
        ("ok", False, False, 1),
        ("partial", False, False, 1),
        ("partial", False, True, 1),
        ("failed", False, True, 4),
    ],
)
def test_the_first_of_4_1_3_0_counts(status: str, met: bool, gaps_ok: bool, code: int) -> None:
    assert exit_code(status, passed(met), gaps_ok) == code


def summary(*periods: str) -> dict[str, Any]:
    run = {"started_at": "2026-11-03T06:00:00Z"}
    return {"run": run, "coverage": [{"billing_period": period} for period in periods]}


def test_gates_look_at_the_newest_period_that_has_ended() -> None:
    assert gated_period(summary("2026-09", "2026-10", "2026-11"), None) == "2026-10"


def test_gates_look_at_an_open_period_where_there_is_no_other() -> None:
    assert gated_period(summary("2026-11"), None) == "2026-11"


def test_gates_look_at_the_period_asked_for() -> None:
    assert gated_period(summary("2026-08", "2026-09", "2026-10"), ("2026-08", "2026-09")) == "2026-09"


def test_a_missed_gate_is_told_with_share_basis_period_and_what_was_asked() -> None:
    (answer,) = passed(False)
    said = gate_line(answer).replace("\u00a0", " ")
    assert said == "gate missed: cost-center 94.9 % of taggable cost in October 2026, USD; asked for 95 %"
