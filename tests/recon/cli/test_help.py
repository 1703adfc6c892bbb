"""Does help come at once, and does docs/cli.md say the same?"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from recon.cli.reference import page

ROOT = Path(__file__).parents[3]
_HEAVY = ("duckdb", "polars", "pyarrow", "pydantic", "rich.console", "jinja2", "yaml", "apscheduler")


def _processor_time() -> float:
    """Seconds of processor that all children took: what others do on this machine does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_answers_in_a_third_of_a_second() -> None:
    took = []
    for _ in range(5):
        before = _processor_time()
        subprocess.run([sys.executable, "-m", "recon", "--help"], check=True, cwd=ROOT, capture_output=True)
        took.append(_processor_time() - before)
    assert min(took) < 0.3, took


def test_nothing_heavy_is_imported_before_a_command_runs() -> None:
    code = f"import sys, recon.cli.app; print([m for m in {_HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_the_reference_page_is_what_help_says() -> None:
    written = (ROOT / "docs/cli.md").read_text("utf-8")
    assert written == page(), "docs/cli.md has drifted: run python -m recon.cli.reference"


@pytest.mark.parametrize("later", ["lint", "purge"])
def test_commands_of_later_versions_are_not_shown(later: str) -> None:
    assert f"## tagrecon {later}" not in page()
