"""How do the bills that lie at the sources now become the charges of the store?

Look (what is new), open (or refuse), sum each file in a pass of its own, decide which files should be in
force per period, and rebuild the periods that differ, each as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from recon.deliveries import look, named
from recon.errors import DeliveryRefused, InputError, Unreachable
from recon.frames import one
from recon.ingest.books import Delivered, Group, Held, desired
from recon.ingest.in_force import (
    changed_groups,
    frozen_groups,
    left_behind,
    name_rebuilt,
    set_in_force,
    stale_files,
)
from recon.ingest.lines import Lines
from recon.ingest.overlap import overlapping
from recon.ingest.quarantine import quarantine_rejects, quarantine_rows
from recon.ingest.restatements import record_restatements, remember
from recon.ingest.rollup import FACTS, rollup_file
from recon.ingest.source import BillSource, Delivery
from recon.ingest.source_files import (
    forget_gone,
    groups_of,
    known_number,
    mark_held,
    name_left_out,
    record,
    spoil,
    was_a_bill,
)
from recon.ingest.source_sums import record_sums
from recon.model import SourceFile
from recon.store.masking import Masker

# SQL of ours is wrong: that is no fault of the file
_OURS = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)


@dataclass
class Ingested:
    """`rebuilt` groups have new charges; `held` ones keep what they had; `problems` are per file."""

    rebuilt: set[Group] = field(default_factory=set)
    held: list[Held] = field(default_factory=list)
    problems: list[tuple[SourceFile, str]] = field(default_factory=list)


@dataclass
class _Work:
    con: duckdb.DuckDBPyConnection
    sources: Mapping[str, BillSource]
    masker: Masker
    now: datetime
    opened: dict[int, Lines] = field(default_factory=dict)
    result: Ingested = field(default_factory=Ingested)


def ingest(
    con: duckdb.DuckDBPyConnection, sources: list[BillSource], masker: Masker, now: datetime
) -> Ingested:
    """Bring `base.charge` up to date with the files of `sources`. Nothing is added twice: a period is
    replaced as a whole. Files that can't be used are listed in `problems`; nothing is raised for them."""
    work = _Work(con, {s.rule.name: s for s in sources}, masker, now)
    reached = [source for source in sources if source.unreachable is None]
    delivered = [d for source in reached for d in _deliveries(work, source)]
    broken = _broken(work, reached, {d.delivery for d in delivered})
    frozen = _frozen(work, broken)
    wanted, held = desired(delivered, {s.rule.name: s.rule for s in reached}, broken)
    work.result.held = held
    frozen |= left_behind(con, wanted, work.sources)
    stale = stale_files(con)
    changed = changed_groups(con, wanted, frozen, {h.group for h in held}, stale)
    rebuild = {g: wanted.get(g, []) for g in changed if not _overlaps(work, g, wanted.get(g, []))}
    work.result.rebuilt = _rebuild(work, rebuild)
    mark_held(con, work.result.held)
    forget_gone(con)
    return work.result


def _frozen(work: _Work, broken: Mapping[str, str]) -> set[Group]:
    """Groups that rest on something that can't be read now, or on what a delivery that is not whole has replaced."""
    kept = (
        named(located, source.base)
        for source in work.sources.values()
        for located, _ in source.left_out
        if source.replaced.get(located.key) in broken
    )
    return frozen_groups(
        work.con,
        (*kept, *(file.name for file, _ in work.result.problems)),
        (name for name, source in work.sources.items() if source.unreachable is not None),
    )


def _deliveries(work: _Work, source: BillSource) -> list[Delivered]:
    """The readable files of a source; new ones are opened and summed, all others come from the store."""
    name = source.rule.name
    found = look(work.con, "base.source_file", name, source.files, source.base)
    work.con.execute(
        "UPDATE base.source_file SET status = 'gone' WHERE source = ? AND status IN ('loaded', 'held') AND path NOT IN "
        "(SELECT unnest(?::VARCHAR[]))",
        [name, [f.name for f in found]],
    )
    name_left_out(work.con, work.now, source)
    delivered = []
    for file in found:
        file_no = known_number(work.con, file, source.mapping) or _take(work, source, file)
        if file_no:
            view = one(work.con, "SELECT view FROM base.source_file WHERE file_no = ?", [file_no])
            delivered.append(
                Delivered(
                    *(file_no, name, file.fetch, file.name, file.mtime_ns, groups_of(work.con, file_no)),
                    view=str(view[0]) if view else "both",
                    delivery=source.parts[file.key].id if file.key in source.parts else None,
                    where=(source.base / file.name).as_posix() if "://" not in file.name else file.name,
                )
            )
    return delivered


