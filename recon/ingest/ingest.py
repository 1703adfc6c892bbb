"""How do the bills that lie at the sources now become the charges of the store?

Look (what is new), open (or refuse), sum each file in a pass of its own, decide which files should be in
force per period, and rebuild the periods that differ, each as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from recon.deliveries import look
from recon.errors import DeliveryRefused, InputError
from recon.frames import one
from recon.ingest.books import Delivered, Group, Held, SourceRule, desired
from recon.ingest.lines import Lines
from recon.ingest.overlap import overlapping
from recon.ingest.quarantine import quarantine_rejects, quarantine_rows
from recon.ingest.rollup import FACTS, rollup_file
from recon.ingest.source_sums import record_sums
from recon.model import SourceFile
from recon.store.masking import Masker

OpenLines = Callable[[duckdb.DuckDBPyConnection, Path, str], Lines | None]


@dataclass(frozen=True)
class BillSource:
    """A configured billing source: where its files are, how several are read, and who opens them.

    `mapping` names everything that decides how a file is read (connector version, defaults, extra columns);
    when it changes, the source's files are read anew.
    """

    rule: SourceRule
    paths: tuple[Path, ...]
    open: OpenLines
    mapping: str
    base: Path = Path()


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
    delivered = [d for source in sources for d in _deliveries(work, source)]
    frozen = _frozen_groups(work)
    wanted, held = desired(delivered, {s.rule.name: s.rule for s in sources})
    work.result.held = held
    stale = _stale_files(con)
    changed = _changed(con, wanted, frozen, {h.group for h in held}, stale)
    rebuild = {g: wanted.get(g, []) for g in changed if not _overlaps(work, g, wanted.get(g, []))}
    _rebuild(work, rebuild)
    _mark_held(work)
    _forget_gone(con)
    return work.result


def _deliveries(work: _Work, source: BillSource) -> list[Delivered]:
    """The readable files of a source; new ones are opened and summed, all others come from the store."""
    name = source.rule.name
    found = look(work.con, "base.source_file", name, source.paths, source.base)
    work.con.execute(
        "UPDATE base.source_file SET status = 'gone' WHERE source = ? AND status = 'loaded' AND path NOT IN "
        "(SELECT unnest(?::VARCHAR[]))",
        [name, [f.name for f in found]],
    )
    delivered = []
    for file in found:
        file_no = _known(work.con, file, source.mapping) or _take(work, source, file)
        if file_no:
            delivered.append(
                Delivered(file_no, name, file.path, file.name, file.mtime_ns, _groups_of(work.con, file_no))
            )
    return delivered


def _known(con: duckdb.DuckDBPyConnection, file: SourceFile, mapping: str) -> int | None:
    """The number of a loaded file with this content and mapping. A renamed or touched file stays known."""
    row = one(
        con,
        "SELECT file_no FROM base.source_file WHERE source = ? AND path = ? AND content_hash = ? AND mapping = ? "
        "AND status IN ('loaded', 'held')",
        [file.source, file.name, file.content_hash, mapping],
    )
    if row:
        con.execute(
            "UPDATE base.source_file SET mtime_ns = ?, size_bytes = ? WHERE file_no = ?",
            [file.mtime_ns, file.size, row[0]],
        )
    return int(row[0]) if row else None


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
        lines = source.open(con, file.path, f"lines_{file_no}")
        rows = record_sums(con, lines, file_no) if lines else 0
    except duckdb.OutOfRangeException as error:
        raise InputError(
            f"{file.name}: its amounts sum to more than money can hold here (14 digits before the point, 24 after). "
            "Nothing was changed. Remove the file, or tell the provider."
        ) from error
    except (DeliveryRefused, duckdb.Error) as error:
        reason = (
            error.reason
            if isinstance(error, DeliveryRefused)
            else f"can't be read: {str(error).splitlines()[0][:200]}"
        )
        work.result.problems.append((file, reason))
        _record(
            work,
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
        _record(work, source, file, file_no, None, 0, "ignored", "not a bill (a manifest, or empty)")
        return None
    con.execute(
        "UPDATE base.source_file SET status = 'superseded' WHERE source = ? AND path = ? AND status IN ('loaded', 'held')",
        [file.source, file.name],
    )
    _record(work, source, file, file_no, lines, rows + len(lines.rejected), "loaded", None)
    quarantine_rejects(con, lines, file_no)
    work.opened[file_no] = lines
    return file_no


def _record(
    work: _Work,
    source: BillSource,
    file: SourceFile,
    file_no: int,
    lines: Lines | None,
    rows: int,
    status: str,
    reason: str | None,
) -> None:
    work.con.execute(
        "INSERT INTO base.source_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(file_no, file.source, file.name, file.size, file.mtime_ns, file.content_hash),
            *(
                (lines.version if lines else None),
                rows,
                (lines.residue_rows if lines else 0),
                (lines.residue if lines else "0"),
            ),
            *((lines.has_resources if lines else None), (lines.has_effective if lines else None)),
            *(
                (", ".join(lines.unknown_columns) if lines else None),
                status,
                reason,
                work.now,
                source.mapping,
            ),
        ],
    )


def _groups_of(con: duckdb.DuckDBPyConnection, file_no: int) -> dict[Group, int]:
    rows = con.execute(
        "SELECT billing_period, provider_id, billing_account_id, sum(source_rows) FROM base.file_book WHERE file_no = ? "
        "AND billing_period IS NOT NULL AND billing_account_id IS NOT NULL AND currency IS NOT NULL GROUP BY ALL",
        [file_no],
    ).fetchall()
    return {(p, v, a): int(n) for p, v, a, n in rows}


def _frozen_groups(work: _Work) -> set[Group]:
    """Groups to which an earlier delivery of a file that is now unreadable contributes: they stay as they are."""
    paths = [file.name for file, _ in work.result.problems]
    rows = work.con.execute(
        "SELECT DISTINCT b.billing_period, b.provider_id, b.billing_account_id FROM base.file_book b JOIN base.source_file f "
        "USING (file_no) WHERE b.in_force AND f.path IN (SELECT unnest(?::VARCHAR[]))",
        [paths],
    ).fetchall()
    return {(p, v, a) for p, v, a in rows}


def _stale_files(con: duckdb.DuckDBPyConnection) -> set[int]:
    return {
        r[0]
        for r in con.execute("SELECT file_no FROM base.source_file WHERE status = 'superseded'").fetchall()
    }


def _changed(
    con: duckdb.DuckDBPyConnection,
    wanted: Mapping[Group, list[Delivered]],
    frozen: set[Group],
    held: set[Group],
    stale: set[int],
) -> list[Group]:
    """Groups whose files in force are not the wanted ones."""
    rows = con.execute(
        "SELECT billing_period, provider_id, billing_account_id, list(DISTINCT file_no) FROM base.file_book "
        "WHERE in_force AND billing_period IS NOT NULL GROUP BY ALL"
    ).fetchall()
    in_force = {(p, v, a): set(files) for p, v, a, files in rows}
    groups = sorted({*wanted, *in_force} - frozen - held)
    return [
        g
        for g in groups
        if {d.file_no for d in wanted.get(g, [])} != in_force.get(g, set()) or in_force.get(g, set()) & stale
    ]


def _overlaps(work: _Work, group: Group, files: list[Delivered]) -> bool:
    """Hold the group when its files repeat each other and the source does not say which counts."""
    rule = work.sources[files[0].source].rule if files else None
    if rule is None or len(files) < 2 or rule.files or rule.prefer:
        return False
    opened = {f.file_no: (_open(work, f), f.rows[group]) for f in files}
    where = {n: _group_condition(lines, group) for n, (lines, _) in opened.items()}
    pairs = overlapping(work.con, opened, where)
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


def _group_condition(lines: Lines, group: Group) -> str:
    """The file's rows of one period, told by its raw period columns (account and provider rarely differ in a file)."""
    start, end = lines.book_columns[0], lines.book_columns[1]
    return f"billing_month({start}, {end}) = '{group[0]}'"


