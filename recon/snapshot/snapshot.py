"""How do the inventory dumps that lie at the sources now become resources with a tag history?

Dumps are taken in the order of their own time, each only once (by content). A dump older than the newest
snapshot of its scope comes too late to change history and is named, not applied.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Protocol

import duckdb

from recon.deliveries import Located, look
from recon.errors import DeliveryRefused, Unreachable
from recon.frames import one
from recon.model import SourceFile
from recon.providers import provider, provider_id
from recon.snapshot.history import extend
from recon.snapshot.listed import TABLES, read_listing, vanished
from recon.snapshot.listing import ACTIVATION, Listing, Unseen
from recon.store.masking import Masker
from recon.store.tagsets import number_tagsets


class OpenedDump(Protocol):
    """What a connector says about an opened dump."""

    @property
    def relation(self) -> str: ...
    @property
    def lists_untagged(self) -> bool: ...


OpenDump = Callable[[duckdb.DuckDBPyConnection, Path, str], OpenedDump]


@dataclass(frozen=True)
class InventorySource:
    """A configured inventory source. `covers` names provider × account pairs that it lists completely even
    when no resource of theirs occurs; `observed_at` overrides the time of undated dumps. `live`: a cloud is asked
    instead of files being read; `listing`: what it said; `unreachable`: why it could not even be asked."""

    name: str
    files: tuple[Located, ...]
    open: OpenDump
    covers: tuple[tuple[str, str], ...] = ()
    lists_untagged: bool = True
    observed_at: datetime | None = None
    base: Path = Path()
    live: bool = False
    listing: Listing | None = None
    unreachable: Unreachable | None = None


@dataclass
class Snapshotted:
    """`scopes`: provider × account pairs with new snapshots; `problems` are per file; `unseen`: what live listings could not see."""

    scopes: set[tuple[str, str]] = field(default_factory=set)
    problems: list[tuple[SourceFile, str]] = field(default_factory=list)
    missing: list[tuple[str, str, str]] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)


_ROWS = """
CREATE OR REPLACE TEMP TABLE dumped (
    source VARCHAR, provider VARCHAR, account VARCHAR, region VARCHAR, type VARCHAR, id VARCHAR, name VARCHAR,
    container VARCHAR, tags VARCHAR, observed_at TIMESTAMP, complete BOOLEAN)"""


def snapshot(
    con: duckdb.DuckDBPyConnection, sources: list[InventorySource], masker: Masker, now: datetime
) -> Snapshotted:
    """Bring resources and their tag history up to date with the dumps of `sources`."""
    result = Snapshotted()
    con.execute(_ROWS)
    con.execute(TABLES)
    for source in sources:
        if source.listing is not None:
            read_listing(con, source.name, source.listing)
            result.unseen += source.listing.unseen
            result.unseen += vanished(con, source.name, source.listing)
        for file in look(con, "base.inventory_file", source.name, source.files, source.base):
            if not _taken(con, file):
                _read(con, source, file, now, result)
    _number(con, masker, result)
    times = [
        row[0]
        for row in con.execute(
            "SELECT observed_at FROM dumped_now UNION SELECT observed_at FROM listed ORDER BY 1"
        ).fetchall()
    ]
    for at in times:
        _apply(con, at, result)
    _uncovered(con, sources, result)
    return result


def _taken(con: duckdb.DuckDBPyConnection, file: SourceFile) -> bool:
    known = one(
        con,
        "SELECT count(*) FROM base.inventory_file WHERE source = ? AND path = ? AND content_hash = ? AND status = 'loaded'",
        [file.source, file.name, file.content_hash],
    )
    return bool(known and known[0])


def _read(
    con: duckdb.DuckDBPyConnection,
    source: InventorySource,
    file: SourceFile,
    now: datetime,
    result: Snapshotted,
) -> None:
    con.execute("DELETE FROM base.inventory_file WHERE source = ? AND path = ?", [file.source, file.name])
    status, reason, rows = "loaded", None, 0
    at = source.observed_at or _dated(file.name) or now
    try:
        if not file.content_hash:
            raise DeliveryRefused(file.name, "can't be read (it vanished, or permission is denied)")
        dump = source.open(con, file.path, "dump_now")
        row = one(
            con, f"SELECT count(*), count(*) FILTER (id IS NULL OR provider IS NULL) FROM {dump.relation}"
        )
        rows, nameless = (int(row[0]), int(row[1])) if row else (0, 0)
        if nameless:
            reason = f"{nameless} of {rows} rows name no resource id or provider and were left out"
            result.problems.append((file, reason))
        con.execute(
            "INSERT INTO dumped SELECT $source, provider, coalesce(account, (SELECT mode(account) FROM "
            + dump.relation
            + ")), "
            "region, type, id, name, container, tags, coalesce(try_cast(observed_at AS TIMESTAMP), $at), $complete "
            f"FROM {dump.relation} WHERE id IS NOT NULL AND provider IS NOT NULL",
            {"source": source.name, "at": at, "complete": dump.lists_untagged and source.lists_untagged},
        )
        con.execute(f"DROP TABLE {dump.relation}")
    except (DeliveryRefused, duckdb.Error) as error:
        status = "refused"
        reason = (
            error.reason
            if isinstance(error, DeliveryRefused)
            else f"can't be read: {str(error).splitlines()[0][:200]}"
        )
        result.problems.append((file, reason))
    con.execute(
        "INSERT INTO base.inventory_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [file.source, file.name, file.size, file.mtime_ns, file.content_hash, at, rows, status, reason],
    )


def _dated(name: str) -> datetime | None:
    """The day in a dump's folder or file name (2026-10-31, snapshot=2026-10-31), the innermost one."""
    for part in reversed(name.split("/")[-3:]):
        if hit := re.search(r"(?<!\d)(20\d{2})-(\d{2})-(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z)?(?!\d)", part):
            numbers = [int(n) for n in hit.groups() if n]
            try:
                year, month, day = numbers[:3]
                hour, minute, second = numbers[3:] or (0, 0, 0)
                return datetime.combine(date(year, month, day), time(hour, minute, second))
            except ValueError:
                continue
    return None


