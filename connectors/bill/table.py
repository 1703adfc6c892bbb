"""What columns does a file have, and how are its rows read without reading more than is asked for?

A format is recognized by the columns (`look_inside`), says which of them it needs, and gets them (`load`).
Parquet is read where it lies; text is parsed once into a temporary table, because each pass over it would
unpack and parse it again.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from pyarrow import ArrowException

from connectors.bill.csv_table import csv_columns, load_csv
from connectors.bill.json_table import load_jsonl
from connectors.bill.sniff import Sniffed, sniff
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
        inner = _unpacked(path, spool)
        return None if sniff(inner).kind == "zip" else look_inside(con, inner, spool)
    if kind.kind in ("json", "empty"):
        return None
    if kind.kind == "parquet":
        return Head(path, kind, _parquet_columns(con, path))
    if kind.kind == "jsonl":
        return Head(path, kind, {k: _json_column(k) for k in kind.header})
    # a comma at the header's end, as spreadsheets leave it, makes a column without a name: nobody can ask for it
    columns = {h: Column(f"c{n}", "VARCHAR") for n, h in enumerate(csv_columns(path, kind)) if h}
    return Head(path, kind, columns, spool if spool != Path() else None)


def load(con: duckdb.DuckDBPyConnection, head: Head, name: str, wanted: Collection[str]) -> Table:
    """The file's rows with the `wanted` columns. Raises `DeliveryRefused` for a file that is cut off."""
    if head.kind.kind in ("csv", "jsonl"):
        with _unharmed(head):
            relation, rejected = _load_text(con, head, name, wanted)
        return Table(relation, tuple(rejected))
    quoted = "'" + str(head.path).replace("'", "''") + "'"
    return Table(
        f"(SELECT *, file_row_number + 1 AS x_row FROM {_parquet(quoted, 'file_row_number = true')})"
    )


def _load_text(
    con: duckdb.DuckDBPyConnection, head: Head, name: str, wanted: Collection[str]
) -> tuple[str, list[tuple[int, str, str]]]:
    if head.kind.kind == "csv":
        return load_csv(con, head.path, name, head.kind, wanted, head.spool)
    paths = {_json_column(key).sql: key for key in wanted}
    return load_jsonl(con, head.path, name, head.kind, paths)


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
    return Column('"j_' + key.replace('"', '""') + '"', "JSON")


def _parquet(quoted: str, *options: str) -> str:
    """The file's own columns: AWS delivers into folders called BILLING_PERIOD=2026-09, which are none of them."""
    return f"read_parquet({', '.join((quoted, 'hive_partitioning = false', *options))})"


def _parquet_columns(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, Column]:
    """By position: DuckDB renames a column whose name differs from an earlier one only by case."""
    quoted = "'" + str(path).replace("'", "''") + "'"
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM {_parquet(quoted)}").fetchall()
        names = pq.read_schema(path).names
    except (duckdb.Error, ArrowException, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise DeliveryRefused(str(path), f"is damaged or cut-off Parquet: {reason}") from error
    idents = ['"' + str(row[0]).replace('"', '""') + '"' for row in described]
    found = {name: Column(i, row[1]) for name, i, row in zip(names, idents, described, strict=True)}
    return {name: column for name, column in found.items() if name}


def _unpacked(path: Path, spool: Path) -> Path:
    """The one file of a zip, in the spool. Its name is ours: a name in an archive is hostile text."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [m for m in archive.infolist() if not m.is_dir()]
            if len(inside) != 1:
                raise DeliveryRefused(str(path), f"is a zip of {len(inside)} files; a bill's zip holds one")
            spool.mkdir(parents=True, exist_ok=True)
            target = spool / f"unzipped-{abs(hash((str(path), inside[0].CRC, inside[0].file_size))):x}"
            with archive.open(inside[0]) as packed, target.open("wb") as out:
                while block := packed.read(1 << 20):
                    out.write(block)
            return target
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise DeliveryRefused(str(path), f"is a damaged, cut-off or locked zip: {error}") from error