def _open(work: _Work, file: Delivered) -> Lines:
    if file.file_no not in work.opened:
        lines = work.sources[file.source].open(work.con, file.path, f"lines_{file.file_no}")
        if lines is None:
            raise DeliveryRefused(file.name, "changed while it was read")
        work.opened[file.file_no] = lines
    return work.opened[file.file_no]


def _rebuild(work: _Work, groups: Mapping[Group, list[Delivered]]) -> None:
    """Replace the charges of the groups with those of their files, all in one go."""
    con = work.con
    con.execute(FACTS)
    files = {d.file_no: d for found in groups.values() for d in found}
    for file_no in sorted({*files, *_with_nameless_rows(work)}):
        lines = _open(work, files[file_no]) if file_no in files else work.opened[file_no]
        loaded = rollup_file(con, lines, file_no, work.masker)
        row = one(con, "SELECT source_rows FROM base.source_file WHERE file_no = ?", [file_no])
        if row and loaded + len(lines.rejected) != row[0]:
            quarantine_rows(con, lines, file_no)
    _name_rebuilt(con, groups)
    con.execute("DELETE FROM base.charge WHERE book_no IN (SELECT book_no FROM rebuilt_books)")
    con.execute(
        "INSERT INTO base.charge SELECT (SELECT coalesce(max(charge_no), 0) FROM base.charge) + row_number() OVER "
        "(ORDER BY book_no, bill_resource_no, dim_no, tagset_no, day), * FROM ("
        "SELECT d.book_no, f.dim_no, f.bill_resource_no, f.tagset_no, f.day, sum(f.billed), sum(f.effective), sum(f.lines) "
        "FROM facts f JOIN base.charge_dim d USING (dim_no) SEMI JOIN rebuilt_files r "
        "ON r.book_no = d.book_no AND r.file_no = f.file_no GROUP BY ALL)"
    )
    con.execute("DROP TABLE facts")
    _set_in_force(con, groups)
    work.result.rebuilt = set(groups)


