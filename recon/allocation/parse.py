"""What does a written `when:` mean? Plain data → Condition, with every mistake at its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from recon.allocation.columns import TEXT_COLUMNS, is_money_or_time
from recon.allocation.condition import OPERATORS, All, AnyOf, Compare, Condition, Not, Operator
from recon.errors import InputError
from recon.focus import CLASSES
from recon.hostile import shown
from recon.yaml_file import Located, Spot, not_allowed

_NEVER = AnyOf(())  # stands for what could not be read; an error is recorded with it
_WORDS = ("all", "any", "not")


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
    """Reads the conditions of one file and collects what is wrong with them in `errors`."""

    located: Located
    registry: TagRegistry
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
            return self._test(name, "equals", value, spot)
        if not value:
            return self._wrong(spot, f"a test is needed; allowed: {', '.join(OPERATORS)}")
        return _all([self._test(name, str(op), given, (*spot, op)) for op, given in value.items()])

    def _check_column(self, name: str, spot: Spot) -> None:
        if name.startswith("tag:"):
            self.tag_key(name.removeprefix("tag:"), spot)
        elif name in ("Tags", "AllocatedTags"):
            self._wrong(spot, f"{name} is not compared as a whole; write `tag:<key>` for one key")
        elif is_money_or_time(name):
            self._wrong(
                spot, f"{name} holds no text; a rule looks at text columns (periods: `from`, `to_period`)"
            )
        elif name not in TEXT_COLUMNS:
            tags = (f"tag:{key}" for key in self.registry.keys)
            self._wrong(spot, not_allowed(name, "column", (*TEXT_COLUMNS, *tags, *_WORDS)))

    def _test(self, column: str, op: str, given: Any, spot: Spot) -> Condition:
        if op not in OPERATORS:
            return self._wrong(spot, not_allowed(op, "test", OPERATORS))
        texts = given if isinstance(given, list) else [given]
        if not texts or not all(isinstance(t, str) for t in texts):
            return self._wrong(spot, f"`{shown(column)}` needs a text or a list of texts")
        if op == "present":
            return self._present(column, texts, spot)
        if op == "matches":
            self._check_patterns(texts, spot)
        if op in ("equals", "in"):
            texts = [self._meant(column, text, spot) for text in texts]
            return Compare(column, "in", tuple(texts))
        return Compare(column, _operator(op), tuple(texts))

    def _meant(self, column: str, text: str, spot: Spot) -> str:
        if column.startswith("tag:"):
            return self.tag_value(column.removeprefix("tag:"), text, spot)
        if column == "x_Class" and text not in CLASSES:
            self._wrong(spot, not_allowed(text, "charge class", CLASSES))
        return text

    def _present(self, column: str, texts: list[str], spot: Spot) -> Condition:
        said = {"true": "true", "yes": "true", "false": "false", "no": "false"}.get(texts[0].lower())
        if said is None or len(texts) > 1:
            return self._wrong(spot, "`present` is true or false")
        return Compare(column, "present", (said,))

    def _check_patterns(self, texts: list[str], spot: Spot) -> None:
        for text in texts:
            try:
                re.compile(text)
            except re.error as bad:
                self._wrong(spot, f'"{shown(text)}" is not a regular expression ({bad}); mend the pattern')


def _operator(op: str) -> Operator:
    found: Operator = {"prefix": "prefix", "suffix": "suffix", "contains": "contains", "matches": "matches"}[
        op
    ]  # type: ignore[assignment]
    return found


def _all(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else All(tuple(parts))
