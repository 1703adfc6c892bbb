"""Does a charge meet a condition? A small tree over text columns, resolved tags, places, days and dimensions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Row = Mapping[str, str | None]
"""Column (or `tag:<key>`: the resolved canonical value) → text; None where the charge has none."""

Operator = Literal["in", "prefix", "suffix", "contains", "matches", "present", "from", "to"]
OPERATORS = ("equals", "in", "prefix", "suffix", "contains", "matches", "present", "absent")


@dataclass(frozen=True)
class Compare:
    """One column against texts, of which one must fit. `present` has "true" or "false" as its text;
    `matches` a regular expression for the whole value; `from` and `to` a day, itself included; comparison is by
    exact text, or without regard to case. Null meets only `present: false`."""

    column: str
    operator: Operator
    texts: tuple[str, ...]
    ignore_case: bool = False

    def holds(self, row: Row) -> bool:
        return self.meets(row.get(self.column))

    def meets(self, value: str | None) -> bool:
        """Whether a value of the column fits."""
        if self.operator == "present":
            return (value is not None) == (self.texts == ("true",))
        if value is None:
            return False
        if self.operator == "matches":
            flags = re.IGNORECASE if self.ignore_case else re.NOFLAG
            return any(re.fullmatch(text, value, flags) for text in self.texts)
        if self.ignore_case:
            value = value.casefold()
            return any(_fits(self.operator, value, text.casefold()) for text in self.texts)
        return any(_fits(self.operator, value, text) for text in self.texts)

    def columns(self) -> Iterator[str]:
        yield self.column


@dataclass(frozen=True)
class All:
    """Every part holds; of no parts: always."""

    of: tuple[Condition, ...]

    def holds(self, row: Row) -> bool:
        return all(part.holds(row) for part in self.of)

    def columns(self) -> Iterator[str]:
        for part in self.of:
            yield from part.columns()


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds; of no parts: never."""

    of: tuple[Condition, ...]

    def holds(self, row: Row) -> bool:
        return any(part.holds(row) for part in self.of)

    def columns(self) -> Iterator[str]:
        for part in self.of:
            yield from part.columns()


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    of: Condition

    def holds(self, row: Row) -> bool:
        return not self.of.holds(row)

    def columns(self) -> Iterator[str]:
        yield from self.of.columns()


Condition = Compare | All | AnyOf | Not


def _fits(operator: Operator, value: str, text: str) -> bool:
    if operator == "in":
        return value == text
    if operator == "prefix":
        return value.startswith(text)
    if operator == "suffix":
        return value.endswith(text)
    if operator == "contains":
        return text in value
    return value >= text if operator == "from" else value <= text