def _with_nameless_rows(work: _Work) -> set[int]:
    """New files with rows that name no period, account or currency: the quarantine must list them."""
    rows = work.con.execute(
        "SELECT DISTINCT file_no FROM base.file_book WHERE billing_period IS NULL OR billing_account_id IS NULL OR currency IS NULL"
    ).fetchall()
    return {r[0] for r in rows} & work.opened.keys()


def _name_rebuilt(con: duckdb.DuckDBPyConnection, groups: Mapping[Group, list[Delivered]]) -> None:
    """Temp tables of what is rebuilt: `rebuilt` groups, `rebuilt_books`, and `rebuilt_files` (which file's
    lines count in which book: a file may be wanted for one period and not for another)."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rebuilt (billing_period VARCHAR, provider_id VARCHAR, billing_account_id VARCHAR)"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rebuilt_file_groups AS SELECT *, 0 AS file_no FROM rebuilt LIMIT 0"
    )
    if groups:
        con.executemany("INSERT INTO rebuilt VALUES (?, ?, ?)", sorted(groups))
    wanted = [(*group, f.file_no) for group, files in sorted(groups.items()) for f in files]
    if wanted:
        con.executemany("INSERT INTO rebuilt_file_groups VALUES (?, ?, ?, ?)", wanted)
    keys = "USING (billing_period, provider_id, billing_account_id)"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE rebuilt_books AS SELECT book_no FROM base.book SEMI JOIN rebuilt {keys}"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE rebuilt_files AS SELECT book_no, file_no FROM base.book JOIN rebuilt_file_groups {keys}"
    )


def _set_in_force(con: duckdb.DuckDBPyConnection, groups: Mapping[Group, list[Delivered]]) -> None:
    con.execute(
        "UPDATE base.file_book SET in_force = false WHERE (billing_period, provider_id, billing_account_id) IN (SELECT * FROM rebuilt)"
    )
    for (period, provider, account), files in groups.items():
        con.execute(
            "UPDATE base.file_book SET in_force = true WHERE billing_period = ? AND provider_id = ? AND billing_account_id = ? "
            "AND currency IS NOT NULL AND file_no IN (SELECT unnest(?::INTEGER[]))",
            [period, provider, account, [f.file_no for f in files]],
        )


def _mark_held(work: _Work) -> None:
    con = work.con
    con.execute("UPDATE base.source_file SET status = 'loaded', reason = NULL WHERE status = 'held'")
    for held in work.result.held:
        for path in held.files:
            con.execute(
                "UPDATE base.source_file SET status = 'held', reason = ? WHERE status = 'loaded' AND (path = ? OR source || ': ' || path = ?)",
                [held.reason, path, path],
            )


def _forget_gone(con: duckdb.DuckDBPyConnection) -> None:
    """Rows of files that no period rests on any more are dropped, with their sums and quarantine."""
    con.execute(
        "DELETE FROM base.source_file WHERE status IN ('superseded', 'gone') AND file_no NOT IN "
        "(SELECT file_no FROM base.file_book WHERE in_force)"
    )
    for table in ("base.file_book", "base.quarantine"):
        con.execute(f"DELETE FROM {table} WHERE file_no NOT IN (SELECT file_no FROM base.source_file)")
