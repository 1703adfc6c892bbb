"""Which files lie at a local path? A file, a folder (searched through, hidden parts aside) or a glob.

What a path names literally is meant before it is a pattern: `b[1].csv`, where it exists, and not `b1.csv`.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from connectors.places.located import Located
from connectors.places.pattern import fixed_folder, hidden


def list_files(location: str) -> list[Located]:
    """The files at `location`, sorted by path. Empty when nothing lies there: the caller reports a gap."""
    path = Path(location).expanduser()
    if path.is_file():
        return [_located(path, path.parent)]
    if path.is_dir():
        found = (p for p in path.rglob("*") if not any(map(hidden, p.relative_to(path).parts)))
        return _files(found, path)
    there, rest = _literal_part(path)
    pattern = glob.escape(str(there)) + "".join(f"/{part}" for part in rest)
    paths = glob.glob(pattern, recursive=True)  # noqa: PTH207 -- absolute patterns, which Path.glob refuses
    inside = fixed_folder("/".join(rest))
    return _files(map(Path, paths), there / inside)


def _literal_part(path: Path) -> tuple[Path, tuple[str, ...]]:
    """What of the path lies there by its very name, and the parts behind it. A name with a wildcard in it means
    what is called so, where that exists, before it is a pattern."""
    there = Path(path.anchor)
    parts = path.parts[1:] if path.anchor else path.parts
    for n, part in enumerate(parts):
        if not (there / part).exists():
            return there, parts[n:]
        there /= part
    return there, ()


def _files(found: Iterable[Path], folder: Path) -> list[Located]:
    return [_located(p, folder) for p in sorted(set(found)) if p.is_file()]


def _located(path: Path, folder: Path) -> Located:
    try:
        stat = path.stat()
        size, mtime_ns = stat.st_size, stat.st_mtime_ns
    except OSError:  # it went, or may not be looked at: whoever opens it says so
        size, mtime_ns = 0, 0
    return Located(str(path), path.relative_to(folder).as_posix(), size, mtime_ns, "", lambda: path)
