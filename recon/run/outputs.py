"""How does a run's folder appear whole, and `out/latest` always point at a finished one?"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recon.store.store import sync_folder

_LATEST = "latest"


def staging(output: Path, run_id: str) -> Path:
    """A hidden folder in which a run's files are written before they are shown."""
    folder = output / f".{run_id}.part"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def write_summary(folder: Path, summary: Mapping[str, Any]) -> None:
    """summary.json: sorted keys nowhere, arrays as built, money as strings."""
    (folder / "summary.json").write_text(
        json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def copy_report(output: Path, before: str, run_id: str) -> None:
    """Stage the report of an earlier run again under a new id: same content, the id replaced in its texts."""
    staged = staging(output, run_id)
    shutil.copytree(output / before, staged, dirs_exist_ok=True)
    for path in staged.rglob("*"):
        if path.suffix in (".html", ".json", ".yaml", ".prom", ".csv"):
            content = path.read_bytes()
            if before.encode() in content:
                path.write_bytes(content.replace(before.encode(), run_id.encode()))


def show(output: Path, run_id: str) -> Path:
    """Move the staged folder to `out/<run id>` and `out/latest` to it, atomically."""
    folder = output / run_id
    staged = output / f".{run_id}.part"
    if staged.exists():
        shutil.rmtree(folder, ignore_errors=True)
        staged.replace(folder)
    link = output / f".{_LATEST}.{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(run_id, target_is_directory=True)
    link.replace(output / _LATEST)
    sync_folder(output)
    return folder


def latest_run_id(output: Path) -> str | None:
    """The run that `out/latest` shows, or None."""
    link = output / _LATEST
    return link.resolve().name if link.exists() else None


def sweep(output: Path) -> None:
    """Remove what a killed run left half-written."""
    if output.is_dir():
        for part in [*output.glob(".*.part"), *output.glob(f".{_LATEST}.*")]:
            part.unlink() if part.is_symlink() else shutil.rmtree(part, ignore_errors=True)
