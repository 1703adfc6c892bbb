"""Do two files of one source deliver the same charges?

Re-deliveries and overlapping exports are the commonest cause of doubled cost. If more than half of a file's
lines, as a multiset and export metadata aside, stand in another file of the same provider, billing account
and period, loading stops for that period until the source says which files count.
"""

from __future__ import annotations

from itertools import combinations

import duckdb

from recon.frames import one
from recon.ingest.lines import Lines

_SAMPLE_ABOVE = 200_000


def overlapping(
    con: duckdb.DuckDBPyConnection, files: dict[int, tuple[Lines, int]], where: dict[int, str]
) -> list[tuple[int, int]]:
    """Pairs of file numbers of which one stands more than half in the other.

    `files`: number → (lines, rows in this period); `where`: number → condition that selects the period.
    """
    if len(files) < 2:
        return []
    columns = sorted(set.intersection(*(set(lines.line_columns) for lines, _ in files.values())))
    every = 16 if max(rows for _, rows in files.values()) > _SAMPLE_ABOVE else 1
    for number, (lines, _) in files.items():
        listed = ", ".join(_compared(lines, c) for c in columns)
        keep = f" AND hash({lines.resource}, ChargePeriodStart) % {every} = 0" if every > 1 else ""
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE overlap_{number} AS SELECT h, count(*) AS n FROM ("
            f"SELECT hash({listed}) AS h FROM {lines.raw} WHERE {where[number]}{keep}) GROUP BY h"
        )
    found = [pair for pair in combinations(sorted(files), 2) if _more_than_half(con, *pair)]
    for number in files:
        con.execute(f"DROP TABLE overlap_{number}")
    return found


def _compared(lines: Lines, column: str) -> str:
    """Money is compared as exact amounts (1 and 1.00 are one amount), all else as text."""
    if column == "BilledCost":
        return lines.billed
    if column == "EffectiveCost" and lines.has_effective:
        return lines.effective
    return f"cell({column}::VARCHAR)"


def _more_than_half(con: duckdb.DuckDBPyConnection, left: int, right: int) -> bool:
    row = one(
        con,
        f"SELECT (SELECT coalesce(sum(least(a.n, b.n)), 0) FROM overlap_{left} a JOIN overlap_{right} b USING (h)), "
        f"(SELECT coalesce(sum(n), 0) FROM overlap_{left}), (SELECT coalesce(sum(n), 0) FROM overlap_{right})",
    )
    assert row is not None  # an aggregate without GROUP BY always gives a row
    shared, first, second = (int(v) for v in row)
    return shared * 2 > min(first, second) > 0
