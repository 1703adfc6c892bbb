"""How is a CSV file parsed once, all columns as text, with the rows that don't fit kept aside?"""

from __future__ import annotations

from pathlib import Path

import duckdb

from connectors.focus.sniff import Sniffed
from recon.errors import DeliveryRefused
from recon.frames import one

_MAX_LINE = 24 << 20  # a tag may be ten megabytes long, and JSON in CSV doubles its quotes


def load_csv(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, kind: Sniffed
) -> tuple[str, dict[str, str], list[tuple[int, str, str]]]:
    """A temp table of the file's rows as text plus `x_row`; its columns and types; rejected rows.

    A rejected row is (row number, reason, text). A plain file whose last line is rejected and has no line
    end was cut off while it was written: it is refused as a whole, for a part of it may be missing.
    """
    header = [h.strip() for h in kind.header]
    folded = [h.lower() for h in header]
    if len(set(folded)) < len(folded):
        twice = sorted({h for h in header if folded.count(h.lower()) > 1})
        raise DeliveryRefused(str(path), f"names a column twice: {', '.join(twice)}")
    columns = ", ".join(f"'{h.replace(chr(39), chr(39) * 2)}': 'VARCHAR'" for h in header)
    quoted = str(path).replace("'", "''")
    table = f'"{name}_csv"'
    con.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    query = (
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT *, row_number() OVER () AS x_row FROM read_csv("
        f"'{quoted}', columns = {{{columns}}}, auto_detect = false, header = true, delim = ',', quote = '\"', "
        f"escape = '\"', compression = '{'gzip' if kind.gzipped else 'none'}', store_rejects = true, "
        f"max_line_size = {_MAX_LINE}, buffer_size = {_MAX_LINE * 2}, strict_mode = true, null_padding = false)"
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
    return table, dict.fromkeys(header, "VARCHAR"), found


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
