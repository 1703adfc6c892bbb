"""What do `fix status` and `fix audit` say of approvals and of what nobody knows?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Command

from recon.fix.log import AuditLog, News

AT = datetime(2026, 11, 3, 6, tzinfo=UTC)
PLAN = "b" * 64


@pytest.fixture
def log(estate_copy: Path, monkeypatch: pytest.MonkeyPatch) -> AuditLog:
    monkeypatch.chdir(estate_copy)
    return AuditLog(estate_copy / "var/tagrecon.duckdb.audit.jsonl")


def approve(log: AuditLog, own: str, until: str) -> None:
    log.append([News("bea", "approve", PLAN, {"approval": own, "until": until})], AT)


@pytest.mark.parametrize(
    "untils", [("2026-12-01", "2026-11-02"), ("2026-11-02", "2026-12-01"), ("2026-12-09", "2026-12-01")]
)
def test_an_approval_that_holds_is_hidden_by_a_later_one_that_ended(
    log: AuditLog, tagrecon: Command, untils: tuple[str, str]
) -> None:
    for n, day in enumerate(untils):
        approve(log, f"approval-{n}", f"{day}T00:00:00Z")
    [plan] = tagrecon("fix", "status", "--now", "2026-11-03T06:00:00Z", "--json").json()["plans"]
    assert plan["approval"] == {"by": "bea", "until": "2026-12-01T00:00:00Z", "state": "holds"}


def test_an_unknown_resource_is_answered_by_an_empty_table(log: AuditLog, tagrecon: Command) -> None:
    approve(log, "approval-1", "2026-12-01T00:00:00Z")
    answer = tagrecon("fix", "audit", "--resource", "i-no\x1b[31m")
    assert answer.out == ""
    assert (
        "nothing is known of resource i-no\N{REPLACEMENT CHARACTER}[31m: none of the log's 1 events"
        in answer.err
    )
    assert "Audit log" in tagrecon("fix", "audit", "--resource", PLAN).out
    assert tagrecon("fix", "audit", "--key", "nope", "--json").json()["events"] == []


def test_the_head_is_that_of_the_newest_event(log: AuditLog, tagrecon: Command) -> None:
    assert tagrecon("fix", "audit", "--head").out == "0\n"
    approve(log, "approval-1", "2026-12-01T00:00:00Z")
    assert tagrecon("fix", "audit", "--head").out == f"1:{log.events()[0].hash}\n"
    log.path.write_bytes(b"")
    assert tagrecon("fix", "audit", "--head").code == 2
