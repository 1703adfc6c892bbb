"""Which tag values may the published store show, and where do the others go?

The published file never holds a sensitive value, not even in a freed block: values are masked before they are
written. The byte-exact value of each mask lies in a private file beside it (mode 0600), from which judging
reads it back.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from recon.hostile import MASK, looks_secret, mask
from recon.tagset import Tagset, canonical


@dataclass
class Masker:
    """`sensitive(raw_key)` says whether the registry declares a key personal or secret. `values`: token →
    byte-exact value."""

    key: bytes = field(repr=False)
    sensitive: Callable[[str], bool]
    values: dict[str, str] = field(default_factory=dict, repr=False)

    def masked(self, tagset: Tagset) -> Tagset:
        """The tagset as it may be published; every masked value is remembered by its token."""
        if not any(self.hides(key, value) for key, value in tagset):
            return tagset
        return canonical((k, self.token(v) if self.hides(k, v) else v) for k, v in tagset)

    def raw(self, value: str) -> str:
        """The byte-exact value behind a token; any other value as it is."""
        return self.values.get(value, value)

    def published(self, text: str, shown: str) -> str:
        """What to publish for `text`, derived from a tag value that is published as `shown`."""
        return self.token(text) if MASK.fullmatch(shown) else text

    def hides(self, key: str, value: str) -> bool:
        """True when a tag's value must not be published."""
        return bool(value) and not MASK.fullmatch(value) and (looks_secret(value) or self.sensitive(key))

    def token(self, value: str) -> str:
        """The stand-in of a value, the same for equal values."""
        token = mask(value, self.key)
        self.values[token] = value
        return token


def load_masker(path: Path, key: bytes | None, sensitive: Callable[[str], bool]) -> Masker:
    """The masker of a store. `key`: from configuration; else the one in the private file, else a new one."""
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    own = bytes.fromhex(kept["key"]) if "key" in kept else secrets.token_bytes(32)
    return Masker(key or own, sensitive, dict(kept.get("values", {})))


def save_masker(path: Path, masker: Masker) -> None:
    """Write the private file whole, readable by its owner only, and move it into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps({"key": masker.key.hex(), "values": masker.values}, sort_keys=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
