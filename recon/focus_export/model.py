"""Which columns has a FOCUS release, of what type, and which values may they hold? Facts from `columns.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from recon.errors import InputError

Type = Literal["string", "money", "quantity", "time", "json"]
Level = Literal["mandatory", "conditional", "recommended"]

VERSIONS = ("1.2", "1.3", "1.4")
_VERIFIED = frozenset({"1.2"})  # the releases whose files the FinOps Foundation's validator can judge


@dataclass(frozen=True)
class Column:
    """One column of the Cost and Usage dataset.

    `since` and `until` are the first and the last release that have it (until None: the newest still does);
    `allowed` is its closed list of values, empty where any text goes.
    """

    name: str
    since: str
    type: Type
    level: Level
    nullable: bool
    until: str | None = None
    allowed: tuple[str, ...] = ()

    def in_version(self, version: str) -> bool:
        """Whether that release has the column."""
        return self.since <= version <= (self.until or version)


@cache
def every_column() -> tuple[Column, ...]:
    """The columns of all releases, in the specification's (alphabetical) order."""
    return tuple(Column(**{**c, "allowed": tuple(c.get("allowed", ()))}) for c in _facts()["columns"])


@cache
def columns_of(version: str) -> tuple[Column, ...]:
    """The columns of one release, in the specification's order. InputError for one that is not written."""
    if version not in VERSIONS:
        raise InputError(f"FOCUS {version} is not written; allowed: {', '.join(VERSIONS)}")
    return tuple(c for c in every_column() if c.in_version(version))


def is_verified(version: str) -> bool:
    """Whether files of this release were judged by the official validator; if not, say so beside them."""
    return version in _VERIFIED


@cache
def subcategories() -> dict[str, tuple[str, ...]]:
    """ServiceCategory → its allowed ServiceSubcategory values; the last is always `Other (<category>)`."""
    listed: dict[str, list[str]] = _facts()["service_categories"]
    return {category: (*under, f"Other ({category})") for category, under in listed.items()}


@cache
def provider_words() -> dict[str, Any]:
    """How providers call accounts, ids and units: `provider_words.yaml`."""
    return _yaml("provider_words.yaml")


@cache
def _facts() -> dict[str, Any]:
    return _yaml("columns.yaml")


def _yaml(file: str) -> dict[str, Any]:
    return dict(yaml.safe_load((files("recon.focus_export") / file).read_text(encoding="utf-8")))
