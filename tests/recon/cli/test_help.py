"""Does help come at once, and does docs/cli.md say the same?"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from recon.cli.reference import page

ROOT = Path(__file__).parents[3]
_HEAVY = ("duckdb", "polars", "pyarrow", "pydantic", "rich.console", "jinja2", "yaml", "apscheduler")


def test_help_answers_in_a_third_of_a_second() -> None:
    took = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "recon", "--help"], check=True, cwd=ROOT, capture_output=True)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.3, took


def test_nothing_heavy_is_imported_before_a_command_runs() -> None:
    code = f"import sys, recon.cli.app; print([m for m in {_HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_the_reference_page_is_what_help_says() -> None:
    written = (ROOT / "docs/cli.md").read_text("utf-8")
    assert written == page(), "docs/cli.md has drifted: run python -m recon.cli.reference"


@pytest.mark.parametrize("later", ["whatif", "fix", "lint", "close", "purge"])
def test_commands_of_later_versions_are_not_shown(later: str) -> None:
    assert f"## tagrecon {later}" not in page()
