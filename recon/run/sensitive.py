"""Which tag keys may not be shown, on any provider and at any time, and under which key are they masked?"""

from __future__ import annotations

import json
import os
from datetime import date
from functools import lru_cache

from recon.config import RunConfig, secret_of
from recon.registry import Registry, in_force
from recon.store.masking import Masker, load_masker
from recon.store.store import StorePaths

_PROVIDERS = ("", "aws", "azure", "gcp", "oci", "k8s")


def declared_sensitive(registry: Registry) -> str:
    """The keys that the registry declares personal or secret, with all they are written as: when this changes,
    stored values are masked again."""
    hidden = {n: k for n, k in registry.keys.items() if k.sensitivity in ("personal", "secret")}
    return json.dumps({n: [*k.aliases, *k.spelling.values()] for n, k in sorted(hidden.items())})


def masker_of(cfg: RunConfig, paths: StorePaths, registry: Registry) -> Masker:
    """The store's masker, told by the registry which raw keys are personal or secret."""
    hidden = {name for name, key in registry.keys.items() if key.sensitivity in ("personal", "secret")}
    days = [date.min, *registry.epochs()]
    rules = [in_force(registry, day) for day in days]

    @lru_cache(maxsize=100_000)
    def sensitive(raw_key: str) -> bool:
        if not hidden:
            return False
        hits = (r.key_of(provider, raw_key) for r in rules for provider in _PROVIDERS)
        return any(hit is not None and hit.key in hidden for hit in hits)

    key = secret_of(cfg.mask_key, os.environ).encode() if cfg.mask_key else None
    return load_masker(paths.private, key, sensitive)
