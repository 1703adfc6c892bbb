"""Which types and services can't carry tags, or never bring them to the bill? Data, with an override."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from recon.errors import InputError, Where


@dataclass(frozen=True)
class Taggability:
    """`patterns`: provider id → case-folded globs over ResourceType or ServiceName that can't be tagged."""

    version: str
    patterns: Mapping[str, tuple[str, ...]]

    def cannot_tag(self, provider_id: str, resource_type: str | None, service: str | None) -> bool:
        globs = self.patterns.get(provider_id, ())
        texts = [t.casefold() for t in (resource_type, service) if t]
        return any(fnmatchcase(text, glob) for text in texts for glob in globs)


def load_taggability(override: Path | None = None) -> Taggability:
    """The table shipped with tagrecon, or the user's own instead."""
    text = (
        override.read_text("utf-8")
        if override
        else (files("configs") / "taggability.yaml").read_text("utf-8")
    )
    try:
        data: Any = yaml.safe_load(text)
        patterns: dict[str, tuple[str, ...]] = {}
        for rule in data["untaggable"]:
            globs = tuple(str(g).casefold() for g in (*rule.get("types", ()), *rule.get("services", ())))
            patterns[rule["provider"]] = patterns.get(rule["provider"], ()) + globs
        return Taggability(str(data["version"]), patterns)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        where = Where(override) if override else None
        raise InputError(
            f"is no taggability table (version, untaggable: [{{provider, types, services}}]): {error}", where
        ) from error
