"""Do two files of one source deliver the same charges?

Re-deliveries and overlapping exports are the commonest cause of doubled cost. If more than half of a file's
lines, as a multiset and export metadata aside, stand in another file of the same provider, billing account
and period, loading stops for that period until the source says which files count. Files of one format are
compared line by line; files of two formats by what each resource costs on each day.
"""

from __future__ import annotations

import re
from itertools import combinations

import duckdb

from recon.frames import one
from recon.ingest.lines import Lines

_SAMPLE_ABOVE = 200_000
# how these are written differs between a CSV and a Parquet of one export; what they mean does not
_NUMBERS = re.compile(r"(?i)(cost|price|quantity|rate|amount|factor)$")
_NUMERIC = re.compile(r"(?i)^(DECIMAL|DOUBLE|FLOAT|U?(TINY|SMALL|BIG|HUGE)?INT)")
_NESTED = re.compile(r"(?i)(\[\]|^(MAP|STRUCT|JSON))")


def overlapping(
    con: duckdb.DuckDBPyConnection, files: dict[int, tuple[Lines, int]], where: dict[int, str]
) -> list[tuple[int, int]]:
    """Pairs of file numbers of which one stands more than half in the other.

    `files`: number → (lines, rows in this period); `where`: number → condition that selects the period.
    """
    if len(files) < 2:
        return []
    families: dict[str, dict[int, tuple[Lines, int]]] = {}
    for number, found in files.items():
        families.setdefault(_family(found[0]), {})[number] = found
    alike: list[tuple[int, int]] = []
    for family in families.values():
        if len(family) > 1:
            _hash_lines(con, family, where)
            alike += [pair for pair in combinations(sorted(family), 2) if _more_than_half(con, *pair)]
    if len(families) > 1:
        for number, (lines, _) in files.items():
            _hash_days(con, number, lines, where[number])
        alike += [
            pair
            for pair in combinations(sorted(files), 2)
            if _family(files[pair[0]][0]) != _family(files[pair[1]][0]) and _more_than_half(con, *pair)
        ]
    for number in files:
        con.execute(f"DROP TABLE IF EXISTS overlap_{number}")
    return sorted(alike)


def _family(lines: Lines) -> str:
    """Files of one family have the same columns, more or less: versions of FOCUS, CUR and CUR 2.0."""
    return lines.format.partition(" ")[0]


def _hash_lines(
    con: duckdb.DuckDBPyConnection, files: dict[int, tuple[Lines, int]], where: dict[int, str]
) -> None:
    """Temp tables `overlap_<number>`: h, and how many lines of the file have it."""
    columns = sorted(set.intersection(*(set(lines.line_columns) for lines, _ in files.values())))
    types = {
        number: {r[0]: str(r[1]) for r in con.execute(f"DESCRIBE SELECT * FROM {lines.raw}").fetchall()}
        for number, (lines, _) in files.items()
    }
    kinds = {c: {types[number].get(c, "VARCHAR") for number in files} for c in columns}
    every = 16 if max(rows for _, rows in files.values()) > _SAMPLE_ABOVE else 1
    for number, (lines, _) in files.items():
        listed = ", ".join(
            _compared(lines, c, kinds[c]) for c in columns if len(kinds[c]) == 1 or not _is_nested(kinds[c])
        )
        keep = f" AND hash({lines.resource}, ChargePeriodStart::VARCHAR) % {every} = 0" if every > 1 else ""
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE overlap_{number} AS SELECT h, count(*) AS n FROM ("
            f"SELECT hash({listed}) AS h FROM {lines.raw} WHERE {where[number]}{keep}) GROUP BY h"
        )


def _hash_days(con: duckdb.DuckDBPyConnection, number: int, lines: Lines, where: str) -> None:
    """Temp table `overlap_<number>`: what each resource costs on each day, whatever lines make it up."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE overlap_{number} AS SELECT hash(day, resource, round(billed, 6)) AS h, count(*) AS n FROM ("
        f"SELECT {lines.day} AS day, lower(coalesce({lines.resource}, '')) AS resource, sum({lines.billed}) AS billed "
        f"FROM {lines.raw} WHERE {where} GROUP BY ALL HAVING sum({lines.billed}) <> 0) GROUP BY h"
    )


def _is_nested(kinds: set[str]) -> bool:
    return any(_NESTED.search(kind) for kind in kinds)


def _compared(lines: Lines, column: str, kinds: set[str]) -> str:
    """Money is compared as exact amounts (1 and 1.00 are one amount), other numbers and instants as what they
    mean, all else as text. `kinds`: the column's types in the files that are compared."""
    if column == "BilledCost":
        return lines.billed
    if column == "EffectiveCost" and lines.has_effective:
        return lines.effective
    quoted = '"' + column.replace('"', '""') + '"'
    if _NUMBERS.search(column) or any(_NUMERIC.match(kind) for kind in kinds):
        return f"coalesce(try_cast({quoted}::VARCHAR AS DOUBLE)::VARCHAR, cell({quoted}::VARCHAR))"
    if len(kinds) > 1 and any(kind.startswith(("TIMESTAMP", "DATE")) for kind in kinds):
        return (
            f"coalesce(epoch_us(try_cast({quoted}::VARCHAR AS TIMESTAMP))::VARCHAR, cell({quoted}::VARCHAR))"
        )
    return f"cell({quoted}::VARCHAR)"


def _more_than_half(con: duckdb.DuckDBPyConnection, left: int, right: int) -> bool:
    row = one(
        con,
        f"SELECT (SELECT coalesce(sum(least(a.n, b.n)), 0) FROM overlap_{left} a JOIN overlap_{right} b USING (h)), "
        f"(SELECT coalesce(sum(n), 0) FROM overlap_{left}), (SELECT coalesce(sum(n), 0) FROM overlap_{right})",
    )
    assert row is not None  # an aggregate without GROUP BY always gives a row
    shared, first, second = (int(v) for v in row)
    return shared * 2 > min(first, second) > 0
