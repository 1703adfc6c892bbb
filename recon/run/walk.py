"""The walk: configuration → snapshot → bill → verdicts → ledger → findings, figures → report, fix plan.

Read top to bottom: each step is one room. The store is changed in a private copy and published whole, then
the report folder, then `out/latest`; whatever is killed on the way is mended by the next start.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from recon.allocation import EMPTY, Allocation, load_allocation
from recon.config import RunConfig
from recon.errors import InputError
from recon.identity.match import match_bills
from recon.ingest.ingest import ingest
from recon.registry import Registry, load_registry
from recon.run.controls import take_controls
from recon.run.evidence import evidence_sources, match_told, take_evidence
from recon.run.fixing.into_store import read_log, take_log
from recon.run.gaps import delivery_gaps, limitations, missing_locations, snapshot_gaps
from recon.run.judging import Touched, judge_and_post
from recon.run.outputs import sweep
from recon.run.publishing import Result, Tell, mend, publish_again, publish_run
from recon.run.rates import check_rates, take_rates
from recon.run.reporting import conclude, summarize
from recon.run.sensitive import declared_sensitive, masker_of
from recon.run.sources import bill_sources, inventory_sources
from recon.run.unchanged import (
    fingerprint,
    judged_by,
    nothing_new,
    take_in_unchanged,
)
from recon.snapshot.managed import ManagedSource, record_managed
from recon.snapshot.snapshot import snapshot
from recon.store.masking import save_masker
from recon.store.remask import remask, rewrite
from recon.store.store import (
    Limits,
    StorePaths,
    discard,
    locked,
    working_copy,
    write_meta,
)
from recon.taggability import Taggability, load_taggability

ALL_STAGES = frozenset({"snapshot", "ingest", "reconcile", "report"})


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
        if stages == {"report"}:
            _needs_store(paths)
            return publish_again(cfg, paths, now, True, tell)
        bills = bill_sources(cfg, rules.allocation, now, tell)
        inventories = inventory_sources(cfg, now, tell, live="snapshot" in stages)
        log = read_log(paths)
        mark = fingerprint(
            cfg, rules.registry, rules.allocation, rules.taggability.version, now.date(), log.head
        )
        evidence = evidence_sources(cfg)
        if not periods and nothing_new(paths.published, mark, bills, inventories, evidence):
            tell("nothing new since the last run")
            return publish_again(cfg, paths, now, "report" in stages, tell)
        gaps = missing_locations(cfg, bills, inventories)
        masker = masker_of(cfg, paths, rules.registry)
        run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        with working_copy(paths, Limits(cfg.memory_limit, cfg.threads)) as con:
            take_in_unchanged(con, paths)
            masked_anew = remask(con, masker, declared_sensitive(rules.registry), rules.registry.owner)
            touched = Touched.load(
                con, judged_by(cfg, rules.registry, rules.taggability.version), rules.allocation.content_hash
            )
            touched.values_gone = masked_anew
            if "snapshot" in stages:
                tell("snapshot: reading inventories")
                dumps = [each for each in inventories if not isinstance(each, ManagedSource)]
                taken = snapshot(con, dumps, masker, now)
                taken.problems += record_managed(con, inventories, masker, now)
                gaps += snapshot_gaps(taken)
                touched.providers |= {provider for provider, _ in taken.scopes}
                gaps += take_evidence(con, evidence, now)
            if "ingest" in stages:
                tell("ingest: reading bills")
                loaded = ingest(con, bills, masker, now)
                gaps += delivery_gaps(loaded)
                touched.providers |= {provider for _, provider, _ in loaded.rebuilt}
                gaps += take_controls(con, cfg, now)
                write_meta(con, "rolled_by", json.dumps(rules.allocation.columns))
            match_bills(con)
            take_log(con, log, masker)
            gaps += log.gaps
            gaps += match_told(con)
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
            gaps += take_rates(con, cfg)  # after posting: adjustments may stand in months without charges
            if "reconcile" in stages:
                tell("findings and figures")
                gaps += conclude(con, cfg, rules.registry, rules.taggability, masker, now, gaps)
            write_meta(con, "fingerprint", mark)
            write_meta(con, "pending", "0" if "reconcile" in stages else "1")
            write_meta(con, "shown", "1" if {"report", "reconcile"} <= stages else "0")
            summary = summarize(con, cfg, rules.registry, run_id, now, gaps)
        if masked_anew:
            rewrite(paths, Limits(cfg.memory_limit, cfg.threads))
        save_masker(paths.private, masker)
        return publish_run(cfg, paths, run_id, summary, "report" in stages and "reconcile" in stages, tell)


def _needs_store(paths: StorePaths) -> None:
    if not paths.published.exists():
        raise InputError(
            f"no store lies at {paths.published} yet: `tagrecon run` makes one, then `tagrecon report` can show it"
        )


def load_rules(cfg: RunConfig) -> Rules:
    """Registry, allocation rules and taggability; raises InputError with file and line."""
    registry = load_registry(cfg.registry)
    check_rates(cfg)
    allocation = load_allocation(cfg.allocation, registry) if cfg.allocation else EMPTY
    return Rules(registry, allocation, load_taggability(cfg.taggability))
