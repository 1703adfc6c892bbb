"""Which files lie at a source now, and which of them have we read before?

A file whose path, size and modification time are those of the last look keeps its recorded hash; any other
is hashed. Content decides: a touched file with the same bytes is not new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import duckdb

from recon.model import SourceFile


def look(
    con: duckdb.DuckDBPyConnection, table: str, source: str, paths: Iterable[Path], base: Path
) -> list[SourceFile]:
    """The files of one source as they lie there now, hashed. `table` is the store's list of known files;
    `base` is the configuration's folder, to which names are relative.

    A file that vanishes or can't be opened while we look is returned with an empty hash.
    """
    known = {
        (row[0], row[1], row[2]): row[3]
        for row in con.execute(
            f"SELECT path, size_bytes, mtime_ns, content_hash FROM {table} WHERE source = ?", [source]
        ).fetchall()
    }
    return [_look_at(source, path, named(path, base), known) for path in sorted(paths)]


def named(path: Path, base: Path) -> str:
    """The path as the store knows it: relative to `base` where the file lies below it."""
    full, root = path.absolute(), base.absolute()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_posix()


def _look_at(source: str, path: Path, name: str, known: dict[tuple[str, int, int], str]) -> SourceFile:
    try:
        stat = path.stat()
        content = known.get((name, stat.st_size, stat.st_mtime_ns)) or _hash(path)
    except OSError:
        return SourceFile(source, path, 0, 0, name=name)
    return SourceFile(source, path, stat.st_size, stat.st_mtime_ns, content, name)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
