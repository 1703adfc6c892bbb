"""What does a run conclude from its judgements: findings, drift, figures, fixes, and the summary of it all?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from recon import __version__
from recon.checks import Context, run_checks
from recon.config import RunConfig, config_hash
from recon.fix.history import folded
from recon.fix.log import AuditLog
from recon.fix.plan import planned, write_actions, write_suggestions
from recon.metrics import run_metrics
from recon.model import Gap
from recon.registry import Registry, in_force, load_registry
from recon.review.truth import truth
from recon.run.fixing.deciding_anew import rulings_of
from recon.run.fixing.planning import nightly_plan
from recon.run.scoring import score_signals
from recon.run.suggesting import asking_of
from recon.snapshot.drift import write_drift
from recon.store.masking import Masker
from recon.store.store import Limits, StorePaths, connect, write_meta
from recon.suggest.load import load_estate
from recon.summary import build_summary
from recon.taggability import Taggability


def conclude(
    con: duckdb.DuckDBPyConnection,
    cfg: RunConfig,
    registry: Registry,
    taggability: Taggability,
    masker: Masker,
    now: datetime,
    gaps: Sequence[Gap],
) -> list[Gap]:
    """Fill findings, drift, coverage, SLIs, suggestions and fix actions of the working copy; gaps for what signals could not read."""
    ctx = Context(con, registry, masker.raw, now, cfg.grace_hours)
    run_checks(ctx, now)
    write_drift(con, registry, masker.raw, now)
    asking, unseen = asking_of(cfg, masker)
    events = AuditLog(StorePaths(cfg.store).audit).readable()
    estate = load_estate(con, in_force(registry, now.date()), masker.raw, asking.mark, asking.owners)
    score_signals(con, cfg, registry, estate, masker.raw, masker.token, now, truth(events, registry))
    run_metrics(
        con,
        registry,
        masker.raw,
        now,
        {str(name): target for name, target in cfg.targets.items()},
        gaps,
        taggability,
    )
    found = rulings_of(events, registry, now)
    proposals = planned(ctx, replace(asking, rulings=found), estate)
    write_actions(con, proposals.actions)
    write_suggestions(con, proposals.suggestions)
    return unseen


def summarize(
    con: duckdb.DuckDBPyConnection,
    cfg: RunConfig,
    registry: Registry,
    run_id: str,
    now: datetime,
    gaps: Sequence[Gap],
) -> dict[str, Any]:
    """The summary of this run, kept in the store too, so that a report that was cut off can be made again."""
    quarantined = bool(con.execute("SELECT 1 FROM base.quarantine LIMIT 1").fetchall())
    partial = quarantined or any(not gap.limitation for gap in gaps)
    found = con.execute(
        "SELECT DISTINCT billing_period FROM base.book SEMI JOIN base.charge USING (book_no) ORDER BY 1"
    ).fetchall()
    periods = [row[0] for row in found]
    at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    run = {
        "id": run_id,
        "started_at": at,
        "finished_at": at,
        "status": "partial" if partial else "ok",
        "version": __version__,
        "registry_version": registry.version,
        "config_hash": config_hash(cfg),
        "periods": periods,
    }
    summary: dict[str, Any] = build_summary(con, run=run, gaps=gaps)
    con.execute(
        "INSERT INTO base.run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            run_id,
            now,
            now,
            run["status"],
            __version__,
            registry.version,
            run["config_hash"],
            json.dumps(periods),
            json.dumps(summary["gaps"]),
        ],
    )
    write_meta(con, "summary", json.dumps(summary, ensure_ascii=False))
    return summary


def write_fix_plan(cfg: RunConfig, store: Path, path: Path, summary: dict[str, Any]) -> None:
    """fix-plan.yaml of what a closed store proposes, by the log and the guards."""
    registry = load_registry(cfg.registry)
    history = folded(AuditLog(StorePaths(cfg.store).audit).readable())
    con = connect(store, Limits(), read_only=True)
    try:
        text = nightly_plan(con, cfg, registry, history, summary["run"])
    finally:
        con.close()
    path.write_text(text, encoding="utf-8", newline="\n")
