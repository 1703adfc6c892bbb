"""The walk: configuration → snapshot → bill → verdicts → ledger → findings, figures → report, fix plan.

Read top to bottom: each step is one room. The store is changed in a private copy and published whole, then
the report folder, then `out/latest`; whatever is killed on the way is mended by the next start.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from recon.allocation import EMPTY, Allocation, load_allocation
from recon.config import RunConfig
from recon.ingest.ingest import ingest
from recon.registry import Registry, load_registry
from recon.run.gaps import delivery_gaps, limitations, missing_locations, snapshot_gaps
from recon.run.judging import Touched, judge_and_post
from recon.run.outputs import latest_run_id, show, staging, sweep, write_summary
from recon.run.reporting import conclude, summarize, write_fix_plan
from recon.run.sensitive import masker_of
from recon.run.sources import bill_sources, inventory_sources
from recon.run.unchanged import fingerprint, judged_by, nothing_new
from recon.snapshot.match import match_bills
from recon.snapshot.snapshot import snapshot
from recon.store.masking import save_masker
from recon.store.store import (
    Limits,
    StorePaths,
    connect,
    discard,
    locked,
    publish,
    read_meta,
    working_copy,
    write_meta,
)
from recon.taggability import Taggability, load_taggability
from reports import publish as publish_report

ALL_STAGES = frozenset({"snapshot", "ingest", "reconcile", "report"})
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


@dataclass(frozen=True)
class Rules:
    """Everything that the user wrote, loaded and checked before anything is touched."""

    registry: Registry
    allocation: Allocation
    taggability: Taggability


def run(
    cfg: RunConfig,
    now: datetime,
    *,
    stages: frozenset[str] = ALL_STAGES,
    periods: tuple[str, str] | None = None,
    tell: Tell = lambda line: None,
) -> Result:
    """Run the stages over the configured sources and publish. `now` is an instant in UTC; `periods` names
    billing periods (first, last) to judge again even when nothing changed.

    Raises InputError (the user's files are wrong; nothing is touched), LockHeld, OurBug (books that don't
    close; nothing is published).
    """
    now = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
    rules = load_rules(cfg)
    paths = StorePaths(cfg.store)
    with locked(paths):
        discard(paths)
        sweep(cfg.output)
        mend(cfg, paths, tell)
        bills, inventories = bill_sources(cfg, rules.allocation), inventory_sources(cfg)
        mark = fingerprint(cfg, rules.registry, rules.allocation, rules.taggability.version)
        if not periods and nothing_new(paths.published, mark, bills, inventories):
            tell("nothing new since the last run")
            return _again(cfg, paths, now, "report" in stages, tell)
        gaps = missing_locations(cfg, bills, inventories)
        masker = masker_of(cfg, paths, rules.registry)
        run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        with working_copy(paths, Limits(cfg.memory_limit, cfg.threads)) as con:
            touched = Touched.load(
                con, judged_by(cfg, rules.registry, rules.taggability.version), rules.allocation.content_hash
            )
            if "snapshot" in stages:
                tell("snapshot: reading inventories")
                taken = snapshot(con, inventories, masker, now)
                gaps += snapshot_gaps(taken)
                touched.providers |= {provider for provider, _ in taken.scopes}
            if "ingest" in stages:
                tell("ingest: reading bills")
                loaded = ingest(con, bills, masker, now)
                gaps += delivery_gaps(loaded)
                touched.providers |= {provider for _, provider, _ in loaded.rebuilt}
            match_bills(con)
            gaps += limitations(con)
            if "reconcile" in stages:
                judge_and_post(
                    con,
                    cfg,
                    rules.registry,
                    rules.allocation,
                    rules.taggability,
                    masker,
                    touched,
                    periods,
                    tell,
                )
                tell("findings and figures")
                conclude(con, cfg, rules.registry, rules.taggability, masker, now, gaps)
            write_meta(con, "fingerprint", mark)
            write_meta(con, "pending", "0" if "reconcile" in stages else "1")
            write_meta(con, "shown", "1" if {"report", "reconcile"} <= stages else "0")
            summary = summarize(con, cfg, rules.registry, run_id, now, gaps)
        save_masker(paths.private, masker)
        return _publish(cfg, paths, run_id, summary, "report" in stages and "reconcile" in stages, tell)


def load_rules(cfg: RunConfig) -> Rules:
    """Registry, allocation rules and taggability; raises InputError with file and line."""
    registry = load_registry(cfg.registry)
    allocation = load_allocation(cfg.allocation, registry) if cfg.allocation else EMPTY
    return Rules(registry, allocation, load_taggability(cfg.taggability))


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


def _publish(
    cfg: RunConfig, paths: StorePaths, run_id: str, summary: dict[str, Any], report: bool, tell: Tell
) -> Result:
    """Report staged from the finished copy; then store, folder and `latest` appear, in this order."""
    if report:
        tell("report: writing pages")
        _stage(cfg, paths.work, run_id, summary)
    publish(paths)
    out_dir = show(cfg.output, run_id) if report else None
    return Result(run_id, summary["run"]["status"], summary, out_dir, paths.published, changed=True)


def _again(cfg: RunConfig, paths: StorePaths, now: datetime, report: bool, tell: Tell) -> Result:
    """A run with nothing new: the store stays as it is, and its report is written again under a new id."""
    con = connect(paths.published, Limits(), read_only=True)
    try:
        text = read_meta(con, "summary")
    finally:
        con.close()
    summary: dict[str, Any] = json.loads(text or "{}")
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    before = summary["run"]["id"]
    summary["run"] |= {
        "id": run_id,
        "started_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "finished_at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
    }
    out_dir = None
    if report:
        tell("report: writing pages")
        _render(cfg, paths.published, run_id, summary, cfg.output / before / "fix-plan.yaml")
        out_dir = cfg.output / run_id
    return Result(run_id, summary["run"]["status"], summary, out_dir, paths.published, changed=False)


def _render(
    cfg: RunConfig, store: Path, run_id: str, summary: dict[str, Any], plan: Path | None = None
) -> None:
    _stage(cfg, store, run_id, summary, plan)
    show(cfg.output, run_id)


def _stage(
    cfg: RunConfig, store: Path, run_id: str, summary: dict[str, Any], plan: Path | None = None
) -> None:
    folder = staging(cfg.output, run_id)
    written = folder / "fix-plan.yaml"
    write_fix_plan(store, written, summary)
    publish_report(
        store, summary, folder, title=cfg.report.title, top=cfg.report.top, templates=cfg.report.templates,
        fix_plan=written if written.exists() else None,
    )  # fmt: skip
    write_summary(folder, summary)
