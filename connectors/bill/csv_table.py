"""How is a CSV file parsed once, all columns as text, with the rows that don't fit kept aside?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb

from connectors.bill.csv_copy import copied, parsed
from connectors.bill.sniff import Sniffed
from recon.errors import DeliveryRefused
from recon.frames import one


def load_csv(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    kind: Sniffed,
    wanted: Collection[str] | None = None,
    spool: Path | None = None,
) -> tuple[str, list[tuple[int, str, str]]]:
    """A relation of the file's `wanted` columns (None: all) as text, the n-th of the file as `c<n>`, plus
    `x_row`; and its rejected rows. It rests on files in `spool`, or on a temp table where that is not given.

    A rejected row is (row number, reason, text). A plain file whose last line is rejected and has no line
    end was cut off while it was written: it is refused as a whole, for a part of it may be missing.
    """
    header = csv_columns(path, kind)
    kept = [f"c{n}" for n, h in enumerate(header) if wanted is None or h in wanted]
    if spool is not None and kept and (relation := copied(con, path, kept, kind, spool)):
        return relation, []
    table = f'"{name}_csv"'
    return table, _load_whole(con, path, table, kept, kind)


def _load_whole(
    con: duckdb.DuckDBPyConnection, path: Path, table: str, kept: Sequence[str], kind: Sniffed
) -> list[tuple[int, str, str]]:
    """Load the file in one go into a temp table; returns the rejected rows."""
    con.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    records = parsed(path, kind, "gzip" if kind.gzipped else "none", rejects=True)
    query = (
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {', '.join((*kept, ''))}row_number() OVER () AS x_row "
        f"FROM {records}"
    )
    try:
        con.execute(query)
        rejects = con.execute(
            "SELECT line, any_value(error_message), any_value(csv_line) FROM reject_errors GROUP BY line ORDER BY line"
        ).fetchall()
    except duckdb.Error as error:
        raise DeliveryRefused(
            str(path), f"can't be read as CSV: {str(error).splitlines()[0][:200]}"
        ) from error
    _whole(con, path, table, kind, rejects)
    found = [
        (int(line) - 1, f"row does not fit the header: {message}", text) for line, message, text in rejects
    ]
    _renumber(con, table, [row for row, _, _ in found])
    return found


def csv_columns(path: Path, kind: Sniffed) -> list[str]:
    """The header's names, blanks around them gone. Refuses a file that uses one name twice."""
    header = [h.strip() for h in kind.header]
    twice = sorted({h for h in header if header.count(h) > 1})
    if twice:
        raise DeliveryRefused(str(path), f"names a column twice: {', '.join(twice)}")
    return header


def _renumber(con: duckdb.DuckDBPyConnection, table: str, rejected: list[int]) -> None:
    """Make `x_row` count the rejected rows too, so that a quarantined row is found where the file has it."""
    if rejected:
        # the n-th rejected row pushes on every accepted row that was counted at or after its place
        places = ", ".join(f"({row - n})" for n, row in enumerate(sorted(rejected)))
        counted = f"(SELECT count(*) FROM (VALUES {places}) AS rejected(place) WHERE place <= x_row)"
        con.execute(f"UPDATE {table} SET x_row = x_row + {counted}")


def _whole(
    con: duckdb.DuckDBPyConnection, path: Path, table: str, kind: Sniffed, rejects: list[tuple[int, str, str]]
) -> None:
    """Refuse a file of which a part may be missing: nothing may be lost without a word."""
    row = one(con, f"SELECT count(*) FROM {table}")
    rows = int(row[0]) if row else 0
    for line, message, _ in rejects:
        if "unterminated quote" in message:
            raise DeliveryRefused(
                str(path), f"line {line} opens a quote that is never closed; the rest can't be read"
            )
    if rejects and not kind.ends_in_newline and rejects[-1][0] >= rows + len(rejects) + 1:
        raise DeliveryRefused(str(path), f"is cut off: its last line ({rejects[-1][0]}) is not whole")
    if not rows and not rejects and kind.has_rows:
        raise DeliveryRefused(str(path), "has lines after its header, but none could be parsed as CSV")
