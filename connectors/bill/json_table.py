"""How are JSON objects, one a line or in one array, read once, with what is no object kept aside?"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import duckdb

from connectors.bill.sniff import Sniffed
from connectors.bill.sql_text import sql_literal, sql_path
from recon.errors import DeliveryRefused

_MAX_LINE = 24 << 20
_ROW_GROUP = 20_480  # of lines that are long, as a rule: each thread holds one group
_IMPOSSIBLE = "\x1e"  # the record separator, which JSON text never holds unescaped: each line is one cell
# DuckDB's JSON reads a number as a binary double, which has 17 digits at most. A key's closing quote stands before the
# colon: no such thing is inside of a text, where a quote has a backslash before it.
_LONG_NUMBER = r"([^\\]\"\s*:\s*)(-?[0-9][0-9.eE+-]{17,})(\s*[,}\]])"


def load_jsonl(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    kind: Sniffed,
    keys: Mapping[str, str],
    spool: Path | None,
) -> tuple[str, list[tuple[int, str, str]]]:
    """A relation with one JSON column per entry of `keys` (column → top-level key), plus `x_row`; and the
    rows that are not JSON objects. It lies in Parquet in a private folder below `spool`, so that memory does not grow
    with the file. Numbers of more digits than a double has become text, so that none is lost. A plain file whose last
    line is broken was cut off: it is refused, as is an array that is not whole."""
    table = f'"{name}_json"'
    # json_type stops at the first line that is no JSON: it must not be reached there
    lines = (
        "(SELECT line, CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END AS whole, "
        f"row_number() OVER () AS x_row FROM {_records(path, kind)})"
    )
    exact = (
        f"(SELECT CASE WHEN regexp_matches(line, '{_LONG_NUMBER}') THEN regexp_replace(line, '{_LONG_NUMBER}', "
        f"'\\1\"\\2\"\\3', 'g') ELSE line END AS line, x_row FROM {lines} WHERE whole)"
    )
    # all keys at once: each for itself would parse the line again
    pointers = ", ".join(f"'{_pointer(key)}'" for key in keys.values())
    picked = "".join(f"found[{n}] AS {column}, " for n, column in enumerate(keys, start=1))
    found = f"(SELECT json_extract(line, [{pointers}]) AS found, x_row FROM {exact})" if keys else exact
    try:
        bad = con.execute(f"SELECT x_row, line FROM {lines} WHERE NOT whole ORDER BY x_row").fetchall()
        _keep(con, f"SELECT {picked}x_row FROM {found}", table, tuple(keys), spool)
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


def _keep(
    con: duckdb.DuckDBPyConnection, select: str, table: str, columns: tuple[str, ...], spool: Path | None
) -> None:
    if spool is None:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {select}")
        return
    spool.mkdir(parents=True, exist_ok=True)
    target = Path(tempfile.mkdtemp(prefix="text-", dir=spool)) / "lines.parquet"
    con.execute(
        f"COPY ({select}) TO {sql_literal(str(target))} (FORMAT parquet, ROW_GROUP_SIZE {_ROW_GROUP})"
    )
    listed = "".join(f"{column}::JSON AS {column}, " for column in columns)
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT {listed}x_row FROM read_parquet({sql_path(target)})"
    )


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


def _more_after(con: duckdb.DuckDBPyConnection, table: str, row: int) -> bool:
    return bool(con.execute(f"SELECT count(*) FROM {table} WHERE x_row > {row}").fetchall()[0][0])


def _pointer(key: str) -> str:
    """A JSON pointer to a top-level key, quoted for SQL."""
    return "/" + key.replace("~", "~0").replace("/", "~1").replace("'", "''")
