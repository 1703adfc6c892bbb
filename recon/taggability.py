"""Which types and services can carry tags, and do those tags reach the bill? A table, and how a row is found in it.

A row speaks of charges of one provider by globs (`*`, `?`) over ResourceType and ServiceName, compared without
regard to case; where it names both, both must match. Of several rows that match, the first in this order counts:

1. the user's own before the shipped ones;
2. one that names types before one that names only services;
3. the exact type before a glob, and of two globs the one with more literal characters;
4. one that names a service too before one that doesn't, and of two again the exact, then the longer one;
5. the one that stands first in its file.

What no row speaks of is taggable: a share over "what can be tagged" must not look better because we know little.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from itertools import product
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from recon.errors import InputError
from recon.hostile import shown
from recon.providers import provider_id
from recon.yaml_file import Located, Strict, Text, Texts, in_line_order, load_yaml, validate

OnBill = Literal["yes", "no", "inherited-only"]


def _folded(globs: tuple[str, ...]) -> tuple[str, ...]:
    if any(not glob.strip() for glob in globs):
        raise ValueError("a type or service is needed; * stands for any text, ? for any character")
    return tuple(glob.strip().casefold() for glob in globs)


Globs = Annotated[Texts, AfterValidator(_folded)]


class Row(Strict):
    """What one row of the file says."""

    provider: Annotated[Text, AfterValidator(provider_id)] = Field(description="provider, by id or name")
    types: Globs = Field(default=(), description="globs over ResourceType")
    services: Globs = Field(default=(), description="globs over ServiceName")
    taggable: bool = Field(description="whether it can carry tags")
    on_bill: OnBill | None = Field(
        default=None,
        description="whether its own tags reach the bill; inherited-only: only those of what contains it do",
    )
    source: Text = Field(default="", description="where this is written, or who saw it")
    unverified: bool = Field(default=False, description="not checked against the provider's own document")


class TableFile(Strict):
    """taggability.yaml."""

    version: Text = Field(description="changes whenever the rows do")
    extends: Literal["shipped", "nothing"] = Field(
        default="shipped", description="what these rows are laid over"
    )
    rows: tuple[Row, ...] = Field(description="what can carry tags, and whether they reach the bill")


@dataclass(frozen=True)
class Standing:
    """What the table says of one type and service. `known` is False where no row speaks of them; `source` is
    then blank."""

    taggable: bool = True
    on_bill: OnBill = "yes"
    known: bool = False
    source: str = ""


@dataclass(frozen=True)
class Pattern:
    """One type glob × one service glob of a row; "" where the row names none. `own`: from the user's file."""

    provider: str
    type_glob: str
    service_glob: str
    standing: Standing
    own: bool

    def speaks_of(self, resource_type: str, service: str) -> bool:
        return _matches(self.type_glob, resource_type) and _matches(self.service_glob, service)

    @property
    def rank(self) -> tuple[bool, tuple[bool, bool, int], tuple[bool, bool, int]]:
        """Sorts the pattern that counts before those it wins over."""
        return not self.own, _vagueness(self.type_glob), _vagueness(self.service_glob)


