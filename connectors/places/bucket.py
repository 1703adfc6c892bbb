"""How is a folder of objects listed and an object fetched whole, whichever store holds it?

A store's own module knows its SDK and its errors; here is what all three share: what the location means,
resuming a broken download where it broke, and one more try when the object changed after it was listed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from connectors.places.located import Located, Unreachable
from connectors.places.pattern import Wanted
from connectors.places.spool import keep_copy

TRIES = 4
PAUSE = 0.5  # seconds before the second try, doubled before each further one
CHUNK = 1 << 20  # bytes held in memory at a time


class Changed(Exception):
    """The object is no longer the one that was listed."""


class Dropped(Exception):
    """The connection broke in the middle of the body."""


@dataclass(frozen=True)
class Stored:
    """One object as listed. `version` is what the store's conditional read takes: an ETag or a generation."""

    key: str
    size: int
    modified: datetime
    version: str
    identity: str

    @property
    def mtime_ns(self) -> int:
        return int(self.modified.timestamp()) * 1_000_000_000 + self.modified.microsecond * 1000


class Bucket(Protocol):
    """One bucket or container. `url`: its address without credentials, no `/` at the end. All three methods
    raise Unreachable; `copy` also Changed and Dropped."""

    url: str

    def objects(self, prefix: str) -> Iterator[Stored]:
        """Every object whose key begins with `prefix`, page after page until the store gives no token."""
        ...

    def look(self, key: str) -> Stored:
        """The object as it is now."""
        ...

    def copy(self, stored: Stored, out: BinaryIO, start: int) -> None:
        """Append the bytes from `start` on to `out`, if the object is still this one."""
        ...


def list_bucket(bucket: Bucket, wanted: Wanted, spool: Path) -> list[Located]:
    """The files that a location means, sorted by name."""
    found = {
        stored.key: stored
        for prefix in wanted.prefixes
        for stored in _listed(bucket, wanted, prefix)
        if wanted.fits(stored.key)
    }
    if wanted.is_glob and wanted.path in found:  # an object of just this name is meant before a pattern is
        found = {wanted.path: found[wanted.path]}
    files = (_located(bucket, wanted, stored, spool) for stored in found.values())
    return sorted(files, key=lambda file: file.name)


def _listed(bucket: Bucket, wanted: Wanted, prefix: str) -> Iterator[Stored]:
    """The listing of one prefix. Of a path that may be one object's name only the first entry counts: keys
    come in order, so that a sibling folder with a million objects is not walked through."""
    for stored in bucket.objects(prefix):
        if prefix == wanted.path and not wanted.is_glob and prefix and not prefix.endswith("/"):
            if stored.key == prefix:
                yield stored
            return
        yield stored


def _located(bucket: Bucket, wanted: Wanted, stored: Stored, spool: Path) -> Located:
    return Located(
        f"{bucket.url}/{stored.key}",
        wanted.relative(stored.key),
        stored.size,
        stored.mtime_ns,
        stored.identity,
        partial(_fetch, bucket, stored, spool),
    )


def _fetch(bucket: Bucket, stored: Stored, spool: Path) -> Path:
    try:
        return _copied(bucket, stored, spool)
    except Changed:
        now = bucket.look(stored.key)
    try:
        return _copied(bucket, now, spool)
    except Changed:
        raise Unreachable(
            f"{bucket.url}/{stored.key}", "it changed twice while it was read; run again"
        ) from None


def _copied(bucket: Bucket, stored: Stored, spool: Path) -> Path:
    name = f"{bucket.url}/{stored.key}"
    return keep_copy(spool, name, stored.identity, partial(_download, bucket, stored))


def _download(bucket: Bucket, stored: Stored, out: BinaryIO) -> None:
    """Write the whole object; a broken connection is taken up again where it broke."""
    for attempt in range(TRIES):
        if out.tell() < stored.size:
            try:
                bucket.copy(stored, out, out.tell())
            except Dropped:
                time.sleep(PAUSE * 2**attempt)
        if out.tell() > stored.size:
            raise Changed
        if out.tell() == stored.size:
            return
    raise Unreachable(
        f"{bucket.url}/{stored.key}",
        f"the connection broke {TRIES} times, after {out.tell()} of {stored.size} bytes",
    )
