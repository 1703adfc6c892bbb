"""How do FOCUS rows become one file, proved to hold what the bill held?

The file is written beside its place under a temporary name, read again, compared with the relations to the
last digit, and only then renamed. A FOCUS file is data for machines: no value is altered, so a text cell may
begin with =, +, - or @. Don't open one in a spreadsheet; `tagrecon export csv` is made for people.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import duckdb

from recon.errors import InputError, OurBug
from recon.focus_export.conform import focus_select
from recon.focus_export.model import columns_of
from recon.focus_export.words import name, text
from recon.money import SQL_TYPE

Format = Literal["csv", "parquet"]


@dataclass(frozen=True)
class Part:
    """One relation of bill lines (one source file, say): its name, and its columns with their DuckDB types."""

    relation: str
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Total:
    """Rows and exact sums of one currency; currencies are never added together."""

    currency: str | None
    rows: int
    BilledCost: Decimal
    EffectiveCost: Decimal


@dataclass(frozen=True)
class Written:
    """What stands in the file: rows, sums by BillingCurrency (sorted), and the release's columns without any value.

    `allocated`: what was replaced by allocated charges, where that was asked for."""

    path: Path
    version: str
    rows: int
    totals: tuple[Total, ...]
    left_null: tuple[str, ...]
    allocated: Allocated | None = None


@dataclass(frozen=True)
class Allocated:
    """How many bill lines were replaced, by how many allocated charges; the billing periods, among those that are
    written, in which something is closed."""

    lines: int
    charges: int
    closed: tuple[str, ...] = ()


def write_focus(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Mapping[str, str],
    out: Path,
    version: str = "1.2",
    format: Format = "csv",
) -> Written:
    """Writes one relation of bill lines as one FOCUS file; see `write_parts`."""
    return write_parts(con, [Part(relation, columns)], out, version, format)


def write_parts(
    con: duckdb.DuckDBPyConnection,
    parts: Sequence[Part],
    out: Path,
    version: str = "1.2",
    format: Format = "csv",
    reshape: Callable[[str], str] | None = None,
    check: Callable[[Path], None] | None = None,
) -> Written:
    """Writes all parts, in their order, into the one file `out` (replaced as a whole, or not at all).

    Columns: those of the release, then every `x_` column that any part has. CSV: UTF-8, header, null as an empty
    cell, instants `YYYY-MM-DDTHH:mm:ssZ`, decimals without exponent, JSON as text. Parquet: instants as UTC
    timestamps, costs and prices DECIMAL(38,24), quantities DECIMAL(38,12), JSON as text.
    `reshape`: given the SELECT of the FOCUS rows, the SELECT of what is written for them, of the same sums. `check`:
    asked about the written file before it is published.
    InputError for no parts or an unknown release; OurBug where the file does not hold what the parts held.
    """
    if not parts:
        raise InputError("there is no bill line to export; load a period first (tagrecon run)")
    rows = "\nUNION ALL BY NAME\n".join(
        f"({_rows(list(alike), version)})" for _, alike in groupby(parts, _shape)
    )
    rows = reshape(rows) if reshape else rows
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f".{out.name}.new")
    try:
        _copy(con, rows, fresh, format)
        written = _read_again(con, fresh, out, version, format)
        _prove(written.totals, _source_totals(con, parts), out, rows_too=reshape is None)
        if check:
            check(fresh)
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
    _sync(out.parent)
    return written


def _shape(part: Part) -> list[tuple[str, str]]:
    return list(part.columns.items())


def _rows(alike: Sequence[Part], version: str) -> str:
    """One SELECT over neighbours of one shape: the rules are planned once, not once per file."""
    columns = ", ".join(name(column) for column in alike[0].columns)
    raw = " UNION ALL ".join(f"SELECT {columns} FROM {name(part.relation)}" for part in alike)
    return focus_select(alike[0].columns, version).replace("{raw}", f"({raw})")


def _copy(con: duckdb.DuckDBPyConnection, rows: str, path: Path, format: Format) -> None:
    options = "FORMAT csv, HEADER" if format == "csv" else "FORMAT parquet, COMPRESSION zstd"
    body = _as_text(con, rows) if format == "csv" else rows
    con.execute(f"COPY ({body}) TO {text(str(path))} ({options})")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _as_text(con: duckdb.DuckDBPyConnection, rows: str) -> str:
    described = con.execute(f"DESCRIBE {rows}").fetchall()
    return f"SELECT {', '.join(_cell(column, kind) for column, kind, *_ in described)} FROM ({rows})"


def _cell(column: str, kind: str) -> str:
    quoted = name(column)
    if kind.startswith("DECIMAL"):
        plain = f"rtrim(rtrim(CAST({quoted} AS VARCHAR), '0'), '.')" if not kind.endswith(",0)") else quoted
        return f"{plain} AS {quoted}"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(timezone('UTC', {quoted}), '%Y-%m-%dT%H:%M:%SZ') AS {quoted}"
    return quoted


def _read_again(
    con: duckdb.DuckDBPyConnection, path: Path, out: Path, version: str, format: Format
) -> Written:
    """The file's own totals, and which columns have no value in it."""
    reader = "read_csv" if format == "csv" else "read_parquet"
    options = (
        ", header=true, all_varchar=true, quote='\"', escape='\"', delim=',', strict_mode=true"
        if format == "csv"
        else ""
    )
    source = f"{reader}({text(str(path))}{options})"
    totals = _totals(con, source)
    names = [c.name for c in columns_of(version)]
    counted = con.execute(f"SELECT {', '.join(f'count({n})' for n in names)} FROM {source}").fetchone()
    filled: tuple[Any, ...] = counted or ()
    empty = tuple(n for n, count in zip(names, filled, strict=True) if not count)
    return Written(out, version, sum(t.rows for t in totals), totals, empty)


def _source_totals(con: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> tuple[Total, ...]:
    """Sums of the parts as they came, by a way of their own: not through the rules."""
    every = "\nUNION ALL\n".join(_money(part) for part in parts)
    return _totals(con, f"({every})")


def _money(part: Part) -> str:
    known = {c.lower() for c in part.columns}
    currency = "nullif(trim(CAST(BillingCurrency AS VARCHAR)), '')" if "billingcurrency" in known else "NULL"
    billed = _exact("BilledCost")
    effective = f"coalesce({_exact('EffectiveCost')}, {billed})" if "effectivecost" in known else billed
    return (
        f"SELECT {currency} AS BillingCurrency, {billed} AS BilledCost, {effective} AS EffectiveCost"
        f" FROM {name(part.relation)}"
    )


def _exact(column: str) -> str:
    return f"CAST(nullif(trim(CAST({column} AS VARCHAR)), '') AS {SQL_TYPE})"


def _totals(con: duckdb.DuckDBPyConnection, source: str) -> tuple[Total, ...]:
    billed, effective = (
        f"coalesce(sum(CAST({c} AS {SQL_TYPE})), 0)" for c in ("BilledCost", "EffectiveCost")
    )
    found = con.execute(
        f"SELECT BillingCurrency, count(*), {billed}, {effective} FROM {source} GROUP BY 1 ORDER BY 1 NULLS LAST"
    ).fetchall()
    return tuple(Total(*row) for row in found)


def _prove(written: tuple[Total, ...], source: tuple[Total, ...], out: Path, *, rows_too: bool) -> None:
    if not rows_too:
        written, source = (tuple(replace(t, rows=0) for t in totals) for totals in (written, source))
    if written != source:
        raise OurBug(f"{out}: the file does not hold what the bill held; file {written}, bill {source}")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
