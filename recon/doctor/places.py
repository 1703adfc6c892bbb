"""Can store and reports be written, do they carry the same run, and does a run go on?"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import duckdb

from recon.doctor.check import Check
from recon.errors import InputError
from recon.export import open_store
from recon.store.store import Limits, StorePaths, connect, read_meta

_SPARE = 1 << 30


def writable(name: str, folder: Path) -> Check:
    """Whether the folder, or the first one above it that exists, can be written, and has room."""
    standing = next((f for f in (folder, *folder.absolute().parents) if f.exists()), Path("/"))
    if not standing.is_dir():
        return Check(
            name, "wrong", f"{standing} is a file where a folder is needed", "move it, or name another place"
        )
    if not os.access(standing, os.W_OK | os.X_OK):
        return Check(
            name, "wrong", f"{standing} can't be written", "grant write access to the user of the run"
        )
    free = shutil.disk_usage(standing).free
    if free < _SPARE:
        scarce = f"{folder}: only {free >> 20} MiB are free"
        return Check(name, "note", scarce, "free some room: a run copies the store")
    return Check(name, "ok", f"{folder} can be written" + ("" if standing == folder else " (will be made)"))


def published(store: Path, output: Path) -> list[Check]:
    """Whether the store and out/latest carry the same run."""
    if not store.exists():
        return [Check("published", "note", "no run yet", "tagrecon run")]
    try:
        with open_store(store) as opened:
            rows = opened.ask(
                "SELECT run_id FROM runs WHERE status IN ('ok', 'partial') "
                "ORDER BY started_at DESC, run_id DESC LIMIT 1"
            )
    except InputError as wrong:
        return [Check("published", "wrong", str(wrong), "move the file away and run tagrecon run")]
    latest = output / "latest"
    shown_run = latest.resolve().name if latest.is_symlink() else None
    kept_run = str(rows[0]["run_id"]) if rows else None
    if kept_run == shown_run or _same_figures(store, latest):
        agreed = f"store and {latest} carry run {kept_run}" if kept_run else "no run was published yet"
        return [Check("published", "ok", agreed)]
    differ = f"the store carries run {kept_run}, {latest} run {shown_run}"
    return [Check("published", "wrong", differ, "the next tagrecon run mends it")]


def _same_figures(store: Path, latest: Path) -> bool:
    """A run that found nothing new reports again under an id of its own, and leaves the store as it was."""
    con = connect(store, Limits(memory="256MB"), read_only=True)
    try:
        kept = json.loads(read_meta(con, "summary") or "{}")
        reported = json.loads((latest / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, duckdb.Error):
        return False
    finally:
        con.close()
    return bool({**kept, "run": None} == {**reported, "run": None})


def lock(store: Path) -> Check:
    """Whether a run holds the store's lock now."""
    holder = _holder(StorePaths(store).lock)
    if holder is None:
        return Check("lock", "ok", "no run is going on")
    held = f"held by process {holder}: a run is going on"
    return Check("lock", "note", held, "wait for it; the lock goes with its process")


def _holder(lock: Path) -> str | None:
    """Who holds the lock, from the kernel's own list: asking by taking it could turn a run away."""
    try:
        status = lock.stat()
        listed = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return None
    wanted = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in listed.splitlines():
        fields = line.split()
        if "FLOCK" in fields and "->" not in fields and wanted in fields:
            return fields[4]
    return None
