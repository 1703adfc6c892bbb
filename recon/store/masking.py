"""Which tag values may the published store show, and where do the others go?

The published file never holds a sensitive value, not even in a freed block: values are masked before they are
written. The byte-exact value of each mask lies in a private file beside it (mode 0600), token → value, from
which judging reads it back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from recon.hostile import looks_secret, mask
from recon.tagset import Tagset, canonical


@dataclass
class Masker:
    """`sensitive(raw_key)` says whether the registry declares a key personal or secret."""

    key: bytes
    sensitive: Callable[[str], bool]
    values: dict[str, str] = field(default_factory=dict)
    fresh: dict[str, str] = field(default_factory=dict)

    def masked(self, tagset: Tagset) -> Tagset:
        """The tagset as it may be published; every masked value is remembered by its token."""
        if not any(self._hide(key, value) for key, value in tagset):
            return tagset
        return canonical((k, self._token(v) if self._hide(k, v) else v) for k, v in tagset)

    def raw(self, value: str) -> str:
        """The byte-exact value behind a token; any other value as it is."""
        return self.values.get(value, value)

    def _hide(self, key: str, value: str) -> bool:
        return bool(value) and (looks_secret(value) or self.sensitive(key))

    def _token(self, value: str) -> str:
        token = mask(value, self.key)
        if token not in self.values:
            self.values[token] = self.fresh[token] = value
        return token


def new_key() -> bytes:
    """A mask key for a store that was given none: random, kept in the private file."""
    return secrets.token_bytes(32)
