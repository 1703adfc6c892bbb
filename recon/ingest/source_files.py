"""What does the store keep of the files that lie at the sources: seen before, loaded, refused, gone?

One row of `base.source_file` per file and content; `status` says what became of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import duckdb

from recon.deliveries import named
from recon.frames import one
from recon.ingest.books import Group, Held
from recon.ingest.lines import Lines
from recon.ingest.source import BillSource
from recon.model import SourceFile


def known_number(con: duckdb.DuckDBPyConnection, file: SourceFile, mapping: str) -> int | None:
    """The number of a loaded file with this content and mapping. A renamed or touched file stays known."""
    row = one(
        con,
        "SELECT file_no FROM base.source_file WHERE source = ? AND path = ? AND content_hash = ? AND mapping = ? "
        "AND status IN ('loaded', 'held', 'gone')",
        [file.source, file.name, file.content_hash, mapping],
    )
    if row:
        con.execute(  # what lay here meanwhile and was refused is forgotten
            "DELETE FROM base.source_file WHERE source = ? AND path = ? AND status IN ('refused', 'unreadable', 'ignored')",
            [file.source, file.name],
        )
        con.execute(
            "UPDATE base.source_file SET mtime_ns = ?, size_bytes = ?, status = CASE status WHEN 'gone' THEN 'loaded' ELSE status END "
            "WHERE file_no = ?",
            [file.mtime_ns, file.size, row[0]],
        )
    return int(row[0]) if row else None


def was_a_bill(con: duckdb.DuckDBPyConnection, file: SourceFile) -> bool:
    """Whether a file of this name was loaded before."""
    query = "SELECT 1 FROM base.source_file WHERE source = ? AND path = ? AND status IN ('loaded', 'held')"
    return one(con, query, [file.source, file.name]) is not None


def record(
    con: duckdb.DuckDBPyConnection,
    now: datetime,
    source: BillSource,
    file: SourceFile,
    file_no: int,
    lines: Lines | None,
    rows: int,
    status: str,
    reason: str | None,
) -> None:
    """Add the row of a file: `lines` None for one that is no bill or could not be opened."""
    con.execute(
        "INSERT INTO base.source_file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                now,
                source.mapping,
            ),
            *((lines.format, lines.raw_column, lines.view) if lines else (None, None, "both")),
            source.parts[file.key].id if file.key in source.parts else None,
        ],
    )


def groups_of(con: duckdb.DuckDBPyConnection, file_no: int) -> dict[Group, int]:
    """The file's rows in each group."""
    rows = con.execute(
        "SELECT billing_period, provider_id, billing_account_id, sum(source_rows) FROM base.file_book WHERE file_no = ? "
        "AND billing_period IS NOT NULL AND billing_account_id IS NOT NULL AND currency IS NOT NULL GROUP BY ALL",
        [file_no],
    ).fetchall()
    return {(p, v, a): int(n) for p, v, a, n in rows}


def name_left_out(con: duckdb.DuckDBPyConnection, now: datetime, source: BillSource) -> None:
    """List the files that a newer delivery has replaced, so that nobody looks for their money."""
    con.execute("DELETE FROM base.source_file WHERE source = ? AND status = 'left-out'", [source.rule.name])
    for located, reason in source.left_out:
        row = one(con, "SELECT coalesce(max(file_no), 0) + 1 FROM base.source_file")
        file = SourceFile(
            *(source.rule.name, located.fetch, located.size, located.mtime_ns),
            name=named(located, source.base),
            key=located.key,
        )
        if not one(
            con,
            "SELECT 1 FROM base.source_file WHERE source = ? AND path = ? AND file_no IN "
            "(SELECT file_no FROM base.file_book WHERE in_force)",
            [file.source, file.name],
        ):
            record(con, now, source, file, int(row[0]) if row else 1, None, 0, "left-out", reason)


def mark_held(con: duckdb.DuckDBPyConnection, held: Iterable[Held]) -> None:
    """Files of periods that were not rebuilt say so, and why."""
    con.execute("UPDATE base.source_file SET status = 'loaded', reason = NULL WHERE status = 'held'")
    for group in held:
        for path in group.files:
            con.execute(
                "UPDATE base.source_file SET status = 'held', reason = ? WHERE status = 'loaded' AND (path = ? OR source || ': ' || path = ?)",
                [group.reason, path, path],
            )


def forget_gone(con: duckdb.DuckDBPyConnection) -> None:
    """Rows of files that no period rests on any more are dropped, with their sums and quarantine."""
    con.execute(
        "DELETE FROM base.source_file WHERE status IN ('superseded', 'gone') AND file_no NOT IN "
        "(SELECT file_no FROM base.file_book WHERE in_force)"
    )
    for table in ("base.file_book", "base.file_step", "base.quarantine"):
        con.execute(f"DELETE FROM {table} WHERE file_no NOT IN (SELECT file_no FROM base.source_file)")


def spoil(con: duckdb.DuckDBPyConnection, file_no: int, reason: str) -> None:
    """A file that opened and then could not be read to its end counts as refused; what it had before is
    loaded again."""
    con.execute(
        "UPDATE base.source_file SET status = 'loaded' WHERE status = 'superseded' AND (source, path) IN "
        "(SELECT (source, path) FROM base.source_file WHERE file_no = ?)",
        [file_no],
    )
    con.execute(
        "UPDATE base.source_file SET status = 'refused', reason = ? WHERE file_no = ?", [reason, file_no]
    )
    for table in ("base.file_book", "base.file_step", "base.quarantine"):
        con.execute(f"DELETE FROM {table} WHERE file_no = ?", [file_no])
