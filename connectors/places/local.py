"""Which files lie at a local path? A file, a folder (searched through, hidden parts aside) or a glob."""

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
    paths = glob.glob(str(path), recursive=True)  # noqa: PTH207 -- absolute patterns, which Path.glob refuses
    return _files(map(Path, paths), Path(fixed_folder(path.as_posix()) or path.anchor))


def _files(found: Iterable[Path], folder: Path) -> list[Located]:
    return [_located(p, folder) for p in sorted(set(found)) if p.is_file()]


def _located(path: Path, folder: Path) -> Located:
    try:
        stat = path.stat()
        size, mtime_ns = stat.st_size, stat.st_mtime_ns
    except OSError:  # it went, or may not be looked at: whoever opens it says so
        size, mtime_ns = 0, 0
    return Located(str(path), path.relative_to(folder).as_posix(), size, mtime_ns, "", lambda: path)
