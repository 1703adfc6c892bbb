"""Which connector reads which configured source? The only place where connectors are known by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path

import duckdb

from connectors.files import Dump, open_dump
from connectors.focus import open_lines
from connectors.focus.reader import Opening
from connectors.location import list_files
from recon import __version__
from recon.allocation import Allocation
from recon.config import Billing, Inventory, Prefer, RunConfig
from recon.errors import InputError
from recon.ingest.books import SourceRule
from recon.ingest.ingest import BillSource
from recon.ingest.lines import Lines
from recon.snapshot.snapshot import InventorySource

BILLING = ("focus",)
INVENTORY = ("files",)


def bill_sources(cfg: RunConfig, allocation: Allocation) -> list[BillSource]:
    """The billing sources with the files that lie there now. Raises InputError for a connector that this
    version does not have."""
    return [_bill(cfg, source, allocation.columns) for source in cfg.billing]


def inventory_sources(cfg: RunConfig) -> list[InventorySource]:
    """The inventory sources with the dumps that lie there now."""
    return [_inventory(cfg, source) for source in cfg.inventory]


def _bill(cfg: RunConfig, source: Billing, columns: tuple[str, ...]) -> BillSource:
    _known("billing", source.name, source.connector, BILLING)
    prefer = source.files.prefer if isinstance(source.files, Prefer) else None
    files = source.files if isinstance(source.files, str) else None
    rule = SourceRule(source.name, files, prefer, source.rank)
    defaults: Mapping[str, str] = dict(source.defaults)

    def opened(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> Lines | None:
        return open_lines(Opening(con, path, name, defaults, columns))

    read_as = json.dumps(["focus", __version__, sorted(defaults.items()), columns])
    mapping = hashlib.sha256(read_as.encode()).hexdigest()[:16]
    return BillSource(rule, tuple(list_files(str(source.location))), opened, mapping, cfg.base)


def _inventory(cfg: RunConfig, source: Inventory) -> InventorySource:
    _known("inventory", source.name, source.connector, INVENTORY)
    if source.location is None:
        raise InputError(f"inventory source {source.name} has no location: name the folder of its dumps")
    at = datetime.combine(source.observed_at, time()) if source.observed_at else None
    covers = tuple((c.provider, c.account) for c in source.covers)
    paths = tuple(list_files(str(source.location)))
    return InventorySource(source.name, paths, _open_dump, covers, source.lists_untagged, at, cfg.base)


def _open_dump(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> Dump:
    return open_dump(con, path, name)


def _known(kind: str, name: str, connector: str | None, ours: tuple[str, ...]) -> None:
    if connector not in (None, *ours):
        raise InputError(
            f'{kind} source {name} wants connector "{connector}", which this version does not have. '
            f"It has {', '.join(ours)}: export to files and use that."
        )
