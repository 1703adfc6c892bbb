"""How does a finished run appear: store, report folder and `out/latest`, each whole and in this order?

What a kill cuts off here the next start mends: the store says which run it holds, and its report can be made
again from it. A run with nothing new leaves the store as it is.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from recon.config import RunConfig
from recon.run.outputs import copy_report, latest_run_id, show, staging, write_summary
from recon.run.reporting import write_fix_plan
from recon.run.unchanged import forget_unchanged, note_unchanged
from recon.store.store import Limits, StorePaths, connect, publish, read_meta
from reports import publish as publish_report

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """What a run leaves: its id, status (ok, partial), summary, folder, and whether anything was new."""

    run_id: str
    status: str
    summary: dict[str, Any]
    out_dir: Path | None
    store: Path
    changed: bool


def mend(cfg: RunConfig, paths: StorePaths, tell: Tell) -> None:
    """Where a kill came between store and report, make the report that the published store lacks."""
    if not paths.published.exists():
        return
    con = connect(paths.published, Limits(), read_only=True)
    try:
        found = read_meta(con, "summary"), read_meta(con, "shown")
    except duckdb.CatalogException:
        return
    finally:
        con.close()
    if found[0] is None or found[1] != "1":
        return
    summary = json.loads(found[0])
    run_id = summary["run"]["id"]
    if latest_run_id(cfg.output) != run_id and not (cfg.output / run_id).exists():
        tell(f"mending the report of run {run_id}, which was cut off")
        _render(cfg, paths.published, run_id, summary)


def publish_run(
    cfg: RunConfig, paths: StorePaths, run_id: str, summary: dict[str, Any], report: bool, tell: Tell
) -> Result:
    """Report staged from the finished copy; then store, folder and `latest` appear, in this order."""
    if report:
        tell("report: writing pages")
        _stage(cfg, paths.work, run_id, summary)
    publish(paths)
    forget_unchanged(paths)
    shutil.rmtree(paths.listing, ignore_errors=True)
    out_dir = show(cfg.output, run_id) if report else None
    return Result(run_id, summary["run"]["status"], summary, out_dir, paths.published, changed=True)


def publish_again(cfg: RunConfig, paths: StorePaths, now: datetime, report: bool, tell: Tell) -> Result:
    """A run with nothing new: the store stays as it is, byte for byte; its report appears under a new id, and
    the run is noted beside the store until the next publish takes it in."""
    con = connect(paths.published, Limits(), read_only=True)
    try:
        summary: dict[str, Any] = json.loads(read_meta(con, "summary") or "{}")
    finally:
        con.close()
    before = dict(summary["run"])
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    summary["run"] |= {"id": run_id, "started_at": at, "finished_at": at}
    if report:
        shown = cfg.output / before["id"]
        if before["started_at"] == at and (shown / "index.html").exists():
            tell("report: the same as before")
            copy_report(cfg.output, before["id"], run_id)
        else:
            tell("report: writing pages")
            _stage(cfg, paths.published, run_id, summary)
        show(cfg.output, run_id)
    note_unchanged(paths, summary["run"])
    return Result(
        run_id,
        summary["run"]["status"],
        summary,
        cfg.output / run_id if report else None,
        paths.published,
        changed=False,
    )


def _render(cfg: RunConfig, store: Path, run_id: str, summary: dict[str, Any]) -> None:
    _stage(cfg, store, run_id, summary)
    show(cfg.output, run_id)


def _stage(cfg: RunConfig, store: Path, run_id: str, summary: dict[str, Any]) -> None:
    folder = staging(cfg.output, run_id)
    written = folder / "fix-plan.yaml"
    write_fix_plan(cfg, store, written, summary)
    publish_report(
        store, summary, folder, title=cfg.report.title, top=cfg.report.top, templates=cfg.report.templates,
        fix_plan=written if written.exists() else None,
    )  # fmt: skip
    write_summary(folder, summary)
