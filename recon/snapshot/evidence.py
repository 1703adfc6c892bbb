"""What do audit logs and lists of incidents say, and which of their files are new?

A file is read once, by content. One that changes in place says anew what it said before; one that is gone is remembered: logs
are rotated, and the history that they explain stays. What a source said is forgotten when it is no longer configured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa

from recon.deliveries import Located, look
from recon.errors import DeliveryRefused, Unreachable
from recon.hostile import SECRET
from recon.model import SourceFile

Kind = Literal["audit_logs", "incidents"]
_FILES = 500  # read before the store is written to
_LONGEST = 2048  # characters of an id, an actor or a key; no cloud has longer ones


@dataclass(frozen=True)
class TagEvent:
    """Somebody changed the tags of a resource. `at`: naive UTC; `key`: raw, None where the log does not say which; `event_id`:
    the log's own, the same wherever the event is delivered. Values are not kept."""

    at: datetime
    actor: str | None
    action: str
    provider_id: str | None
    account_id: str | None
    resource_id: str
    key: str | None
    event_id: str


@dataclass(frozen=True)
class Incident:
    """Something broke. One per incident and resource; `resource_id` None where it names none. `opened_at`: naive UTC."""

    incident_id: str
    opened_at: datetime
    severity: str | None
    provider_id: str | None
    account_id: str | None
    resource_id: str | None


@dataclass
class Told:
    """What one file says. `damaged`: records that can't be read, as (where, why)."""

    events: list[TagEvent] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    damaged: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Batch:
    """What several files say, not yet in the store: a trail has thousands of small ones."""

    files: list[tuple[object, ...]] = field(default_factory=list)
    events: list[tuple[str, TagEvent]] = field(default_factory=list)
    incidents: list[tuple[str, Incident]] = field(default_factory=list)


ReadEvidence = Callable[[Path, str], Told]


@dataclass(frozen=True)
class EvidenceSource:
    """A configured list entry with the files that lie there now. `read`: what one of them says; raises DeliveryRefused."""

    kind: Kind
    name: str
    files: tuple[Located, ...]
    read: ReadEvidence
    base: Path = Path()
    unreachable: Unreachable | None = None


def files_of(con: duckdb.DuckDBPyConnection, source: EvidenceSource) -> list[SourceFile]:
    """The files of a source as they lie there now, hashed."""
    known = f"(SELECT * FROM base.evidence_file WHERE kind = '{source.kind}')"
    return look(con, known, source.name, source.files, source.base)


def record_evidence(
    con: duckdb.DuckDBPyConnection, sources: Sequence[EvidenceSource], now: datetime
) -> list[tuple[str, str, str, str]]:
    """Bring `base.tag_event` and `base.incident` up to date. Returns what can't be read as (kind, source, file, why), of files
    read before too, for as long as they lie there."""
    configured = {(source.kind, source.name) for source in sources}
    for kind, name in con.execute("SELECT DISTINCT kind, source FROM base.evidence_file").fetchall():
        if (kind, name) not in configured:
            _forget(con, kind, name)
    problems: list[tuple[str, str, str, str]] = []
    for source in sources:
        files = files_of(con, source)
        known = _known(con, source)
        con.execute("BEGIN")
        batch = _Batch()
        for file in files:
            before = known.get(file.name)
            if before is not None and file.content_hash and before[:2] == (file.content_hash, "loaded"):
                reason = before[2]
            else:
                reason = _take(con, source, file, before is not None, now, batch)
            if reason:
                problems.append((source.kind, source.name, file.name, reason))
            if len(batch.files) >= _FILES:
                _write(con, source.name, batch)
                batch = _Batch()
        _write(con, source.name, batch)
        con.execute("COMMIT")
    return problems


def _known(con: duckdb.DuckDBPyConnection, source: EvidenceSource) -> dict[str, tuple[str, str, str]]:
    """path → (content_hash, status, what was wrong with it, '' for nothing)."""
    rows = con.execute(
        "SELECT path, content_hash, status, coalesce(reason, '') FROM base.evidence_file WHERE kind = ? AND source = ?",
        [source.kind, source.name],
    ).fetchall()
    return {path: (content, status, reason) for path, content, status, reason in rows}


