"""Which lines of which bill file are behind a resource's charges?

The store keeps charges, not lines: the lines are read again from the source files, through the same mapping,
and named by file and row. A file that is gone or has changed since is said to be so; nothing is guessed. The
bill holds what the store masks: sensitive values are masked here as they are there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from recon.config import RunConfig
from recon.errors import DeliveryRefused, InputError
from recon.explain.find import Hit
from recon.hostile import looks_secret
from recon.ingest.lines import Lines
from recon.money import plain
from recon.registry import Registry
from recon.run.reopen import Archive, markers
from recon.run.sensitive import masker_of
from recon.store.masking import Masker
from recon.store.store import StorePaths
from recon.tagset import BadTags, tagset_of
from reports.questions import Row, Store

_SHOWN = (
    *("ChargePeriodStart", "ServiceName", "ChargeCategory", "ChargeDescription"),
    *("BilledCost", "EffectiveCost", "BillingCurrency"),
)
_MONEY = ("BilledCost", "EffectiveCost")


@dataclass(frozen=True)
class BillLine:
    """One line as delivered: `row` counts records, 1 is the first; `cells` FOCUS column → text; `tags` those
    of the line itself, `inherited` those that the bill took from a container (None: not readable)."""

    path: str
    row: int
    cells: dict[str, str | None]
    tags: dict[str, str] | None
    inherited: dict[str, str] | None

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "row": self.row,
            **self.cells,
            "Tags": self.tags,
            "x_InheritedTags": self.inherited,
        }


@dataclass(frozen=True)
class SkippedFile:
    """A file whose lines can't be shown, and why."""

    path: str
    reason: str


@dataclass
class Found:
    """The first lines found, how many there are in the files that were read, and the files that were not."""

    lines: list[BillLine] = field(default_factory=list)
    total: int = 0
    skipped: list[SkippedFile] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "lines": [line.as_json() for line in self.lines],
            "lines_total": self.total,
            "skipped_files": [{"path": file.path, "reason": file.reason} for file in self.skipped],
        }


def bill_lines(
    cfg: RunConfig, registry: Registry, store: Store, hit: Hit, periods: Sequence[str], limit: int
) -> Found:
    """Up to `limit` lines that name one of the resource's ids, by file and row; all of them are counted.

    `periods`: only files that hold one of these billing periods are opened.
    """
    found, masker = Found(), masker_or_other(cfg, registry)
    con = duckdb.connect(config={"memory_limit": cfg.memory_limit, "autoinstall_known_extensions": False})
    con.execute("SET TimeZone = 'UTC'")
    with con, TemporaryDirectory(prefix="tagrecon-") as spool:
        files = list(_files(store, periods))
        known = markers((f["source"], f["path"], f["content_hash"]) for f in files)
        archive = Archive(cfg, datetime.now(UTC), Path(spool), known)
        for file in files:
            path = place(cfg, str(file["path"]))
            try:
                lines = archive.lines(con, file["source"], file["path"], file["content_hash"], "lines")
                if isinstance(lines, str):
                    found.skipped.append(SkippedFile(path, lines))
                else:
                    _read(con, path, lines, hit, limit, found, masker)
            except (DeliveryRefused, duckdb.Error) as error:
                found.skipped.append(SkippedFile(path, str(error).splitlines()[0][:200]))
    return found


def _files(store: Store, periods: Sequence[str]) -> Iterator[Row]:
    rows = store.ask(
        "SELECT source, path, content_hash, billing_periods FROM source_files "
        "WHERE status = 'loaded' ORDER BY path"
    )
    wanted = set(periods)
    for row in rows:
        held = row["billing_periods"]
        if wanted & set(held.replace(",", " ").split() if isinstance(held, str) else held or ()):
            yield row


def place(cfg: RunConfig, name: str) -> str:
    """Where a file lies that the store knows by this name."""
    return name if "://" in name else str(cfg.base / name)  # an absolute path stays as it is


def masker_or_other(cfg: RunConfig, registry: Registry) -> Masker:
    """The store's own masker; for a reader who may not see its key, one whose tokens differ from the store's."""
    paths = StorePaths(cfg.store)
    try:
        return masker_of(cfg, paths, registry)
    except (OSError, InputError):
        return masker_of(cfg.model_copy(update={"mask_key": None}), StorePaths(Path(os.devnull)), registry)


def _read(
    con: duckdb.DuckDBPyConnection,
    path: str,
    lines: Lines,
    hit: Hit,
    limit: int,
    found: Found,
    masker: Masker,
) -> None:
    if not lines.has_resources:
        return
    mine = f"FROM {lines.raw} WHERE trim({lines.resource}) IN (SELECT unnest(?::VARCHAR[]))"
    counted = con.execute(f"SELECT count(*) {mine}", [list(hit.ids)]).fetchone()
    found.total += int(counted[0]) if counted else 0
    room = limit - len(found.lines)
    if room <= 0:
        return
    names = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {lines.raw}").fetchall()}
    shown = [name for name in _SHOWN if name in names]
    texts = ", ".join(f'"{name}"' if name in _MONEY else f'"{name}"::VARCHAR' for name in shown)
    own = ", ".join(name for name in ("AllocatedTags", "Tags") if name in names) or "NULL"
    taken = "x_InheritedTags" if "x_InheritedTags" in names else "NULL"
    rows = con.execute(
        f"SELECT x_row, [{own}], [{taken}], {texts} {mine} ORDER BY x_row LIMIT {room}", [list(hit.ids)]
    )
    for number, tags, inherited, *cells in rows.fetchall():
        seen = {name: _masked(_text(cell), masker) for name, cell in zip(shown, cells, strict=True)}
        found.lines.append(BillLine(path, int(number), seen, _tags(tags, masker), _tags(inherited, masker)))


def _text(cell: Any) -> str | None:
    return plain(cell) if isinstance(cell, Decimal) else cell


def _tags(cells: list[str | None], masker: Masker) -> dict[str, str] | None:
    try:
        return dict(masker.masked(tagset_of(cells)))
    except BadTags:
        return None


def _masked(text: str | None, masker: Masker) -> str | None:
    return masker.token(text) if text is not None and looks_secret(text) else text
