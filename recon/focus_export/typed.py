"""How does a raw column, of whatever type the bill's reader gave it, become a FOCUS column of the right type?

Money and unit prices are DECIMAL(38,24). Quantities are DECIMAL(38,12): a petabyte metered in byte-seconds has
21 digits before the point. Instants are TIMESTAMP in UTC, JSON is text. A binary double becomes its shortest
round-trip decimal. Blank text is null. BilledCost and EffectiveCost that can't be read stop the export; another
number or instant that can't be read becomes null, and x_Replaced keeps its text.
"""

from __future__ import annotations

from recon.focus_export.model import Column
from recon.focus_export.words import name
from recon.money import SQL_TYPE

SQL_TYPES = {
    "string": "VARCHAR",
    "money": SQL_TYPE,
    "quantity": "DECIMAL(38,12)",
    "time": "TIMESTAMP",
    "json": "VARCHAR",
}
_MUST_READ = frozenset({"BilledCost", "EffectiveCost"})
_NESTED = ("MAP", "STRUCT", "JSON")
_OFFSET = r":\d\d(\.\d+)?\s*(Z|[+-]\d\d(:?\d\d)?)$"  # a time of day, then a zone: 12:00:00+02:00


def typed(column: Column, raw_type: str | None) -> str:
    """The SQL that reads `column` from a relation where its type is `raw_type` (None: it has no such column)."""
    kept = SQL_TYPES[column.type]
    if raw_type is None:
        return f"CAST(NULL AS {kept})"
    raw, found = name(column.name), raw_type.upper()
    if column.type in ("money", "quantity"):
        return _number(raw, found, kept, "CAST" if column.name in _MUST_READ else "TRY_CAST")
    if column.type == "time":
        return _instant(raw, found)
    if found.startswith(_NESTED) or found.endswith("]"):
        return f"CAST(to_json({raw}) AS VARCHAR)"
    return _unblank(f"CAST({raw} AS VARCHAR)")


def source_text(column: Column, raw_type: str | None) -> str:
    """What the bill said, as text for x_Replaced; null where it said nothing."""
    if raw_type is None:
        return "CAST(NULL AS VARCHAR)"
    if column.type == "json":
        return typed(column, raw_type)
    if column.type == "string" or raw_type.upper() == "VARCHAR":
        return _unblank(f"CAST({name(column.name)} AS VARCHAR)")
    return f"CAST({name(column.name)} AS VARCHAR)"


def _number(raw: str, found: str, kept: str, cast: str) -> str:
    if found.startswith("DECIMAL") or found.endswith(("INT", "INTEGER")):
        return f"{cast}({raw} AS {kept})"
    return f"{cast}({_unblank(f'CAST({raw} AS VARCHAR)')} AS {kept})"


def _instant(raw: str, found: str) -> str:
    if found in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"):
        return f"timezone('UTC', {raw})"
    if found.startswith("TIMESTAMP") or found == "DATE":
        return f"CAST({raw} AS TIMESTAMP)"
    words = f"trim(CAST({raw} AS VARCHAR))"
    zoned = f"timezone('UTC', TRY_CAST({words} AS TIMESTAMPTZ))"
    return (
        f"CASE WHEN regexp_matches({words}, '{_OFFSET}') THEN {zoned} ELSE TRY_CAST({words} AS TIMESTAMP) END"
    )


def _unblank(sql: str) -> str:
    return f"CASE WHEN trim({sql}) = '' THEN NULL ELSE {sql} END"
