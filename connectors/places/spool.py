"""Where do downloads lie, and how does a copy come to be there whole or not at all?

The spool is a private folder of the caller's. A copy's name is a hash of the object's name and identity:
keys are hostile text and never become paths. A download goes to a temporary name, is synced, then renamed;
what a killed run left is swept away by `sweep`.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from connectors.places.located import Located, Unreachable

_PART = ".part"


def copy_path(spool: Path, name: str, identity: str) -> Path:
    """Where the copy of this object, with this content, lies or would lie."""
    text = json.dumps([name, identity], ensure_ascii=False)
    return spool / hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def keep_copy(spool: Path, name: str, identity: str, write: Callable[[BinaryIO], None]) -> Path:
    """The copy's path; `write` is called to make it unless it is there already."""
    path = copy_path(spool, name, identity)
    if path.exists():
        return path
    with _local_disk(name):
        spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, part = tempfile.mkstemp(
            suffix=_PART, dir=spool
        )  # mode 0600: bills are nobody else's business
    try:
        with os.fdopen(handle, "wb") as out, _local_disk(name):
            write(out)
            out.flush()
            os.fsync(out.fileno())
        Path(part).replace(path)
    finally:
        Path(part).unlink(missing_ok=True)
    return path


def sweep(spool: Path, keep: Iterable[Located]) -> int:
    """Remove copies of other contents than these, and unfinished downloads; how many were removed. To be
    called by the one run that holds the lock."""
    kept = {copy_path(spool, file.name, file.identity) for file in keep}
    old = [path for path in spool.glob("*") if path not in kept and _ours(path)]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _ours(path: Path) -> bool:
    return path.suffix == _PART or (len(path.name) == 64 and set(path.name) <= set("0123456789abcdef"))


@contextmanager
def _local_disk(name: str) -> Iterator[None]:
    """A full or read-only disk of ours is a gap too: the other files may still be read."""
    try:
        yield
    except OSError as error:
        raise Unreachable(
            name, f"its copy can't be written to the spool: {error.strerror or error}"
        ) from error
