"""Is there anything new since the last run? Answered before anything big is touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from recon import __version__
from recon.allocation import Allocation
from recon.config import RunConfig, config_hash
from recon.deliveries import look
from recon.ingest.source import BillSource
from recon.registry import Registry
from recon.run.suggesting import owners_marks
from recon.snapshot.evidence import EvidenceSource, files_of
from recon.snapshot.snapshot import InventorySource
from recon.store.store import Limits, StorePaths, connect, read_meta


def judged_by(cfg: RunConfig, registry: Registry, taggability: str) -> str:
    """What decides verdicts besides bills and snapshots; when it changes every period is judged anew."""
    return _digest(__version__, registry.content_hash, taggability, cfg.grace_hours, cfg.account_owner_bears)


def fingerprint(
    cfg: RunConfig, registry: Registry, allocation: Allocation, taggability: str, day: date, log: str = ""
) -> str:
    """What decides results besides the files of the sources; the UTC day too, because exemptions run out and
    trailing weeks move on. `log`: the newest hash of the audit log."""
    tables = [*_tables(cfg), *([log] if log else [])]
    return _digest(
        judged_by(cfg, registry, taggability), allocation.content_hash, config_hash(cfg), day, tables
    )


def _tables(cfg: RunConfig) -> list[str]:
    """Files that the configuration names and that no source reads: invoices, rates, owners of code."""
    files = [c.invoices for c in cfg.controls if c.invoices is not None]
    files += [cfg.reporting.rates] if cfg.reporting is not None else []
    hashes = [hashlib.sha256(f.read_bytes()).hexdigest() if f.is_file() else "" for f in files]
    return [*hashes, *owners_marks(cfg)]


def nothing_new(
    store: Path,
    mark: str,
    bills: list[BillSource],
    inventories: list[InventorySource],
    evidence: Sequence[EvidenceSource] = (),
) -> bool:
    """True when the published store was made from just these files, by just these rules."""
    if not store.exists():
        return False
    con = connect(store, Limits(memory="256MB"), read_only=True)
    try:
        if read_meta(con, "fingerprint") != mark or read_meta(con, "pending") == "1":
            return False
        return _same_bills(con, bills) and _no_new_dumps(con, inventories) and _same_evidence(con, evidence)
    except duckdb.CatalogException:  # a store of another version: the run will make its own
        return False
    finally:
        con.close()


def _same_bills(con: duckdb.DuckDBPyConnection, bills: list[BillSource]) -> bool:
    if any(bill.unreachable or bill.broken or any(d.missing for d in bill.deliveries) for bill in bills):
        return False  # the gap is news, and must be shown
    now = {
        (bill.rule.name, file.name, file.content_hash, bill.mapping)
        for bill in bills
        for file in look(con, "base.source_file", bill.rule.name, bill.files, bill.base)
    }
    known = con.execute(
        "SELECT source, path, content_hash, mapping FROM base.source_file WHERE status NOT IN ('superseded', 'left-out', 'gone')"
    ).fetchall()
    return now == set(known)


def _no_new_dumps(con: duckdb.DuckDBPyConnection, inventories: list[InventorySource]) -> bool:
    if any(i.listing is not None or i.unreachable is not None for i in inventories):
        return False  # what a cloud says is news, and so is that it can't be asked
    known = set(con.execute("SELECT source, path, content_hash FROM base.inventory_file").fetchall())
    return all(
        (file.source, file.name, file.content_hash) in known
        for inventory in inventories
        for file in look(con, "base.inventory_file", inventory.name, inventory.files, inventory.base)
    )


def _same_evidence(con: duckdb.DuckDBPyConnection, sources: Sequence[EvidenceSource]) -> bool:
    """Files that are gone are remembered: that they went is no news."""
    if any(source.unreachable is not None for source in sources):
        return False
    known = set(con.execute("SELECT kind, source, path, content_hash FROM base.evidence_file").fetchall())
    return all(
        (source.kind, source.name, file.name, file.content_hash) in known
        for source in sources
        for file in files_of(con, source)
    )


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def note_unchanged(paths: StorePaths, run: Mapping[str, object]) -> None:
    """Remember a run that changed nothing, in a small file beside the store."""
    kept = _noted(paths)
    fresh = paths.unchanged.with_name(f".{paths.unchanged.name}.part")
    fresh.write_text(json.dumps([*kept, dict(run)]), encoding="utf-8")
    fresh.replace(paths.unchanged)


def take_in_unchanged(con: duckdb.DuckDBPyConnection, paths: StorePaths) -> None:
    """Write the runs noted beside the store into the working copy, each once."""
    for run in _noted(paths):
        known = con.execute("SELECT 1 FROM base.run WHERE run_id = ?", [run["id"]]).fetchall()
        if not known:
            at = str(run["started_at"]).rstrip("Z")
            con.execute(
                "INSERT INTO base.run VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                [
                    run["id"],
                    at,
                    at,
                    run["status"],
                    run["version"],
                    run["registry_version"],
                    run["config_hash"],
                    json.dumps(run["periods"]),
                ],
            )


def forget_unchanged(paths: StorePaths) -> None:
    """Drop the note once a publish has taken it in."""
    paths.unchanged.unlink(missing_ok=True)


def _noted(paths: StorePaths) -> list[dict[str, Any]]:
    if not paths.unchanged.exists():
        return []
    noted: list[dict[str, Any]] = json.loads(paths.unchanged.read_text(encoding="utf-8"))
    return noted
