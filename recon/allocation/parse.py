"""What does a written `when:` mean? Plain data → Condition, with every mistake at its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from recon.allocation.columns import (
    DAY,
    DIMENSION,
    GROUP,
    OWNER,
    PLACES,
    TAG,
    TEXT_COLUMNS,
    is_money_or_time,
)
from recon.allocation.condition import OPERATORS, All, AnyOf, Compare, Condition, Not
from recon.allocation.inherit import SOURCES, source_column
from recon.allocation.values import is_day, never
from recon.errors import InputError
from recon.hostile import shown
from recon.yaml_file import Located, Spot, not_allowed

_NEVER = AnyOf(())  # stands for what could not be read; an error is recorded with it
_WORDS = ("all", "any", "not")
_IGNORE_CASE = "ignore_case"
_MASKED = ("personal", "secret")
_DAY_TESTS = ("equals", "in", "from", "to")
TESTS = (*OPERATORS, "from", "to", _IGNORE_CASE)


class TagRegistry(Protocol):
    """What allocation needs to know of the registry."""

    @property
    def owner(self) -> str: ...
    @property
    def keys(self) -> Mapping[str, Any]: ...
    def canonical(self, key: str, text: str) -> str | None: ...
    def nearest(self, key: str, text: str) -> str | None: ...


@dataclass
class ConditionReader:
    """Reads the conditions of one file and collects what is wrong with them in `errors`. `dimensions`: the names
    that the file has; `owner_known`: whether what is read may ask for the resulting owner."""

    located: Located
    registry: TagRegistry
    dimensions: tuple[str, ...] = ()
    owner_known: bool = False
    errors: list[InputError] = field(default_factory=list)

    def read(self, data: Any, spot: Spot) -> Condition:
        """`data`: {all: […]}, {any: […]}, {not: …} or columns → test; several entries must all hold."""
        if not isinstance(data, dict):
            return self._wrong(spot, "a mapping of columns to values is needed, or all, any, not")
        if not data:
            return self._wrong(spot, "an empty condition; write `all: []` if every charge is meant")
        return _all([self._entry(str(name), value, (*spot, name)) for name, value in data.items()])

    def tag_key(self, key: str, spot: Spot) -> None:
        """Records an error unless `key` is a key that can be resolved."""
        known = self.registry.keys.get(key)
        if known is None:
            self._wrong(spot, not_allowed(key, "registry key", self.registry.keys))
        elif known.deprecated:
            name = shown(known.deprecated.replaced_by)
            self._wrong(spot, f'the key "{shown(key)}" is deprecated; name "{name}" instead')

    def tag_value(self, key: str, text: str, spot: Spot) -> str:
        """The canonical form of a tag's value; records an error where the registry knows none."""
        if key not in self.registry.keys:
            return text
        value = self.registry.canonical(key, text)
        if value is None:
            near = self.registry.nearest(key, text)
            hint = f' Did you mean "{shown(near)}"?' if near else " Use one of the registry's values."
            self._wrong(spot, f'"{shown(text)}" is no value of the key "{shown(key)}".{hint}')
        return value or text

    def _wrong(self, spot: Spot, message: str) -> Condition:
        self.errors.append(self.located.error(spot, message))
        return _NEVER

    def inherit_column(self, written: str, spot: Spot) -> str:
        """The column behind `inherit: <written>`; records an error where it is none that can be inherited from."""
        column = source_column(written)
        if column is None:
            known = (*SOURCES, *(f"{TAG}{key}" for key in self.registry.keys), *self._dimension_columns)
            self._wrong(spot, not_allowed(written, "source to inherit from", known))
            return written
        self._check_column(column, spot)
        return column

    @property
    def _dimension_columns(self) -> tuple[str, ...]:
        return tuple(f"{DIMENSION}{name}" for name in self.dimensions)

    def _entry(self, name: str, value: Any, spot: Spot) -> Condition:
        if name == "not":
            return Not(self.read(value, spot))
        if name in ("all", "any"):
            if not isinstance(value, list):
                return self._wrong(spot, f"`{name}` needs a list of conditions")
            parts = tuple(self.read(part, (*spot, i)) for i, part in enumerate(value))
            return All(parts) if name == "all" else AnyOf(parts)
        self._check_column(name, spot)
        if not isinstance(value, dict):
            return self._test(name, "equals", value, spot, self._folds(name))
        folds = self._folds(name)
        if _IGNORE_CASE in value:
            folds = self._yes(_IGNORE_CASE, value[_IGNORE_CASE], (*spot, _IGNORE_CASE)) or folds
        tests = {op: given for op, given in value.items() if op != _IGNORE_CASE}
        if not tests:
            return self._wrong(spot, f"a test is needed; allowed: {', '.join(OPERATORS)}")
        found = _all([self._test(name, str(op), given, (*spot, op), folds) for op, given in tests.items()])
        self._check_days(found, spot)
        return found

    def _folds(self, column: str) -> bool:
        return column == GROUP  # Azure itself does not tell resource groups apart by case

    def _check_column(self, name: str, spot: Spot) -> None:
        if name.startswith(TAG):
            self.tag_key(name.removeprefix(TAG), spot)
        elif name.startswith(DIMENSION):
            if name not in self._dimension_columns:
                dimension = name.removeprefix(DIMENSION)
                self._wrong(spot, not_allowed(dimension, "dimension", self.dimensions))
        elif name in ("Tags", "AllocatedTags"):
            self._wrong(spot, f"{name} is not compared as a whole; write `tag:<key>` for one key")
        elif is_money_or_time(name):
            self._wrong(
                spot,
                f"{name} holds no text; a rule looks at text columns (days: {DAY}; periods: `from`, `to_period`)",
            )
        elif name == OWNER:
            if not self.owner_known:
                self._wrong(spot, "the owner is what is worked out here; only a dimension can read it")
        elif name not in (*TEXT_COLUMNS, *PLACES, DAY):
            tags = (f"{TAG}{key}" for key in self.registry.keys)
            known = (*TEXT_COLUMNS, *PLACES, DAY, *tags, *self._dimension_columns, *_WORDS)
            self._wrong(spot, not_allowed(name, "column", known))

    def _test(self, column: str, op: str, given: Any, spot: Spot, folds: bool) -> Condition:
        allowed = _DAY_TESTS if column == DAY else OPERATORS
        if op not in allowed:
            return self._wrong(spot, not_allowed(op, "test", allowed))
        texts = given if isinstance(given, list) else [given]
        if not texts or not all(isinstance(t, str) for t in texts):
            return self._wrong(spot, f"`{shown(column)}` needs a text or a list of texts")
        if op in ("present", "absent"):
            there = self._yes(op, given, spot)
            return Compare(column, "present", ("true" if there == (op == "present") else "false",))
        if column == DAY:
            return self._day(op, texts, spot)
        if self._masked(column):
            return self._wrong(spot, self._masked(column))
        if op == "matches" and not self._are_patterns(texts, spot):
            return _NEVER
        if op in ("equals", "in"):
            texts, op = [self._meant(column, text, spot) for text in texts], "in"
        test = Compare(column, op, tuple(texts), folds)  # type: ignore[arg-type]
        why = never(test)
        return self._wrong(spot, why) if why else test

    def _meant(self, column: str, text: str, spot: Spot) -> str:
        if column.startswith(TAG):
            return self.tag_value(column.removeprefix(TAG), text, spot)
        if column == OWNER:
            return self.tag_value(self.registry.owner, text, spot)
        return text

    def _masked(self, column: str) -> str:
        """Why no value of the column can be compared with: what rules see of it is masked."""
        name = self.registry.owner if column == OWNER else column.removeprefix(TAG)
        key = self.registry.keys.get(name) if column == OWNER or column.startswith(TAG) else None
        if key is None or key.sensitivity not in _MASKED:
            return ""
        return f'values of the key "{shown(name)}" are {key.sensitivity} and masked, so no text ever fits; test it with `present` or `absent` only'

    def _day(self, op: str, texts: list[str], spot: Spot) -> Condition:
        for text in texts:
            if not is_day(text):
                return self._wrong(
                    spot, f'"{shown(text)}" is no day; write it as YYYY-MM-DD, such as 2026-10-05'
                )
        if op in ("from", "to") and len(texts) > 1:
            return self._wrong(spot, f"`{op}` needs one day")
        return Compare(DAY, op if op in ("from", "to") else "in", tuple(texts))  # type: ignore[arg-type]

    def _check_days(self, found: Condition, spot: Spot) -> None:
        ends = {p.operator: p.texts[0] for p in getattr(found, "of", ()) if isinstance(p, Compare)}
        if ends.get("from", "") > ends.get("to", "9999-99-99"):
            self._wrong((*spot, "to"), "`to` lies before `from`; swap the days")

    def _yes(self, op: str, given: Any, spot: Spot) -> bool:
        said = {"true": True, "yes": True, "false": False, "no": False}.get(str(_only(given)).lower())
        if said is None:
            self._wrong(spot, f"`{op}` is true or false")
        return bool(said)

    def _are_patterns(self, texts: list[str], spot: Spot) -> bool:
        before = len(self.errors)
        for text in texts:
            try:
                re.compile(text)
            except re.error as bad:
                self._wrong(spot, f'"{shown(text)}" is not a regular expression ({bad}); mend the pattern')
        return len(self.errors) == before


def _only(given: Any) -> Any:
    return given[0] if isinstance(given, list) and len(given) == 1 else given


def _all(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else All(tuple(parts))
