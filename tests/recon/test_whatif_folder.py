"""What killed trials leave is cleared away, and nobody else's folder is touched."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recon.whatif.folder import sweep_left


def test_what_a_killed_trial_left_is_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, mine, unseen, foreign = (
        tmp_path / name
        for name in (
            f"tagrecon-whatif-{gone.pid}-a", f"tagrecon-whatif-{os.getpid()}-b", f"tagrecon-whatif-{gone.pid}-c", "tagrecon-whatif-x",
        )
    )  # fmt: skip
    for folder in (left, mine, unseen, foreign):
        folder.mkdir()
        (folder / "store.duckdb").write_text("x")
    held = os.open(unseen, os.O_RDONLY)  # as a process of another container holds it
    fcntl.flock(held, fcntl.LOCK_EX)
    link = tmp_path / f"tagrecon-whatif-{gone.pid}-d"
    link.symlink_to(foreign)
    sweep_left()
    os.close(held)
    assert sorted(tmp_path.iterdir()) == sorted([mine, unseen, foreign, link])
    assert (foreign / "store.duckdb").exists()
