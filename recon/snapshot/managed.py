"""Which code manages a resource, and which tags does it give it?

What infrastructure as code says is no inventory: it adds no resource and no tag. It tells where a tag is to be
changed, so that the next apply does not undo the change. What stands in files is recorded here; a resource that a stack
of CloudFormation manages says so itself, by its live tags (view `managed_resources`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from recon.deliveries import look
from recon.errors import DeliveryRefused, Unreachable
from recon.model import SourceFile
from recon.providers import provider
from recon.snapshot.snapshot import InventorySource
from recon.store.masking import Masker
from recon.store.tagsets import number_tagsets


@dataclass(frozen=True)
class Managed:
    """One resource that code manages.

    tool      terraform
    address   where in the code: `module.shop.aws_instance.web["a"]`
    file      the state or plan that says so, as people see it
    tags      what the code gives it; sensitive ones left out
    also      other ids of it, as the tool knows them
    """

    provider_id: str
    resource_id: str
    tool: str
    address: str
    file: str
    tags: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()


ReadManaged = Callable[[Path, str], Iterable[Managed]]


@dataclass(frozen=True)
class ManagedSource(InventorySource):
    """A configured source of infrastructure as code. `read`: what one of its files says."""

    read: ReadManaged = lambda path, name: ()


def record_managed(
    con: duckdb.DuckDBPyConnection, sources: Sequence[InventorySource], masker: Masker, now: datetime
) -> list[tuple[SourceFile, str]]:
    """Bring `base.managed_resource` up to date with the files of those sources that are a `ManagedSource`: a source is
    read again as a whole where a file of it is new, changed or gone. Returns what can't be read, and why."""
    ours = [source for source in sources if isinstance(source, ManagedSource)]
    known = {source.name for source in ours}
    for (name,) in con.execute("SELECT DISTINCT source FROM base.managed_resource").fetchall():
        if name not in known:  # no longer configured
            _forget(con, name)
    problems: list[tuple[SourceFile, str]] = []
    for source in ours:
        if source.unreachable is not None:
            continue  # what it said stays
        files = look(con, "base.inventory_file", source.name, source.files, source.base)
        before = con.execute(
            "SELECT path, content_hash FROM base.inventory_file WHERE source = ? AND status = 'loaded'",
            [source.name],
        ).fetchall()
        if {(file.name, file.content_hash) for file in files} != set(before):
            _forget(con, source.name)
            for file in files:
                problems += _take(con, source, file, masker, now)
    return problems


def _forget(con: duckdb.DuckDBPyConnection, source: str) -> None:
    con.execute("DELETE FROM base.managed_resource WHERE source = ?", [source])
    con.execute("DELETE FROM base.inventory_file WHERE source = ?", [source])


def _take(
    con: duckdb.DuckDBPyConnection, source: ManagedSource, file: SourceFile, masker: Masker, now: datetime
) -> Iterator[tuple[SourceFile, str]]:
    status, reason, rows = "loaded", None, 0
    try:
        if not file.content_hash:
            raise DeliveryRefused(file.name, "can't be read (it vanished, or permission is denied)")
        found = list(source.read(file.path, file.name))
        rows = len(found)
        _write(con, source.name, found, masker)
    except (DeliveryRefused, Unreachable) as error:
        status, reason = "refused", error.reason
        yield file, reason
    con.execute(
        "INSERT INTO base.inventory_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [source.name, file.name, file.size, file.mtime_ns, file.content_hash, now, rows, status, reason],
    )


def _write(con: duckdb.DuckDBPyConnection, source: str, found: list[Managed], masker: Masker) -> None:
    if not found:
        return
    new = pa.table(
        {
            "provider_id": [m.provider_id for m in found],
            "ids": pa.array([[m.resource_id, *m.also] for m in found], pa.list_(pa.string())),
            "folded_ids": pa.array([_folded(m) for m in found], pa.list_(pa.string())),
            "tool": [m.tool for m in found],
            "address": [m.address for m in found],
            "file": [m.file for m in found],
            "tags": [json.dumps(dict(sorted(m.tags.items()))) for m in found],
        }
    )
    con.register("managed_new", new)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE managed_cells AS SELECT hash(tags) AS h, any_value(tags) AS tags FROM managed_new GROUP BY h"
    )
    number_tagsets(con, "managed_cells", "managed_tags", masker)
    con.execute(
        "INSERT INTO base.managed_resource SELECT $source, m.provider_id, m.ids, m.folded_ids, m.tool, m.address, m.file, "
        "coalesce(t.tagset_no, 0) FROM managed_new m LEFT JOIN managed_tags t ON t.h = hash(m.tags) ORDER BY m.address, m.ids",
        {"source": source},
    )
    con.unregister("managed_new")


def _folded(managed: Managed) -> list[str]:
    """The ids as `base.resource` folds them."""
    ids = (managed.resource_id, *managed.also)
    return [each.rstrip("/").lower() for each in ids] if provider(managed.provider_id).fold_ids else [*ids]
