"""In which notation does a file write its days: 2023-09-02, 9/2/2023 or 2/9/2023?

Azure writes ISO or month/day/year. A spreadsheet in Europe turns the latter round, so a file is read as
day/month/year where its own days prove that. Decided once per file, from all its date columns together.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import duckdb

from connectors.bill.money_sql import instant_sql
from recon.errors import DeliveryRefused

_SLASHED = r"\d{1,2}/\d{1,2}/\d{4}( .*)?"
_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p")
MONTH_FIRST, DAY_FIRST = "%m/%d/%Y", "%d/%m/%Y"


def notation_of(
    con: duckdb.DuckDBPyConnection, path: str, relation: str, columns: Collection[str]
) -> tuple[str, bool]:
    """How `relation` writes days in its text `columns`: a strptime format, empty where all are ISO; and whether the
    file proves it. Raises `DeliveryRefused` for one that proves both."""
    if not columns:
        return "", True
    cells = " UNION ALL ".join(f'SELECT DISTINCT trim("{c}") AS cell FROM {relation}' for c in columns)
    parts = con.execute(
        "SELECT DISTINCT split_part(cell, '/', 1)::INTEGER, split_part(cell, '/', 2)::INTEGER "
        f"FROM ({cells}) WHERE regexp_full_match(cell, '{_SLASHED}')"
    ).fetchall()
    if not parts:
        return "", True
    month_first = any(first <= 12 < second <= 31 for first, second in parts)
    day_first = any(second <= 12 < first <= 31 for first, second in parts)
    if month_first and day_first:
        raise DeliveryRefused(
            path,
            "writes some days as month/day/year and others as day/month/year, so that 02/03/2021 could be either. "
            "Export it again, and don't save it with a spreadsheet.",
        )
    return (DAY_FIRST if day_first else MONTH_FIRST), month_first or day_first


def timestamp_sql(column: str, sql_type: str, notation: str) -> str:
    """A TIMESTAMP (UTC) expression over `column`; NULL where it can't be read, as two-digit years can't."""
    iso = f"make_timestamp({instant_sql(column, sql_type)})"
    if sql_type != "VARCHAR" or not notation:
        return iso
    formats = ", ".join(f"'{notation}{time}'" for time in _TIMES)
    slashed = f"CASE WHEN regexp_full_match(trim({column}), '{_SLASHED}') THEN try_strptime(trim({column}), [{formats}]) END"
    return f"CASE WHEN contains({column}, '/') THEN {slashed} ELSE {iso} END"


def spoken(notation: str) -> str:
    """The notation for people: month/day/year."""
    words = {"m": "month", "d": "day", "Y": "year"}
    return "/".join(words[w] for w in re.findall(r"%(\w)", notation))
