"""What columns does a file have, and how are its rows read without reading more than is asked for?

A format is recognized by the columns (`look_inside`), says which of them it needs, and gets them (`load`).
Parquet is read where it lies; text is parsed once into a temporary table, because each pass over it would
unpack and parse it again.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from connectors.bill.csv_table import csv_columns, load_csv
from connectors.bill.json_table import keys_of, load_jsonl
from connectors.bill.parquet_table import parquet_columns, parquet_rows
from connectors.bill.sniff import Sniffed, sniff
from connectors.bill.zipped import unpacked
from recon.errors import DeliveryRefused


@dataclass(frozen=True)
class Column:
    """A column of the file: the identifier to use in SQL, and its SQL type (JSON for a value of a JSON object)."""

    sql: str
    type: str


@dataclass(frozen=True)
class Head:
    """A file looked into: where its bytes are, what it is, and its columns by the names the file gives them. `spool`: a
    folder for what is unpacked or copied of it, None where there is none."""

    path: Path
    kind: Sniffed
    columns: Mapping[str, Column]
    spool: Path | None = None

    def column(self, name: str) -> Column | None:
        """A column by the file's own name. Any key of a JSON object may come in a later line."""
        return self.columns.get(name) or (_json_column(name) if self.kind.kind == "jsonl" else None)


@dataclass(frozen=True)
class Table:
    """A loaded file: `relation` has the identifiers of `Head.columns` that were wanted, and `x_row` (1 = first
    record). `rejected`: rows that no parser takes, as (row number, reason, text)."""

    relation: str
    rejected: tuple[tuple[int, str, str], ...] = ()


def look_inside(con: duckdb.DuckDBPyConnection, path: Path, spool: Path) -> Head | None:
    """The file's columns; None for a file that holds no rows of anything (a JSON document, an empty file).
    A zip with one file in it is unpacked to `spool` first. Raises `DeliveryRefused`."""
    kind = sniff(path)
    if kind.kind == "zip":
        inner = unpacked(path, spool)
        if sniff(inner).kind == "zip":
            raise DeliveryRefused(str(path), "is a zip in a zip: unpack the outer one")
        return look_inside(con, inner, spool)
    if kind.kind in ("json", "empty"):
        return None
    if kind.kind == "parquet":
        found = enumerate(parquet_columns(con, path))
        return Head(path, kind, {name: Column(f"c{n}", sql_type) for n, (name, sql_type) in found if name})
    if kind.kind == "jsonl":
        return Head(path, kind, {k: _json_column(k) for k in kind.header})
    # a comma at the header's end, as spreadsheets leave it, makes a column without a name: nobody can ask for it
    columns = {h: Column(f"c{n}", "VARCHAR") for n, h in enumerate(csv_columns(path, kind)) if h}
    return Head(path, kind, columns, spool if spool != Path() else None)


def with_all_keys(con: duckdb.DuckDBPyConnection, head: Head) -> Head:
    """The head of a JSON file with the keys of all its objects, not only of those at its beginning. Raises
    `DeliveryRefused`."""
    if head.kind.kind != "jsonl" or head.kind.whole:
        return head
    keys = dict.fromkeys((*head.columns, *keys_of(con, head.path, head.kind)))
    return replace(head, columns={key: _json_column(key) for key in keys})


def load(con: duckdb.DuckDBPyConnection, head: Head, name: str, wanted: Collection[str]) -> Table:
    """The file's rows with the `wanted` columns. Raises `DeliveryRefused` for a file that is cut off."""
    if head.kind.kind == "parquet":
        return Table(parquet_rows(con, head.path))
    with _unharmed(head):
        relation, rejected = _load_text(con, head, name, wanted)
    return Table(relation, tuple(rejected))


def _load_text(
    con: duckdb.DuckDBPyConnection, head: Head, name: str, wanted: Collection[str]
) -> tuple[str, list[tuple[int, str, str]]]:
    if head.kind.kind == "csv":
        return load_csv(con, head.path, name, head.kind, wanted, head.spool)
    paths = {_json_column(key).sql: key for key in wanted}
    return load_jsonl(con, head.path, name, head.kind, paths, head.spool)


@contextmanager
def _unharmed(head: Head) -> Iterator[None]:
    """Refuse gzip data whose checksum is wrong: DuckDB unpacks it without a look at that, and one flipped bit may
    read as another amount. Checked beside the loading, which waits for it."""
    if not head.kind.gzipped or (head.kind.kind == "csv" and head.spool):  # which compares it itself
        yield
        return
    with ThreadPoolExecutor(1) as beside:
        check = beside.submit(_unpack, head.path)
        try:
            yield
        finally:
            damage = check.result()
    if damage:
        raise DeliveryRefused(str(head.path), f"gzip data is damaged or cut off: {damage}")


def _unpack(path: Path) -> str | None:
    """What is wrong with packed data, None when it is whole."""
    try:
        with gzip.open(path, "rb") as packed:
            while packed.read(1 << 20):
                pass
    except (OSError, EOFError, zlib.error) as error:
        return str(error)
    return None


def _json_column(key: str) -> Column:
    # spelled in digits: keys may differ only by case, which SQL does not see
    return Column(f"j_{key.encode('utf-8', 'surrogatepass').hex()}", "JSON")