def _broken(work: _Work, sources: list[BillSource], readable: set[str | None]) -> dict[str, str]:
    """Deliveries that are not whole: parts that the manifest names are missing or can't be used, or rows that it
    promises. `readable`: deliveries of which some part can be read: their periods are held, and say so; the others
    are told of here, and the periods of what they replace are frozen."""
    broken = {}
    for source in sources:
        for delivery in source.deliveries:
            if why := _incomplete(work.con, delivery):
                broken[delivery.id] = f"delivery {delivery.id} is not whole: {why}"
                if delivery.id not in readable:
                    work.result.problems.append((_nameless(source, delivery.id), broken[delivery.id]))
        for located, reason in source.broken:
            name = named(located, source.base)
            work.result.problems.append(
                (SourceFile(source.rule.name, located.fetch, 0, 0, name=name), reason)
            )
    return broken


def _incomplete(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> str | None:
    if delivery.missing:
        return f"its manifest names {', '.join(delivery.missing[:3])}, which is not there"
    unusable = one(
        con,
        "SELECT path, reason FROM base.source_file WHERE delivery = ? AND status IN ('refused', 'unreadable', 'ignored') "
        "ORDER BY path",
        [delivery.id],
    )
    if unusable:
        return f"its part {unusable[0]} {unusable[1]}"
    row = one(
        con,
        "SELECT sum(source_rows) FROM base.source_file WHERE delivery = ? AND status IN ('loaded', 'held')",
        [delivery.id],
    )
    if delivery.rows is not None and row and row[0] is not None and int(row[0]) != delivery.rows:
        return f"its manifest promises {delivery.rows} rows, its files hold {row[0]}"
    return None


def _nameless(source: BillSource, name: str) -> SourceFile:
    return SourceFile(source.rule.name, Path, 0, 0, name=name)


def _take(work: _Work, source: BillSource, file: SourceFile) -> int | None:
    """Open a file not seen before and sum it; a refusal is recorded, and the earlier delivery stays."""
    con = work.con
    row = one(con, "SELECT coalesce(max(file_no), 0) + 1 FROM base.source_file")
    file_no = int(row[0]) if row else 1
    con.execute(
        "DELETE FROM base.source_file WHERE source = ? AND path = ? AND status NOT IN ('loaded', 'held', 'superseded')",
        [file.source, file.name],
    )
    try:
        if not file.content_hash:
            raise DeliveryRefused(file.name, "can't be read (it vanished, or permission is denied)")
        lines = source.open(con, file.path, f"lines_{file_no}", source.view_of(file.key))
        if lines is None and was_a_bill(con, file):
            raise DeliveryRefused(
                file.name,
                "holds no bill lines now, and was a bill before: cut off, or replaced by something else",
            )
        rows = record_sums(con, lines, file_no) if lines else 0
    except duckdb.OutOfRangeException as error:
        raise InputError(
            f"{file.name}: its amounts sum to more than money can hold here (14 digits before the point, 24 after). "
            "Nothing was changed. Remove the file, or tell the provider."
        ) from error
    except _OURS:
        raise
    except (DeliveryRefused, Unreachable, duckdb.Error) as error:
        reason = (
            f"can't be read: {str(error).splitlines()[0][:200]}"
            if isinstance(error, duckdb.Error)
            else error.reason
        )
        work.result.problems.append((file, reason))
        record(
            con,
            work.now,
            source,
            file,
            file_no,
            None,
            0,
            "refused" if isinstance(error, DeliveryRefused) else "unreadable",
            reason,
        )
        return None
    if lines is None:
        record(con, work.now, source, file, file_no, None, 0, "ignored", "not a bill (a manifest, or empty)")
        return None
    con.execute(
        "UPDATE base.source_file SET status = 'superseded' WHERE source = ? AND path = ? AND status IN ('loaded', 'held')",
        [file.source, file.name],
    )
    record(con, work.now, source, file, file_no, lines, rows + len(lines.rejected), "loaded", None)
    quarantine_rejects(con, lines, file_no)
    work.opened[file_no] = lines
    return file_no


def _overlaps(work: _Work, group: Group, files: list[Delivered]) -> bool:
    """Hold the group when its files repeat each other and the source does not say which counts."""
    rule = work.sources[files[0].source].rule if files else None
    if rule is None or len(files) < 2 or rule.files or rule.prefer:
        return False
    opened = {f.file_no: (_open(work, f), f.rows[group]) for f in files}
    where = {n: _group_condition(lines, group) for n, (lines, _) in opened.items()}
    by_no = {f.file_no: f for f in files}
    try:
        alike = overlapping(work.con, opened, where)
    except _OURS:
        raise
    except duckdb.Error:  # one of them is damaged: reading it for its charges will say which
        return False
    pairs = [pair for pair in alike if not _belong_together(*(by_no[n] for n in pair))]
    if not pairs:
        return False
    names = {f.file_no: f.name for f in files}
    first, second = pairs[0]
    reason = (
        f"more than half of the lines of {names[first]} stand also in {names[second]} for {'/'.join(group)}. "
        "Say which count: `files: parts` (both), `files: newest`, or `files: {prefer: 'glob'}`"
    )
    involved = tuple(sorted({names[n] for pair in pairs for n in pair}))
    work.result.held.append(Held(group, reason, involved))
    return True


def _belong_together(left: Delivered, right: Delivered) -> bool:
    """Parts of one delivery, or two views of one period: what they have in common is not there twice."""
    same = left.delivery is not None and left.delivery == right.delivery
    return same or left.counts != right.counts


def _group_condition(lines: Lines, group: Group) -> str:
    """The file's rows of one period (account and provider rarely differ in a file)."""
    return f"billing_month(epoch_us(BillingPeriodStart), epoch_us(BillingPeriodEnd)) = '{group[0]}'"


def _open(work: _Work, file: Delivered) -> Lines:
    if file.file_no not in work.opened:
        view = None if file.view == "both" else file.view
        lines = work.sources[file.source].open(work.con, file.path(), f"lines_{file.file_no}", view)
        if lines is None:
            raise DeliveryRefused(file.name, "changed while it was read")
        work.opened[file.file_no] = lines
    return work.opened[file.file_no]


def _rebuild(work: _Work, groups: Mapping[Group, list[Delivered]]) -> set[Group]:
    """Replace the charges of the groups with those of their files, all in one go. A group one of whose files
    proves damaged keeps what it had; returns the groups that were replaced."""
    con = work.con
    con.execute(FACTS)
    files = {d.file_no: d for found in groups.values() for d in found}
    damaged = {
        file_no
        for file_no in sorted({*files, *_with_nameless_rows(work)})
        if not _rolled_up(work, file_no, files.get(file_no))
    }
    if damaged:
        frozen = _frozen(work, {})
        groups = {
            group: found
            for group, found in groups.items()
            if group not in frozen and not damaged & {d.file_no for d in found}
        }
    name_rebuilt(con, groups)
    remember(con)
    for table in ("base.charge", "base.judgement", "base.posting"):  # the last two speak of charges that go
        con.execute(f"DELETE FROM {table} WHERE book_no IN (SELECT book_no FROM rebuilt_books)")
    con.execute(
        "INSERT INTO base.charge SELECT (SELECT coalesce(max(charge_no), 0) FROM base.charge) + row_number() OVER "
        "(ORDER BY book_no, bill_resource_no, dim_no, tagset_no, day), * FROM ("
        "SELECT d.book_no, f.dim_no, f.bill_resource_no, f.tagset_no, f.day, "
        "sum(CASE WHEN r.counts = 'effective' THEN 0 ELSE f.billed END), "
        "sum(CASE WHEN r.counts = 'billed' THEN 0 ELSE f.effective END), sum(f.lines) "
        "FROM facts f JOIN base.charge_dim d USING (dim_no) JOIN rebuilt_files r "
        "ON r.book_no = d.book_no AND r.file_no = f.file_no GROUP BY ALL)"
    )
    con.execute("DROP TABLE facts")
    record_restatements(con, work.now)
    set_in_force(con)
    return set(groups)


def _rolled_up(work: _Work, file_no: int, delivered: Delivered | None) -> bool:
    """Add the file's facts; False where it can't be read to its end. The sums read only its costs: what else
    is damaged shows here."""
    con = work.con
    lines = _open(work, delivered) if delivered else work.opened[file_no]
    try:
        loaded = rollup_file(con, lines, file_no, work.masker)
        row = one(
            con,
            "SELECT source_rows - (SELECT coalesce(sum(b.excluded_rows), 0) FROM base.file_book b WHERE b.file_no = f.file_no) "
            "FROM base.source_file f WHERE file_no = ?",
            [file_no],
        )
        if row and loaded + len(lines.rejected) != row[0]:
            quarantine_rows(con, lines, file_no)
    except _OURS:
        raise
    except duckdb.Error as error:
        reason = f"can't be read: {str(error).splitlines()[0][:200]}"
        row = one(con, "SELECT source, path FROM base.source_file WHERE file_no = ?", [file_no])
        source, name = (str(row[0]), str(row[1])) if row else ("", "")
        work.result.problems.append((SourceFile(source, Path, 0, 0, name=name), reason))
        spoil(con, file_no, reason)
        return False
    return True


def _with_nameless_rows(work: _Work) -> set[int]:
    """New files with rows that name no period, account or currency: the quarantine must list them."""
    rows = work.con.execute(
        "SELECT DISTINCT file_no FROM base.file_book WHERE billing_period IS NULL OR billing_account_id IS NULL OR currency IS NULL"
    ).fetchall()
    return {r[0] for r in rows} & work.opened.keys()
