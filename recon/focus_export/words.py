"""Which small pieces of SQL do the rules and the writer share?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def name(column: str) -> str:
    """A column's name, quoted."""
    return '"' + column.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def folded(sql: str) -> str:
    """Text as closed lists and service names are compared: lower case, letters and digits only."""
    return f"regexp_replace(lower({sql}), '[^a-z0-9]', '', 'g')"


def fold(value: str) -> str:
    """The same folding in Python, for the keys of a lookup."""
    return "".join(c for c in value.lower() if c in "abcdefghijklmnopqrstuvwxyz0123456789")


def looked_up(key: str, table: Mapping[str, str]) -> str:
    """The value that `table` (folded key → value) has for the SQL text `key`, NULL where it has none."""
    keys, values = (_array(side) for side in (table, table.values()))
    return f"map({keys}, {values})[{folded(key)}]"


def _array(values: Iterable[str]) -> str:
    return "[" + ", ".join(text(v) for v in values) + "]"
