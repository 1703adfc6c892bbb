"""How are JSON objects, one a line or in one array, read once, with what is no object kept aside?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from connectors.bill.sniff import Sniffed
from connectors.bill.sql_text import sql_path
from recon.errors import DeliveryRefused

_MAX_LINE = 24 << 20
_IMPOSSIBLE = "\x1e"  # the record separator, which JSON text never holds unescaped: each line is one cell
# DuckDB's JSON reads a number as a binary double, which has 17 digits at most
_LONG_NUMBER = r"[:\[,]\s*-?[0-9][0-9.]{17}"
_TEXT_OR_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]{17,}', re.DOTALL)
_BATCH = 1000


def load_jsonl(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, kind: Sniffed, keys: Mapping[str, str]
) -> tuple[str, list[tuple[int, str, str]]]:
    """A temp table with one JSON column per entry of `keys` (column → top-level key), plus `x_row`; and the
    rows that are not JSON objects. Numbers of more digits than a double has become text, so that none is lost. A plain
    file whose last line is broken was cut off: it is refused, as is an array that is not whole."""
    table = f'"{name}_json"'
    # json_type stops at the first line that is no JSON: it must not be reached there
    lines = (
        "SELECT line, CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END AS whole, "
        f"row_number() OVER () AS x_row FROM {_records(path, kind)}"
    )
    picked = "".join(f"line::JSON -> '{_pointer(key)}' AS {column}, " for column, key in keys.items())
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE lines_of_json AS {lines}")
        bad = con.execute("SELECT x_row, line FROM lines_of_json WHERE NOT whole ORDER BY x_row").fetchall()
        _quote_long_numbers(con)
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {picked}x_row FROM lines_of_json WHERE whole"
        )
        con.execute("DROP TABLE lines_of_json")
    except duckdb.Error as error:
        raise DeliveryRefused(
            str(path), f"can't be read as JSON: {str(error).splitlines()[0][:200]}"
        ) from error
    rejected = [
        (int(row), "line is not a JSON object", str(text)) for row, text in bad if str(text or "").strip()
    ]
    if rejected and not kind.ends_in_newline and not _more_after(con, table, rejected[-1][0]):
        raise DeliveryRefused(str(path), f"is cut off: its last line ({rejected[-1][0]}) is not whole")
    return table, rejected


def keys_of(con: duckdb.DuckDBPyConnection, path: Path, kind: Sniffed) -> tuple[str, ...]:
    """Every key that an object of the file has, sorted. A pass over the file: writers leave out what is null, so that
    a key may come first in the last line. Raises `DeliveryRefused`."""
    objects = f"SELECT line FROM {_records(path, kind)} WHERE CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' END"
    try:
        found = con.execute(
            f"SELECT DISTINCT unnest(json_keys(line)) AS key FROM ({objects}) ORDER BY key"
        ).fetchall()
    except duckdb.Error as error:
        raise DeliveryRefused(
            str(path), f"can't be read as JSON: {str(error).splitlines()[0][:200]}"
        ) from error
    return tuple(str(key) for (key,) in found)


def _records(path: Path, kind: Sniffed) -> str:
    """SQL: the file's lines, or its array's items, as text in the column `line`."""
    packed = f"compression = '{'gzip' if kind.gzipped else 'none'}'"
    if kind.in_array:
        return (
            f"(SELECT json::VARCHAR AS line FROM read_json_objects({sql_path(path)}, format = 'array', {packed}, "
            f"hive_partitioning = false, maximum_object_size = {_MAX_LINE}))"
        )
    return (
        f"read_csv({sql_path(path)}, columns = {{'line': 'VARCHAR'}}, auto_detect = false, hive_partitioning = false, "
        f"header = false, delim = '{_IMPOSSIBLE}', quote = '', escape = '', {packed}, "
        f"max_line_size = {_MAX_LINE}, buffer_size = {_MAX_LINE * 2})"
    )


def _quote_long_numbers(con: duckdb.DuckDBPyConnection) -> None:
    """Make text of the numbers in lines_of_json that a double can't hold; they are few, as a rule."""
    con.execute("CREATE OR REPLACE TEMP TABLE long_numbers (x_row BIGINT, line VARCHAR)")
    rows = con.execute(
        f"SELECT x_row FROM lines_of_json WHERE whole AND regexp_matches(line, '{_LONG_NUMBER}') ORDER BY x_row"
    ).fetchall()
    for start in range(0, len(rows), _BATCH):
        batch = [row for (row,) in rows[start : start + _BATCH]]
        found = con.execute(
            "SELECT x_row, line FROM lines_of_json WHERE x_row IN (SELECT unnest(?::BIGINT[]))", [batch]
        ).fetchall()
        quoted = pa.table({"x_row": [row for row, _ in found], "line": [_quoted(line) for _, line in found]})
        con.register("quoted_now", quoted)
        con.execute("INSERT INTO long_numbers SELECT * FROM quoted_now")
        con.unregister("quoted_now")
    if rows:
        con.execute(
            "UPDATE lines_of_json SET line = n.line FROM long_numbers n WHERE n.x_row = lines_of_json.x_row"
        )
    con.execute("DROP TABLE long_numbers")


def _quoted(line: str) -> str:
    return _TEXT_OR_NUMBER.sub(lambda found: found[0] if found[0].startswith('"') else f'"{found[0]}"', line)


def _more_after(con: duckdb.DuckDBPyConnection, table: str, row: int) -> bool:
    return bool(con.execute(f"SELECT count(*) FROM {table} WHERE x_row > {row}").fetchall()[0][0])


def _pointer(key: str) -> str:
    """A JSON pointer to a top-level key, quoted for SQL."""
    return "/" + key.replace("~", "~0").replace("/", "~1").replace("'", "''")
