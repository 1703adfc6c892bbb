"""Which files lie at a location that the user configured?

A location is a file, a folder (searched through, hidden files and folders aside) or a glob. Object stores
have connectors of their own; a URL here is refused with a sentence, never silently empty.
"""

from __future__ import annotations

import glob
from pathlib import Path

from recon.errors import InputError


def list_files(location: str) -> list[Path]:
    """The files at `location`, sorted by path. Empty when nothing lies there: the caller reports a gap."""
    if "://" in location:
        raise InputError(
            f'location "{location}" is a URL: this version reads local paths only. '
            "Sync the export to a folder and name that folder."
        )
    path = Path(location).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        found = (p for p in path.rglob("*") if not _hidden(p.relative_to(path)))
    else:
        found = (Path(p) for p in glob.glob(str(path), recursive=True))  # noqa: PTH207 -- absolute patterns, which Path.glob refuses
    return sorted(p for p in found if p.is_file())


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
