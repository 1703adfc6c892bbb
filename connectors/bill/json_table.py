"""How are newline-delimited JSON objects read once, with the lines that are no objects kept aside?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from connectors.bill.sniff import Sniffed
from recon.errors import DeliveryRefused

_MAX_LINE = 24 << 20
_IMPOSSIBLE = "\x1e"  # the record separator, which JSON text never holds unescaped: each line is one cell


def load_jsonl(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, kind: Sniffed, keys: Mapping[str, str]
) -> tuple[str, list[tuple[int, str, str]]]:
    """A temp table with one JSON column per entry of `keys` (column → top-level key), plus `x_row`; and the
    rows that are not JSON objects. A plain file whose last line is broken was cut off: it is refused."""
    quoted, table = str(path).replace("'", "''"), f'"{name}_json"'
    # json_type stops at the first line that is no JSON: it must not be reached there
    lines = (
        "SELECT line, CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END AS whole, "
        f"row_number() OVER () AS x_row FROM read_csv('{quoted}', columns = {{'line': 'VARCHAR'}}, "
        f"auto_detect = false, hive_partitioning = false, header = false, delim = '{_IMPOSSIBLE}', quote = '', escape = '', "
        f"compression = '{'gzip' if kind.gzipped else 'none'}', max_line_size = {_MAX_LINE}, buffer_size = {_MAX_LINE * 2})"
    )
    picked = "".join(f"line::JSON -> '{_pointer(key)}' AS {column}, " for column, key in keys.items())
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE lines_of_json AS {lines}")
        bad = con.execute("SELECT x_row, line FROM lines_of_json WHERE NOT whole ORDER BY x_row").fetchall()
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {picked}x_row FROM lines_of_json WHERE whole"
        )
        con.execute("DROP TABLE lines_of_json")
    except duckdb.Error as error:
        raise DeliveryRefused(
            str(path), f"can't be read as JSON lines: {str(error).splitlines()[0][:200]}"
        ) from error
    rejected = [
        (int(row), "line is not a JSON object", str(text)) for row, text in bad if str(text or "").strip()
    ]
    if rejected and not kind.ends_in_newline and not _more_after(con, table, rejected[-1][0]):
        raise DeliveryRefused(str(path), f"is cut off: its last line ({rejected[-1][0]}) is not whole")
    return table, rejected


def _more_after(con: duckdb.DuckDBPyConnection, table: str, row: int) -> bool:
    return bool(con.execute(f"SELECT count(*) FROM {table} WHERE x_row > {row}").fetchall()[0][0])


def _pointer(key: str) -> str:
    """A JSON pointer to a top-level key, quoted for SQL."""
    return "/" + key.replace("~", "~0").replace("/", "~1").replace("'", "''")
