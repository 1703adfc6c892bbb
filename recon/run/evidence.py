"""Which audit logs and lists of incidents does this run read, and what of them could not be read or matched?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from connectors.evidence import read_audit_log, read_incidents
from connectors.places import list_files
from recon.config import RunConfig
from recon.config.evidence import Evidence
from recon.errors import InputError, Unreachable
from recon.identity.evidence import match_evidence
from recon.model import Gap
from recon.snapshot.evidence import EvidenceSource, Kind, ReadEvidence, record_evidence
from recon.store.store import StorePaths

_WORDS = {"audit_logs": "audit log", "incidents": "incidents"}
_UNMATCHED = """
SELECT source, count(DISTINCT incident_id), count(DISTINCT incident_id) FILTER (NOT known)
FROM (SELECT source, incident_id, bool_or(in_inventory) AS known FROM incidents GROUP BY ALL) GROUP BY source ORDER BY source"""


def evidence_sources(cfg: RunConfig) -> list[EvidenceSource]:
    """The configured audit logs and lists of incidents, with the files that lie there now. Raises InputError for a location that
    can't be right, or a library that is not installed."""
    return [
        *(_source(cfg, "audit_logs", each, read_audit_log) for each in cfg.audit_logs),
        *(_source(cfg, "incidents", each, read_incidents) for each in cfg.incidents),
    ]


def take_evidence(
    con: duckdb.DuckDBPyConnection, sources: Sequence[EvidenceSource], now: datetime
) -> list[Gap]:
    """Read what is new; gaps for what is missing, can't be reached or can't be read."""
    gaps = []
    for source in sources:
        scope = f"{_WORDS[source.kind]} {source.name}"
        if source.unreachable is not None:
            error = source.unreachable
            gaps.append(Gap(error.kind, scope, error.reason, permission=error.permission))
        elif not source.files:
            reason = "no file lies at its location; check `location:` and the delivery"
            gaps.append(Gap("missing", scope, reason))
    for kind, name, file, reason in record_evidence(con, sources, now):
        gaps.append(Gap("unreadable", f"{_WORDS[kind]} {name}: {file}", reason, touched=(name,)))
    return gaps


def match_told(con: duckdb.DuckDBPyConnection) -> list[Gap]:
    """Find the resources that logs and lists mean; a limitation where incidents name none that is known."""
    match_evidence(con)
    return [
        Gap(
            "unmatched",
            f"incidents {source}",
            f"{unknown} of {all_of_them} incidents name no resource that the inventory knows: M3 is over the others",
            touched=(source,),
            limitation=True,
        )
        for source, all_of_them, unknown in con.execute(_UNMATCHED).fetchall()
        if unknown
    ]


def _source(cfg: RunConfig, kind: Kind, said: Evidence, read: ReadEvidence) -> EvidenceSource:
    if said.location.startswith("bigquery://"):
        raise InputError(
            f"{kind} {said.name}: a table in BigQuery is not read; export it to files (docs/evidence.md)"
        )
    try:
        files = tuple(list_files(said.location, StorePaths(cfg.store).spool))
    except Unreachable as error:
        return EvidenceSource(kind, said.name, (), read, cfg.base, unreachable=error)
    return EvidenceSource(kind, said.name, files, read, cfg.base)
