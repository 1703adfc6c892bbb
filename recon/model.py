"""The small nouns that pass between rooms. Frames carry the rows; these carry what is said about them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class SourceFile:
    """One delivered file as it lay there when we looked. `name` is its path as the store knows it: relative to
    the configuration's folder where it lies below, so that a moved folder holds the same files;
    `content_hash` is the SHA-256 of its bytes, or the marker that its place gives; `key` its path inside the
    source's location."""

    source: str
    fetch: Callable[[], Path] = field(compare=False, repr=False)
    size: int
    mtime_ns: int
    content_hash: str = ""
    name: str = ""
    key: str = ""

    @property
    def path(self) -> Path:
        """A local path with the bytes; downloads them where they lie elsewhere. Raises `Unreachable`."""
        return self.fetch()


@dataclass(frozen=True)
class Gap:
    """Something that could not be seen. A gap of a configured source makes the run partial; a
    `limitation` (not configured, or not in this kind of export) is shown and changes no exit code."""

    kind: str
    scope: str
    reason: str
    provider: str | None = None
    permission: str | None = None
    touched: tuple[str, ...] = ()
    limitation: bool = False

    @property
    def gap_id(self) -> str:
        return short_id("gap", self.kind, self.provider, self.scope)

    def as_json(self) -> dict[str, object]:
        fields = asdict(self)
        del fields["limitation"]
        return {"id": self.gap_id, **fields, "touched": sorted(self.touched)}


def short_id(*fields: object) -> str:
    """16 hex digits of SHA-256 over the fields as a JSON array: the same on every machine."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
