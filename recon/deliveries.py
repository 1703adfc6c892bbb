"""Which files lie at a source now, and which of them have we read before?

A file whose name, size and modification time are those of the last look keeps its recorded hash; any other
is hashed. Content decides: a touched file with the same bytes is not new. Of a file that lies in an object
store or a warehouse its own marker of the content (etag, generation) decides, so that it need not be fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from recon.errors import Unreachable
from recon.model import SourceFile


@dataclass(frozen=True)
class Located:
    """One file of a delivery, local or not.

    `name`: as people see it: the local path, or the URL without credentials or SAS.
    `key`: path inside the location's folder or prefix, `/` between the parts, for manifests and globs.
    `size`: bytes; 0 where the place can't say before reading (BigQuery).
    `mtime_ns`: last modified, nanoseconds since 1970.
    `identity`: empty for local files, whose content decides; else a marker of the content: the same name
    with the same identity has the same bytes.
    `fetch`: a local path with the bytes: the file itself, or its copy in the spool, downloaded at most once
    per identity. A file that changed since it was listed is fetched as it is now: then its next listing
    carries another identity. Raises `Unreachable`.
    """

    name: str
    key: str
    size: int
    mtime_ns: int
    identity: str
    fetch: Callable[[], Path] = field(compare=False, repr=False)


def look(
    con: duckdb.DuckDBPyConnection, table: str, source: str, files: Iterable[Located], base: Path
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
    return [_look_at(source, file, named(file, base), known) for file in sorted(files, key=lambda f: f.name)]


def named(file: Located, base: Path) -> str:
    """The file's name as the store knows it: relative to `base` where it lies below it; a URL as it is."""
    if file.identity:
        return file.name
    full, root = Path(file.name).absolute(), base.absolute()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_posix()


def _look_at(source: str, file: Located, name: str, known: dict[tuple[str, int, int], str]) -> SourceFile:
    if file.identity:
        return SourceFile(source, file.fetch, file.size, file.mtime_ns, file.identity, name, file.key)
    try:
        path = file.fetch()
        stat = path.stat()
        content = known.get((name, stat.st_size, stat.st_mtime_ns)) or digest(path)
    except (OSError, Unreachable):
        return SourceFile(source, file.fetch, 0, 0, name=name, key=file.key)
    return SourceFile(source, file.fetch, stat.st_size, stat.st_mtime_ns, content, name, file.key)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
