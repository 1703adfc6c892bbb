"""Which provider is meant, and what are its habits? Facts from `configs/providers.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True)
class Provider:
    """One provider's habits; an unknown provider has none."""

    id: str
    needs_activation: bool = False
    bills_container_tags: bool = False
    fold_ids: bool = False
    short_id: str | None = None
    containers: tuple[str, ...] = ()
    account_types: tuple[str, ...] = ()
    container_types: tuple[str, ...] = ()

    def folded(self, resource_id: str) -> str:
        """The id as bill and inventory are compared: case-folded where the provider does so."""
        return resource_id.casefold().rstrip("/") if self.fold_ids else resource_id

    def short(self, resource_id: str) -> str | None:
        """The last part of an id when it alone names the resource (i-0abc…), else None."""
        last = re.split(r"[/:]", resource_id)[-1]
        return last if self.short_id and re.fullmatch(self.short_id, last) else None

    def container_of(self, resource_id: str) -> str | None:
        """The folded id of the container that the resource's own id names."""
        for pattern in self.containers:
            if hit := re.match(pattern, resource_id):
                return self.folded(hit[1])
        return None


@cache
def _facts() -> dict[str, Any]:
    text = (files("configs") / "providers.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@cache
def provider(provider_id: str) -> Provider:
    """The habits of a provider id."""
    known: Mapping[str, Any] = _facts()["providers"].get(provider_id, {})
    fields: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in known.items() if k != "names"
    }
    return Provider(id=provider_id, **fields)


@cache
def provider_id(name: str) -> str:
    """The id that a provider's name folds to: aws, azure, gcp, oci, k8s, else a slug of the name."""
    folded = name.strip().casefold()
    for known, habits in _facts()["providers"].items():
        if any(fnmatchcase(folded, pattern) for pattern in habits["names"]):
            return str(known)
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-") or "unknown"


@cache
def short_lived_types() -> tuple[str, ...]:
    """fnmatch patterns (case-folded) of resource types that are gone before a snapshot sees them."""
    return tuple(p.casefold() for p in _facts()["short_lived"])