@dataclass(frozen=True)
class Taggability:
    """`patterns` in the order in which they count. `version`: that of the shipped table or of the file that
    replaces it, and a hash of everything that decides a verdict, so that a changed table judges anew."""

    version: str
    patterns: tuple[Pattern, ...]
    _exact: dict[tuple[str, str], list[int]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )
    _vague: dict[str, list[int]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for place, pattern in enumerate(self.patterns):
            if pattern.type_glob and not _is_glob(pattern.type_glob):
                self._exact.setdefault((pattern.provider, pattern.type_glob), []).append(place)
            else:
                self._vague.setdefault(pattern.provider, []).append(place)

    def standing(self, provider_id: str, resource_type: str | None, service: str | None) -> Standing:
        """What holds for a charge or resource; None and blank mean that it names no type or no service."""
        kind, name = (resource_type or "").strip().casefold(), (service or "").strip().casefold()
        places = self._exact.get((provider_id, kind), []) + self._vague.get(provider_id, [])
        found = [place for place in places if self.patterns[place].speaks_of(kind, name)]
        return self.patterns[min(found)].standing if found else Standing()

    def cannot_tag(self, provider_id: str, resource_type: str | None, service: str | None) -> bool:
        """Whether it can't carry tags at all."""
        return not self.standing(provider_id, resource_type, service).taggable

    def reaches_bill(self, provider_id: str, resource_type: str | None, service: str | None) -> OnBill:
        """Whether its own tags reach the bill; `inherited-only`: no, but those of what contains it do."""
        return self.standing(provider_id, resource_type, service).on_bill


def load_taggability(override: Path | None = None) -> Taggability:
    """The table shipped with tagrecon; with `override` that file's rows laid over it, or standing alone where the
    file says `extends: nothing`.

    Raises InputError (unreadable) or InputErrors (all that is wrong, with file:line and nearest name).
    """
    table, patterns = _shipped()
    if override:
        theirs, own = _read(override, own=True)
        alone = theirs.extends == "nothing"
        table, patterns = (theirs, own) if alone else (table, own + patterns)
    ordered = tuple(sorted(patterns, key=lambda pattern: pattern.rank))
    return Taggability(f"{table.version}+{_digest(ordered)}", ordered)


@cache
def _shipped() -> tuple[TableFile, list[Pattern]]:
    """The table shipped with tagrecon; nobody changes the list."""
    with as_file(files("configs") / "taggability.yaml") as path:
        return _read(path, own=False)


def _read(path: Path, *, own: bool) -> tuple[TableFile, list[Pattern]]:
    located = load_yaml(path)
    table = validate(TableFile, located)
    if errors := [*_contradictions(table, located), *_repetitions(table, located)]:
        raise in_line_order(errors)
    return table, [pattern for row in table.rows for pattern in _patterns(row, own=own)]


def _patterns(row: Row, *, own: bool) -> Iterator[Pattern]:
    on_bill: OnBill = row.on_bill or ("yes" if row.taggable else "no")
    standing = Standing(row.taggable, on_bill, known=True, source=row.source)
    for kind, service in product(row.types or ("",), row.services or ("",)):
        yield Pattern(row.provider, kind, service, standing, own)


def _contradictions(table: TableFile, located: Located) -> Iterator[InputError]:
    for i, row in enumerate(table.rows):
        if not row.types and not row.services:
            yield located.error(("rows", i), f"rows[{i}] speaks of nothing; give it types, services or both")
        if not row.taggable and row.on_bill == "yes":
            message = (
                "what can't carry tags brings none to the bill; write no or inherited-only, or leave it out"
            )
            yield located.error(("rows", i, "on_bill"), f"rows[{i}].on_bill: {message}")


def _repetitions(table: TableFile, located: Located) -> Iterator[InputError]:
    """Type and service that two rows of a file name alike: the second would never count."""
    first: dict[tuple[str, str, str], int] = {}
    for i, row in enumerate(table.rows):
        for pattern in _patterns(row, own=True):
            named = (row.provider, pattern.type_glob, pattern.service_glob)
            if named in first:
                line = located.where(("rows", first[named])).line
                words = " of ".join(f'"{shown(text, 80)}"' for text in named[1:] if text)
                yield located.error(
                    ("rows", i), f"{words} stands here again (first in the row of line {line}); keep one"
                )
            first.setdefault(named, i)


def _is_glob(glob: str) -> bool:
    return "*" in glob or "?" in glob


def _vagueness(glob: str) -> tuple[bool, bool, int]:
    """Sorts the exact text before globs, longer globs before shorter ones, and none at all last."""
    return not glob, _is_glob(glob), -len(glob.replace("*", "").replace("?", ""))


def _matches(glob: str, text: str) -> bool:
    """No glob asks for nothing; a glob asks for a text that is there."""
    if not glob or not text or not _is_glob(glob):
        return not glob or glob == text
    return _expression(glob).fullmatch(text) is not None


@cache
def _expression(glob: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in glob)
    return re.compile("".join(parts), re.DOTALL)


def _digest(patterns: Iterable[Pattern]) -> str:
    told = [
        (p.provider, p.type_glob, p.service_glob, p.standing.taggable, p.standing.on_bill) for p in patterns
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
