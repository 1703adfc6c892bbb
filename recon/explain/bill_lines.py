"""Which lines of which bill file are behind a resource's charges?

The store keeps charges, not lines: the lines are read again from the source files, through the same mapping,
and named by file and row. A file that is gone or has changed since is said to be so; nothing is guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from connectors.focus.reader import Opening, open_lines
from recon.config import Billing, RunConfig
from recon.errors import DeliveryRefused
from recon.explain.find import Hit
from reports.questions import Row, Store

_SHOWN = (
    "ChargePeriodStart",
    "ServiceName",
    "ChargeCategory",
    "ChargeDescription",
    "BilledCost",
    "EffectiveCost",
    "BillingCurrency",
    "Tags",
    "AllocatedTags",
    "x_InheritedTags",
)


@dataclass(frozen=True)
class BillLine:
    """One line as delivered: `row` counts records, 1 is the first; `cells` FOCUS column → text."""

    path: str
    row: int
    cells: dict[str, str | None]


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
            "lines": [{"path": line.path, "row": line.row, **line.cells} for line in self.lines],
            "lines_total": self.total,
            "skipped_files": [{"path": file.path, "reason": file.reason} for file in self.skipped],
        }


def bill_lines(cfg: RunConfig, store: Store, hit: Hit, periods: Sequence[str], limit: int) -> Found:
    """Up to `limit` lines that name one of the resource's ids, by file and row; all of them are counted.

    `periods`: only files that hold one of these billing periods are opened.
    """
    found = Found()
    con = duckdb.connect(config={"memory_limit": cfg.memory_limit, "autoinstall_known_extensions": False})
    con.execute("SET TimeZone = 'UTC'")
    sources = {source.name: source for source in cfg.billing}
    with con:
        for file in _files(store, periods):
            path, source = _place(cfg, file), sources.get(file["source"])
            why = _unusable(path, file, source)
            if why or source is None:
                found.skipped.append(SkippedFile(str(path), why or "is of no configured source"))
                continue
            try:
                _read(con, path, source, hit, limit, found)
            except (DeliveryRefused, duckdb.Error) as error:
                found.skipped.append(SkippedFile(str(path), str(error).splitlines()[0][:200]))
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


def _place(cfg: RunConfig, file: Row) -> Path:
    path = Path(file["path"])
    return path if path.exists() else cfg.base / path


def _unusable(path: Path, file: Row, source: Billing | None) -> str | None:
    if source is None:
        return f"its source {file['source']} is no longer configured"
    try:
        with path.open("rb") as opened:
            same = hashlib.file_digest(opened, "sha256").hexdigest() == file["content_hash"]
    except OSError as error:
        return f"can't be read now ({error.strerror})"
    return None if same else "has changed since it was read; run tagrecon ingest"


def _read(
    con: duckdb.DuckDBPyConnection, path: Path, source: Billing, hit: Hit, limit: int, found: Found
) -> None:
    lines = open_lines(Opening(con, path, "lines", dict(source.defaults)))
    if lines is None or not lines.has_resources:
        return
    names = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {lines.raw}").fetchall()}
    shown = [name for name in _SHOWN if name in names]
    mine = f"FROM {lines.raw} WHERE trim({lines.resource}) IN (SELECT unnest(?::VARCHAR[]))"
    counted = con.execute(f"SELECT count(*) {mine}", [list(hit.ids)]).fetchone()
    found.total += int(counted[0]) if counted else 0
    room = limit - len(found.lines)
    if room > 0:
        cells = ", ".join(f'"{name}"::VARCHAR' for name in shown)
        rows = con.execute(f"SELECT x_row, {cells} {mine} ORDER BY x_row LIMIT {room}", [list(hit.ids)])
        found.lines += [
            BillLine(str(path), int(row[0]), dict(zip(shown, row[1:], strict=True)))
            for row in rows.fetchall()
        ]