def _number(con: duckdb.DuckDBPyConnection, masker: Masker, result: Snapshotted) -> None:
    """Temp table `dumped_now`: rows with provider ids, folded ids and tagset numbers; one row per resource and time."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE inventory_cells AS SELECT hash(tags) AS h, any_value(tags) AS tags FROM dumped GROUP BY h"
    )
    number_tagsets(con, "inventory_cells", "inventory_tags", masker)
    names = [row[0] for row in con.execute("SELECT DISTINCT provider FROM dumped").fetchall()]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE provider_names (provider VARCHAR, provider_id VARCHAR, folds BOOLEAN)"
    )
    for name in names:
        known = provider_id(name)
        con.execute("INSERT INTO provider_names VALUES (?, ?, ?)", [name, known, provider(known).fold_ids])
    con.execute(
        "CREATE OR REPLACE TEMP TABLE dumped_now AS SELECT d.source, p.provider_id, coalesce(d.account, '') AS account_id, d.region, "
        "d.type AS resource_type, d.id AS resource_id, CASE WHEN p.folds THEN lower(rtrim(d.id, '/')) ELSE d.id END AS folded_id, "
        "d.name AS resource_name, CASE WHEN p.folds THEN lower(rtrim(d.container, '/')) ELSE d.container END AS container_id, "
        "coalesce(t.tagset_no, 0) AS tagset_no, t.problem, d.observed_at, d.complete "
        "FROM dumped d JOIN provider_names p USING (provider) LEFT JOIN inventory_tags t ON t.h = hash(d.tags)"
    )
    bad = one(
        con,
        "SELECT count(*), any_value(resource_id), any_value(problem) FROM dumped_now WHERE problem IS NOT NULL",
    )
    if bad and bad[0]:
        file = SourceFile("inventory", Path, 0, 0, name=str(bad[1]))
        result.problems.append(
            (file, f"tags of {bad[0]} resources can't be read ({bad[2]}); they count as not seen")
        )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE unreadable_now AS SELECT DISTINCT provider_id, account_id, folded_id FROM dumped_now "
        "WHERE problem IS NOT NULL"
    )
    con.execute("DELETE FROM dumped_now WHERE problem IS NOT NULL")
    con.execute("DROP TABLE dumped")


def _apply(con: duckdb.DuckDBPyConnection, at: datetime, result: Snapshotted) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP TABLE unseen_now AS SELECT * FROM base.unseen WHERE observed_at = $at",
        {"at": at},
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE scopes_now AS WITH named AS (SELECT source, provider_id, account_id, complete, 1 AS n "
        "FROM dumped_now WHERE observed_at = $at UNION ALL SELECT source, provider_id, account_id, complete, 0 FROM listed "
        "WHERE observed_at = $at), "
        "grouped AS (SELECT provider_id, account_id, bool_and(complete) AS complete, any_value(source ORDER BY source) AS source, "
        "sum(n)::BIGINT AS resources FROM named GROUP BY ALL) "
        "SELECT provider_id, account_id, complete AND NOT EXISTS (SELECT 1 FROM unseen_now u WHERE u.provider_id = g.provider_id "
        f"AND u.resource_type <> '{ACTIVATION}' AND lower(u.account_id) IN ('', lower(g.account_id))) "
        "AND NOT EXISTS (SELECT 1 FROM unreadable_now n WHERE n.provider_id = g.provider_id AND n.account_id = g.account_id) AS complete, complete AS untagged, source, resources, NOT EXISTS (SELECT 1 FROM base.snapshot s WHERE "
        "s.provider_id = g.provider_id AND s.account_id = g.account_id) AS first, coalesce((SELECT max(observed_at) FROM base.snapshot s "
        "WHERE s.provider_id = g.provider_id AND s.account_id = g.account_id) >= $at, false) AS late FROM grouped g",
        {"at": at},
    )
    # asked again at the same instant, a cloud adds nothing
    con.execute(
        "DELETE FROM scopes_now WHERE late AND (source, provider_id, account_id) IN (SELECT (source, provider_id, account_id) "
        "FROM base.snapshot WHERE observed_at = $at) AND source IN (SELECT source FROM listed)",
        {"at": at},
    )
    for source, prov, account in con.execute(
        "SELECT source, provider_id, account_id FROM scopes_now WHERE late"
    ).fetchall():
        file = SourceFile(source, Path, 0, 0, name=f"{prov}/{account}")
        result.problems.append(
            (
                file,
                f"a dump of {at:%Y-%m-%d} came after a newer snapshot of this account was taken; it is not applied",
            )
        )
    con.execute("DELETE FROM scopes_now WHERE late")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE seen_now AS SELECT n.provider_id, n.folded_id, any_value(n.account_id ORDER BY n.source) AS account_id, "
        "any_value(n.region ORDER BY n.source) AS region, any_value(n.resource_type ORDER BY n.source) AS resource_type, "
        "any_value(n.resource_id ORDER BY n.source) AS resource_id, any_value(n.resource_name ORDER BY n.source) AS resource_name, "
        "any_value(n.container_id ORDER BY n.source) AS container_id, max_by(n.tagset_no, n.source) AS tagset_no "
        "FROM dumped_now n SEMI JOIN scopes_now s USING (provider_id, account_id) WHERE n.observed_at = $at GROUP BY ALL",
        {"at": at},
    )
    extend(con, at)
    _name_aliases(con)
    con.execute(
        "INSERT INTO base.snapshot SELECT (SELECT coalesce(max(snapshot_no), 0) FROM base.snapshot) + row_number() OVER "
        "(ORDER BY provider_id, account_id), source, $at, provider_id, account_id, complete, resources FROM scopes_now",
        {"at": at},
    )
    result.scopes |= {
        (p, a) for p, a in con.execute("SELECT provider_id, account_id FROM scopes_now").fetchall()
    }


def _name_aliases(con: duckdb.DuckDBPyConnection) -> None:
    """Other ids by which bills may name the resources seen now."""
    con.execute(
        "INSERT INTO base.resource_alias SELECT DISTINCT r.resource_no, a.alias FROM aliased a JOIN provider_names p USING (provider) "
        "JOIN base.resource r ON r.provider_id = p.provider_id AND r.folded_id = CASE WHEN p.folds THEN lower(rtrim(a.id, '/')) "
        "ELSE a.id END WHERE NOT EXISTS (SELECT 1 FROM base.resource_alias k WHERE k.resource_no = r.resource_no AND k.alias = a.alias) "
        "ORDER BY ALL"
    )


def _uncovered(con: duckdb.DuckDBPyConnection, sources: list[InventorySource], result: Snapshotted) -> None:
    """Scopes that a source promises (`covers`) and no dump ever named."""
    seen = {
        (p, a)
        for p, a in con.execute("SELECT DISTINCT provider_id, account_id FROM base.snapshot").fetchall()
    }
    for source in sources:
        for prov, account in source.covers:
            if (provider_id(prov), account) not in seen:
                result.missing.append((source.name, provider_id(prov), account))