def _take(
    con: duckdb.DuckDBPyConnection,
    source: EvidenceSource,
    file: SourceFile,
    known: bool,
    now: datetime,
    batch: _Batch,
) -> str:
    told, status, reason = Told(), "loaded", ""
    try:
        if not file.content_hash:
            raise DeliveryRefused(file.name, "can't be read (it vanished, or permission is denied)")
        told = source.read(file.path, file.name)
        reason = _damage(told)
        if known:
            _forget(con, source.kind, source.name, file.name)
        batch.events += [(file.name, event) for event in told.events]
        batch.incidents += [(file.name, incident) for incident in told.incidents]
    except (DeliveryRefused, Unreachable) as error:
        # what an earlier state of this file said stays: it was true
        status, reason = "refused", error.reason
        con.execute(
            "DELETE FROM base.evidence_file WHERE kind = ? AND source = ? AND path = ?",
            [source.kind, source.name, file.name],
        )
    rows = len(told.events) + len(told.incidents)
    known_by = (source.kind, source.name, file.name, file.size, file.mtime_ns, file.content_hash)
    batch.files.append((*known_by, rows, status, reason or None, now))
    return reason


def _damage(told: Told) -> str:
    if not told.damaged:
        return ""
    shown = "; ".join(f"{where}: {why}" for where, why in told.damaged[:3])
    more = f"; and {len(told.damaged) - 3} more" if len(told.damaged) > 3 else ""
    return f"{len(told.damaged)} records can't be read and were left out ({shown}{more})"


def _forget(con: duckdb.DuckDBPyConnection, kind: str, source: str, path: str | None = None) -> None:
    which = "source = ? AND (?::VARCHAR IS NULL OR path = ?)"
    table = "base.tag_event" if kind == "audit_logs" else "base.incident"
    con.execute(f"DELETE FROM {table} WHERE {which}", [source, path, path])
    con.execute(f"DELETE FROM base.evidence_file WHERE kind = ? AND {which}", [kind, source, path, path])


def _write(con: duckdb.DuckDBPyConnection, source: str, batch: _Batch) -> None:
    events, incidents = [e for _, e in batch.events], [i for _, i in batch.incidents]
    names: tuple[str, ...] = (
        "actor",
        "action",
        "provider_id",
        "account_id",
        "resource_id",
        "key",
        "event_id",
    )
    _insert(con, "tag_event", source, batch.events, [e.at for e in events], _texts(events, names))
    names = ("incident_id", "severity", "provider_id", "account_id", "resource_id")
    _insert(
        con, "incident", source, batch.incidents, [i.opened_at for i in incidents], _texts(incidents, names)
    )
    if batch.files:
        columns = list(zip(*batch.files, strict=True))
        con.register("evidence_new", pa.table({f"c{n}": list(column) for n, column in enumerate(columns)}))
        con.execute("INSERT INTO base.evidence_file SELECT * FROM evidence_new ORDER BY ALL")
        con.unregister("evidence_new")


def _texts(rows: Iterable[object], names: tuple[str, ...]) -> dict[str, list[str | None]]:
    found = list(rows)
    return {name: [_clean(getattr(row, name)) for row in found] for name in names}


def _clean(text: str | None) -> str | None:
    """Hostile text as the store may keep it: of bounded length, whole characters, without what looks like a secret."""
    if text is None:
        return None
    kept = text[:_LONGEST].encode("utf-8", "replace").decode("utf-8")
    return SECRET.sub("‹removed›", kept)


def _insert(
    con: duckdb.DuckDBPyConnection,
    table: str,
    source: str,
    told: Sequence[tuple[str, object]],
    at: list[datetime],
    texts: dict[str, list[str | None]],
) -> None:
    if not told:
        return
    columns = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    paths = pa.array([path for path, _ in told], pa.string())
    con.register("evidence_new", pa.table({"path": paths, "at": pa.array(at, pa.timestamp("us")), **columns}))
    con.execute(
        f"INSERT INTO base.{table} SELECT $source, * FROM evidence_new ORDER BY ALL", {"source": source}
    )
    con.unregister("evidence_new")
