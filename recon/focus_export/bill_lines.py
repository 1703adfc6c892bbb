"""Which bill lines are in force, ready to be written as FOCUS?

The store keeps charges, not lines: the lines are read again from the source files, through the same mapping.
A file that is gone or has changed since stops the export: a part of a bill is worse than none. What the
store masks is masked here as it is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from recon.allocation import EMPTY, load_allocation
from recon.config import RunConfig
from recon.errors import InputError, OurBug
from recon.focus_export.allocated import Divided, check_release
from recon.focus_export.line_entries import ENTRY, FILE, number_lines, prepare
from recon.focus_export.write import Format, Part, Written, write_parts
from recon.ingest.lines import Lines
from recon.registry import load_registry
from recon.run.reopen import Archive, markers
from recon.run.sensitive import masker_of
from recon.run.sources import bill_sources
from recon.store.masking import Masker
from recon.store.store import StorePaths
from recon.tagset import BadTags, tagset_of

_TAGS = ("AllocatedTags", "Tags", "x_InheritedTags")
_OURS = ("x_row", "x_count", "x_Excluded", "x_IsCommitment")
_TIES = (
    *("BilledCost", "EffectiveCost", "ChargeCategory", "ChargePeriodStart", "ChargeDescription", "SkuId"),
    *("CommitmentDiscountId", "CommitmentDiscountStatus", "ListCost", "ContractedCost"),
)
_IN_FORCE = """
SELECT f.file_no, f.source, f.path, f.content_hash, b.billing_period, b.billing_account_id, b.counts
FROM store.base.file_book b JOIN store.base.source_file f USING (file_no)
WHERE b.in_force AND b.billing_period BETWEEN $first AND $last ORDER BY f.source, f.path, f.file_no"""


@dataclass(frozen=True)
class _File:
    file_no: int
    source: str
    path: str
    content_hash: str
    books: tuple[tuple[str, str, str], ...]


def export_focus(
    cfg: RunConfig,
    out: Path,
    version: str,
    kind: Format,
    periods: tuple[str, str] | None,
    now: datetime,
    *,
    allocated: bool = False,
) -> Written:
    """Write the lines of the billing periods (first, last; None: all) as one FOCUS file; `allocated`: those in pools
    that the ledger divided as allocated charges (releases 1.3 and newer).

    Raises InputError where there is no store, a file is not as it was when it was read, or no line is in force;
    `OurBug` where the lines don't sum to the store's charges.
    """
    if not cfg.store.is_file():
        raise InputError(f"no store lies at {cfg.store} yet: tagrecon run makes one")
    if allocated:
        check_release(version)
    first, last = periods or ("", "9999-99")
    with TemporaryDirectory(prefix="tagrecon-") as folder:
        con = duckdb.connect(
            config={
                "memory_limit": cfg.memory_limit,
                "autoinstall_known_extensions": False,
                "temp_directory": folder,
            }
        )
        with con:
            con.execute("SET TimeZone = 'UTC'")
            quoted = str(cfg.store).replace("'", "''")
            con.execute(f"ATTACH '{quoted}' AS store (READ_ONLY)")
            registry = load_registry(cfg.registry)
            masker = masker_of(cfg, StorePaths(cfg.store), registry)
            files = list(_files(con, first, last))
            if not files:
                raise InputError(
                    "no bill line of these periods is in force; see tagrecon export csv source_files"
                )
            known = markers((f.source, f.path, f.content_hash) for f in files)
            archive = Archive(cfg, now, Path(folder), known)
            if allocated:
                prepare(con, first, last)
                rules = load_allocation(cfg.allocation, registry) if cfg.allocation else EMPTY
                opened = bill_sources(
                    cfg, rules, now, lambda line: None, full=True, spool=Path(folder), known=known
                )
                archive = Archive(cfg, now, Path(folder), known, {s.rule.name: s for s in opened})
            parts = [_part(con, archive, file, masker, allocated=allocated) for file in files]
            if not allocated:
                written = write_parts(con, parts, out, version, kind)
            else:
                divided = Divided(con, version, kind, registry.owner, (first, last))
                written = write_parts(con, parts, out, version, kind, divided.rows, divided.check)
                written = replace(written, allocated=divided.made)
            _prove(con, written, first, last)
            return written


def _files(con: duckdb.DuckDBPyConnection, first: str, last: str) -> Iterator[_File]:
    found: dict[int, list[Any]] = {}
    for row in con.execute(_IN_FORCE, {"first": first, "last": last}).fetchall():
        found.setdefault(row[0], list(row[:4])).append(row[4:])
    for number, source, path, content, *books in found.values():
        yield _File(number, source, path, content, tuple(dict.fromkeys(books)))


def _part(
    con: duckdb.DuckDBPyConnection, archive: Archive, file: _File, masker: Masker, *, allocated: bool
) -> Part:
    lines = archive.lines(con, file.source, file.path, file.content_hash, f"lines_{file.file_no}")
    if isinstance(lines, str):
        raise InputError(
            f"{file.path} {lines}; a part of a bill is worse than none. Run tagrecon ingest, then export"
        )
    types = {r[0]: r[1] for r in con.execute(f"DESCRIBE SELECT * FROM {lines.raw}").fetchall()}
    kept = [n for n in types if n not in _OURS and not n.startswith(("i_", "step_", "x_text_"))]
    replaced = {name: f"m_{name}.masked" for name in _TAGS if name in types}
    for name in replaced:
        _mask_cells(con, lines, file, name, masker)
    money = {"BilledCost": "effective", "EffectiveCost": "billed"}
    replaced |= {
        name: f"CASE WHEN f.counts = '{other}' THEN 0 ELSE {sql} END"
        for (name, other), sql in zip(money.items(), (lines.billed, lines.effective), strict=True)
    }
    listed = ", ".join(f'{replaced.get(n, chr(34) + n + chr(34))} AS "{n}"' for n in kept)
    joins = " ".join(
        f'LEFT JOIN "masked_{file.file_no}_{name}" m_{name} ON m_{name}.cell IS NOT DISTINCT FROM l."{name}"'
        for name in _TAGS
        if name in types
    )
    con.execute(
        f'CREATE OR REPLACE TEMP TABLE "books_{file.file_no}" (billing_period VARCHAR, account VARCHAR, counts VARCHAR)'
    )
    con.executemany(f'INSERT INTO "books_{file.file_no}" VALUES (?, ?, ?)', [list(b) for b in file.books])
    source = file.path.replace("'", "''")
    raw, found, numbered, order = lines.raw, "", "", ""
    if allocated:
        raw, found = number_lines(con, lines, file.file_no, masker)
        numbered = f", joined.entry_no AS {ENTRY}, {file.file_no} AS {FILE}"
        shown = ", ".join(f'l."{n}"' for n in _TIES if n in types)  # rows that a mapping makes of one line
        order = f" ORDER BY l.x_row, {shown}, joined.entry_no"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE \"part_{file.file_no}\" AS SELECT {listed}, '{source}' AS x_SourceFile, "
        f'l.x_row AS x_SourceRow{numbered} FROM {raw} l JOIN "books_{file.file_no}" f ON f.billing_period = '
        "billing_month(epoch_us(l.BillingPeriodStart), epoch_us(l.BillingPeriodEnd)) AND f.account = cell(l.BillingAccountId) "
        f"{joins} {found} WHERE {lines.excluded} IS NULL AND coalesce(l.x_row, 0) NOT IN "
        f"(SELECT row_number FROM store.base.quarantine WHERE file_no = {file.file_no}){order}"
    )
    described = con.execute(f'DESCRIBE SELECT * FROM "part_{file.file_no}"').fetchall()
    return Part(f"part_{file.file_no}", {r[0]: r[1] for r in described})


def _mask_cells(con: duckdb.DuckDBPyConnection, lines: Lines, file: _File, name: str, masker: Masker) -> None:
    """Temp table masked_<file>_<column>: each distinct tag cell, and what may be written of it as a JSON object."""
    cells = [row[0] for row in con.execute(f'SELECT DISTINCT "{name}"::VARCHAR FROM {lines.raw}').fetchall()]
    masked: list[str | None] = []
    for cell in cells:
        try:
            tagset = masker.masked(tagset_of([cell]))
            masked.append(json.dumps(dict(tagset), ensure_ascii=False) if tagset else None)
        except BadTags:
            masked.append(None)  # its line is in quarantine
    table = pa.table({"cell": pa.array(cells, pa.string()), "masked": pa.array(masked, pa.string())})
    con.register("cells_now", table)
    con.execute(f'CREATE OR REPLACE TEMP TABLE "masked_{file.file_no}_{name}" AS SELECT * FROM cells_now')
    con.unregister("cells_now")


def _prove(con: duckdb.DuckDBPyConnection, written: Written, first: str, last: str) -> None:
    rows = con.execute(
        "SELECT b.currency, sum(c.billed), sum(c.effective) FROM store.base.charge c JOIN store.base.book b USING (book_no) "
        "WHERE b.billing_period BETWEEN ? AND ? GROUP BY ALL ORDER BY ALL",
        [first, last],
    ).fetchall()
    stored = {currency: (Decimal(billed), Decimal(effective)) for currency, billed, effective in rows}
    told = {t.currency: (t.BilledCost, t.EffectiveCost) for t in written.totals}
    if stored != told:
        written.path.unlink(missing_ok=True)
        raise OurBug(f"the exported lines sum to {told}, the store's charges to {stored}. Nothing was kept.")
