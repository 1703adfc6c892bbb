"""Which connector reads which configured source? The only place where connectors are known by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import duckdb

from connectors.bill.shape import Opening
from connectors.deliveries import select
from connectors.files import Dump, open_dump
from connectors.formats import CONNECTORS, MANIFESTS, open_lines
from connectors.inventories import LISTERS
from connectors.places import list_files
from connectors.terraform.reader import read_managed
from recon import __version__
from recon.allocation import Allocation
from recon.config import Billing, Inventory, Prefer, RunConfig
from recon.deliveries import Located
from recon.errors import InputError, Unreachable
from recon.ingest.books import SourceRule
from recon.ingest.lines import Lines
from recon.ingest.source import BillSource, OpenLines
from recon.run.live import list_live
from recon.snapshot.managed import ManagedSource
from recon.snapshot.snapshot import InventorySource
from recon.store.store import Limits, StorePaths, connect

BILLING = CONNECTORS
INVENTORY = ("files", "terraform", *LISTERS)


def bill_sources(
    cfg: RunConfig,
    allocation: Allocation,
    now: datetime,
    tell: Callable[[str], None],
    *,
    full: bool = False,
    spool: Path | None = None,
    known: Mapping[str, Mapping[str, str]] | None = None,
) -> list[BillSource]:
    """The billing sources with the files that lie there now; `full`: their lines with every column, not only
    what makes charges; `spool`: a folder for downloads instead of the store's own; `known`: source ->
    file -> marker of its content as of the last run (left out: read from the store), by which a warehouse is asked
    for new partitions only. Raises InputError for a connector that this version does not have, or a library that is
    not installed."""
    place = _Reading(allocation.columns, now, tell, full, spool or StorePaths(cfg.store).spool, known)
    return [_bill(cfg, source, place) for source in cfg.billing]


def inventory_sources(
    cfg: RunConfig, now: datetime, tell: Callable[[str], None], *, live: bool = True
) -> list[InventorySource]:
    """The inventory sources: with the dumps that lie there now, or with what their cloud says now; `live` false:
    clouds are not asked."""
    found = [(_inventory(cfg, source), source) for source in cfg.inventory]
    return [
        list_live(each, said, StorePaths(cfg.store).listing, now, tell) if live and each.live else each
        for each, said in found
    ]


@dataclass(frozen=True)
class _Reading:
    columns: tuple[str, ...]
    now: datetime
    tell: Callable[[str], None]
    full: bool
    spool: Path
    known: Mapping[str, Mapping[str, str]] | None


def _bill(cfg: RunConfig, source: Billing, reading: _Reading) -> BillSource:
    _known("billing", source.name, source.connector, BILLING)
    prefer = source.files.prefer if isinstance(source.files, Prefer) else None
    files = source.files if isinstance(source.files, str) else None
    rule = SourceRule(source.name, files, prefer, source.rank)
    read_as = json.dumps(
        [source.connector, __version__, sorted(source.defaults.items()), reading.columns, source.costs]
    )
    mapping = hashlib.sha256(read_as.encode()).hexdigest()[:16]
    opened = _opener(source, reading)
    view = {"actual": "billed", "amortized": "effective", None: None}[source.costs]
    try:
        listed = list_files(
            str(source.location),
            reading.spool,
            known=_identities(cfg, source, reading),
            tell=reading.tell,
            now=reading.now if reading.now.tzinfo else reading.now.replace(tzinfo=UTC),
        )
        found = select(listed, MANIFESTS)
    except Unreachable as error:
        return BillSource(rule, (), opened, mapping, cfg.base, unreachable=error, view=view)
    return BillSource(
        *(rule, found.files, opened, mapping, cfg.base),
        parts=found.parts,
        left_out=found.left_out,
        deliveries=found.deliveries,
        replaced=found.replaced,
        broken=found.broken,
        view=view,
    )


def _opener(source: Billing, reading: _Reading) -> OpenLines:
    defaults: Mapping[str, str] = dict(source.defaults)

    def opened(con: duckdb.DuckDBPyConnection, path: Path, name: str, view: str | None) -> Lines | None:
        opening = Opening(con, path, name, defaults, reading.columns, reading.spool, reading.full, view)
        return open_lines(opening, source.connector)

    return opened


def _identities(cfg: RunConfig, source: Billing, reading: _Reading) -> Mapping[str, str]:
    """Name -> marker of the content, as of the last run; only a warehouse is asked by it."""
    if not str(source.location).startswith("bigquery://"):
        return {}
    if reading.known is not None:
        return reading.known.get(source.name, {})
    if not cfg.store.exists():
        return {}
    con = connect(cfg.store, Limits(memory="256MB"), read_only=True)
    try:
        rows = con.execute(
            "SELECT path, content_hash FROM base.source_file WHERE source = ? AND status IN ('loaded', 'held')",
            [source.name],
        ).fetchall()
        return {str(name): str(identity) for name, identity in rows}
    except duckdb.CatalogException:
        return {}
    finally:
        con.close()


def _inventory(cfg: RunConfig, source: Inventory) -> InventorySource:
    _known("inventory", source.name, source.connector, INVENTORY)
    at = datetime.combine(source.observed_at, time()) if source.observed_at else None
    covers = tuple((c.provider, c.account) for c in source.covers)
    files: tuple[Located, ...] = ()
    unreachable = None
    if source.location:
        try:
            files = tuple(list_files(str(source.location), StorePaths(cfg.store).spool))
        except Unreachable as error:
            unreachable = error
    if source.connector == "terraform":
        return ManagedSource(
            source.name, files, _open_dump, base=cfg.base, unreachable=unreachable, read=read_managed
        )
    return InventorySource(
        source.name,
        files,
        _open_dump,
        covers,
        source.lists_untagged,
        at,
        cfg.base,
        live=source.cloud is not None,
        unreachable=unreachable,
    )


def _open_dump(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> Dump:
    return open_dump(con, path, name)


def _known(kind: str, name: str, connector: str | None, ours: tuple[str, ...]) -> None:
    if connector not in (None, *ours):
        raise InputError(
            f'{kind} source {name} wants connector "{connector}", which this version does not have. '
            f"It has {', '.join(ours)}: export to files and use that."
        )
