"""Which lines of which bill file are behind the charges of an entry, and which part of each went into it?

The lines are read again from the files in force and numbered as the rollup numbers them, so that each finds its very
charge. A line's part is the difference of two running splits over the lines of its charges in the order of file and
row: the parts of a charge's lines sum to the part of the charge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from recon.allocation import EMPTY, load_allocation
from recon.config import RunConfig
from recon.errors import DeliveryRefused
from recon.explain.bill_lines import SkippedFile, masker_or_other, place
from recon.explain.entries import Entry, Group, money
from recon.explain.pools import Pools
from recon.ingest.rollup import FACTS, dim_hash, loadable, rollup_file, tag_hash, text_hash
from recon.ledger.running import Units, running_parts
from recon.money import plain, to_units
from recon.registry import Registry
from recon.run.reopen import Archive, markers
from recon.run.sources import bill_sources

_KEPT = ("book", "charge_dim", "bill_resource", "tagset", "tagset_entry", "meta")
_FILES = """
SELECT f.file_no, f.source, f.path, f.content_hash, any_value(b.counts) AS counts
FROM store.base.file_book b JOIN store.base.source_file f USING (file_no) JOIN store.base.book k
  USING (billing_period, provider_id, billing_account_id, currency)
WHERE b.in_force AND k.book_no IN (SELECT unnest($books::INTEGER[])) GROUP BY ALL ORDER BY f.source, f.path, f.file_no"""
_WANTED = """
CREATE TEMP TABLE wanted AS SELECT w.n, c.dim_no, c.bill_resource_no, c.tagset_no, c.day FROM asked w
JOIN store.base.posting p ON p.entry_no = w.entry_no JOIN store.base.charge c USING (charge_no)
JOIN store.base.charge_dim d USING (dim_no) LEFT JOIN store.base.bill_resource r USING (bill_resource_no)
WHERE d.service_name IS NOT DISTINCT FROM w.service AND d.sub_account_id IS NOT DISTINCT FROM w.sub_account
  AND d.charge_category IS NOT DISTINCT FROM w.category AND r.resource_id IS NOT DISTINCT FROM w.resource
  AND DATE '1970-01-01' + c.day = w.day"""


@dataclass(frozen=True)
class ChargeLine:
    """One line as delivered, and the part of it that is in the entry."""

    entry_id: str
    path: str
    row: int
    group: Group
    charged: Units
    part: Units

    def as_json(self) -> dict[str, Any]:
        """Amounts are plain decimal text."""
        amounts = {**money(self.charged, "charged_"), **money(self.part)}
        told = {k: v for k, v in self.group.as_json().items() if k != "lines"}
        return {
            "entry_id": self.entry_id, "path": self.path, "row": self.row, **told,
            **{name: plain(amount) for name, amount in amounts.items()},
        }  # fmt: skip


@dataclass
class LinesOf:
    """The lines of the largest charges, how many charges they are of how many, and the files that were not read."""

    lines: list[ChargeLine] = field(default_factory=list)
    charges: int = 0
    of: int = 0
    frozen: int = 0
    missing: int = 0
    skipped: list[SkippedFile] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "lines": [line.as_json() for line in self.lines],
            "lines_of_charges": self.charges,
            "charges_total": self.of,
            "charges_not_found": self.missing,
            "charges_frozen": self.frozen,
            "skipped_files": [{"path": file.path, "reason": file.reason} for file in self.skipped],
        }


@dataclass(frozen=True)
class _Asked:
    """Some charges of an entry: where they are posted directly, and the part of them that is in the entry."""

    entry_id: str
    direct: Entry
    group: Group
    part: Units


def charge_lines(
    cfg: RunConfig, registry: Registry, pools: Pools, entries: Sequence[Entry], limit: int
) -> LinesOf:
    """At least `limit` lines, those of the entries' largest charges, each charge with all of its lines.

    What a closing froze is not read again: the bill of a closed month may have been restated since."""
    asked = sorted(_asked(pools, entries), key=_size)
    found = LinesOf(of=len(asked), frozen=sum(1 for a in asked if a.direct.world[0]))
    chosen, lines = [], 0
    for each in asked:
        if lines >= limit:
            break
        if not each.direct.world[0]:
            chosen.append(each)
            lines += max(each.group.lines, 1)
    found.charges = len(chosen)
    if chosen:
        _read(cfg, registry, chosen, found)
    return found


def _asked(pools: Pools, entries: Iterable[Entry]) -> Iterable[_Asked]:
    for entry in entries:
        if entry.part == "adjustments" or entry.account == entry.origin_account:
            continue  # what a pool gives away is what came into it
        if entry.origin_account is None:
            for group in pools.books.groups(entry):
                yield _Asked(entry.entry_id, entry, group, group.units)
        else:
            for item, part in pools.parts(entry):
                yield _Asked(entry.entry_id, item.way[-1], item.group, part)


def _size(asked: _Asked) -> tuple[Any, ...]:
    group = asked.group
    texts = (group.service, group.sub_account, group.category, group.resource, group.day)
    return (
        -abs(asked.part[1]),
        -abs(asked.part[0]),
        asked.entry_id,
        asked.direct.entry_id,
        *(str(t) for t in texts),
    )


def _read(cfg: RunConfig, registry: Registry, chosen: Sequence[_Asked], found: LinesOf) -> None:
    with TemporaryDirectory(prefix="tagrecon-") as spool:
        con = duckdb.connect(
            config={
                "memory_limit": cfg.memory_limit,
                "autoinstall_known_extensions": False,
                "temp_directory": spool,
            }
        )
        with con:
            con.execute("SET TimeZone = 'UTC'")
            _prepare(con, cfg.store, chosen)
            files = con.execute(_FILES, {"books": sorted({a.direct.world[1] for a in chosen})}).fetchall()
            known = markers((source, path, marker) for _, source, path, marker, _ in files)
            now = datetime.now(UTC)
            archive = Archive(cfg, now, Path(spool), known)
            rules = load_allocation(cfg.allocation, registry) if cfg.allocation else EMPTY
            listed = bill_sources(
                cfg, rules, now, lambda line: None, full=True, spool=Path(spool), known=known
            )
            archive._sources = {s.rule.name: s for s in listed}
            masker = masker_or_other(cfg, registry)
            for number, source, path, marker, counts in files:
                shown = place(cfg, path)
                try:
                    lines = archive.lines(con, source, path, marker, f"lines_{number}")
                    if isinstance(lines, str):
                        found.skipped.append(SkippedFile(shown, lines))
                        continue
                    rollup_file(con, lines, number, masker)
                except (DeliveryRefused, duckdb.Error) as error:
                    found.skipped.append(SkippedFile(shown, str(error).splitlines()[0][:200]))
                    continue
                billed = "0::DECIMAL(38,24)" if counts == "effective" else lines.billed
                effective = "0::DECIMAL(38,24)" if counts == "billed" else lines.effective
                con.execute(
                    f"INSERT INTO hit SELECT w.n, $path, l.x_row, l.billed, l.effective FROM ("
                    f"SELECT x_row, {dim_hash(lines)} AS dh, {text_hash([lines.resource], [lines.resource])} AS rh, {tag_hash(lines)} AS th, "
                    f"({lines.day})::INTEGER AS day, {billed} AS billed, {effective} AS effective FROM {lines.raw} "
                    f"WHERE {loadable(lines)} AND ({lines.billed}) IS NOT NULL AND ({lines.effective}) IS NOT NULL) l "
                    "JOIN dim_map d ON d.h = l.dh AND d.problem IS NULL JOIN tag_map t ON t.h = l.th AND t.problem IS NULL "
                    "LEFT JOIN resource_map r ON r.h = l.rh AND r.provider_id = d.provider_id "
                    "JOIN wanted w ON w.dim_no = d.dim_no AND w.tagset_no = t.tagset_no AND w.day = l.day "
                    "AND w.bill_resource_no = coalesce(r.bill_resource_no, 0)",
                    {"path": shown},
                )
            rows = con.execute(
                "SELECT n, path, x_row, billed, effective FROM hit ORDER BY n, path, x_row"
            ).fetchall()
    _divide(chosen, rows, found)


def _prepare(con: duckdb.DuckDBPyConnection, store: Path, chosen: Sequence[_Asked]) -> None:
    """What the rollup numbers by, as the store has it, and the charges that are wanted."""
    quoted = str(store).replace("'", "''")
    con.execute(f"ATTACH '{quoted}' AS store (READ_ONLY)")
    con.execute("CREATE SCHEMA base")
    for name in _KEPT:
        con.execute(f"CREATE TABLE base.{name} AS SELECT * FROM store.base.{name}")
    con.execute(FACTS)
    con.execute(
        "CREATE TEMP TABLE asked (n INTEGER, entry_no INTEGER, service VARCHAR, sub_account VARCHAR, category VARCHAR, "
        "resource VARCHAR, day DATE)"
    )
    con.executemany(
        "INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            [
                n,
                a.direct.entry_no,
                a.group.service,
                a.group.sub_account,
                a.group.category,
                a.group.resource,
                a.group.day,
            ]
            for n, a in enumerate(chosen)
        ],
    )
    con.execute(_WANTED)
    con.execute(
        "CREATE TEMP TABLE hit (n INTEGER, path VARCHAR, x_row BIGINT, billed DECIMAL(38,24), effective DECIMAL(38,24))"
    )


def _divide(chosen: Sequence[_Asked], rows: Sequence[tuple[Any, ...]], found: LinesOf) -> None:
    by_charge: dict[int, list[tuple[str, int, Decimal, Decimal]]] = {}
    for n, path, row, billed, effective in rows:
        by_charge.setdefault(n, []).append((path, row, billed, effective))
    for n, asked in enumerate(chosen):
        lines = by_charge.get(n, [])
        units = [(to_units(billed), to_units(effective)) for _, _, billed, effective in lines]
        if (sum(u[0] for u in units), sum(u[1] for u in units)) != asked.group.units:
            found.missing += 1  # a file is gone or has changed: its lines would not sum to the charge
            continue
        rest = (asked.group.units[0] - asked.part[0], asked.group.units[1] - asked.part[1])
        parts = running_parts(units, {"": asked.part, "rest": rest}, "")
        found.lines += [
            ChargeLine(asked.entry_id, path, row, asked.group, whole, part)
            for (path, row, _, _), whole, part in zip(lines, units, parts, strict=True)
        ]
