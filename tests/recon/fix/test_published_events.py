"""Does an event of the log hide what was declared sensitive after it was written?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recon.fix.log import AuditLog, Event, News
from recon.fix.published import published
from recon.store.masking import Masker

NOW = datetime(2026, 11, 3, tzinfo=UTC)
SECRET = "ana@example.com"


def event(tmp_path: Path, **detail: Any) -> Event:
    [one] = AuditLog(tmp_path / "log").append([News("bea", "send", "r", detail)], NOW)
    return one


MASKER = Masker(b"key", lambda key: key in ("owner-mail", "Owner-Mail"))
CHANGE = {"raw_key": "Owner-Mail", "before": SECRET, "after": "old " + SECRET}


@pytest.mark.parametrize(
    "detail",
    [
        {"key": "owner-mail", "changes": [CHANGE], "why": f"it says {SECRET}", "reason": SECRET},
        {
            "key": "owner-mail",
            "value": SECRET,
            "comment": SECRET,
            "suggested": [{"signal": "typo", "value": SECRET}],
        },
        {"key": "owner-mail", "before": {"Owner-Mail": SECRET}},
        {"key": "note", "changes": [{"raw_key": "note", "before": None, "after": "AKIAABCDEFGHIJKLMNOP"}]},
    ],
)
def test_no_value_of_a_sensitive_key_and_no_secret_is_left(detail: dict[str, Any], tmp_path: Path) -> None:
    shown = published(event(tmp_path, **detail), MASKER)
    assert SECRET not in str(shown.detail)
    assert "AKIA" not in str(shown.detail)
    assert "‹masked:" in str(shown.detail)


def test_what_may_be_shown_stays_as_it_is(tmp_path: Path) -> None:
    one = event(
        tmp_path,
        key="cost-center",
        changes=[{"raw_key": "cost-center", "before": None, "after": "payments"}],
        why="because",
    )
    assert published(one, MASKER) is one


def test_the_values_behind_the_marks_are_still_known(tmp_path: Path) -> None:
    shown = published(event(tmp_path, key="owner-mail", value=SECRET), MASKER)
    assert MASKER.raw(shown.detail["value"]) == SECRET
