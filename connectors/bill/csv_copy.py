"""How is CSV text copied into Parquet on all cores, so that each later pass over it is cheap and fits into memory?

Only text of which every record fits its header is copied: what does not fit must be named, row by row, and the file
be read as a whole for that.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import duckdb

from connectors.bill.gzip_pieces import pieces_of
from connectors.bill.sniff import Sniffed
from connectors.bill.sql_text import sql_literal, sql_path
from recon.frames import one

MAX_LINE = 24 << 20  # a tag may be ten megabytes long, and JSON in CSV doubles its quotes


def parsed(path: Path, kind: Sniffed, compression: str, *, header: bool = True, rejects: bool = False) -> str:
    """SQL: the file's records, all columns as text, the n-th as `c<n>`."""
    # DuckDB holds names that differ only by case for one: the columns are numbered, and named as they are kept
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(len(kind.header)))
    return (
        f"read_csv({sql_path(path)}, columns = {{{columns}}}, auto_detect = false, header = {header}, "
        f"delim = '{kind.delimiter}', quote = '\"', escape = '\"', compression = '{compression}', store_rejects = {rejects}, "
        f"max_line_size = {MAX_LINE}, buffer_size = {MAX_LINE * 2}, strict_mode = true, null_padding = false)"
    )


def copied(
    con: duckdb.DuckDBPyConnection, path: Path, kept: Sequence[str], kind: Sniffed, spool: Path
) -> str | None:
    """A relation of the `kept` columns and `x_row`, over Parquet files in a private folder below `spool`; None where a
    record does not fit its header, or there is none. Raises `DeliveryRefused` where gzip data is damaged."""
    spool.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="text-", dir=spool))
    if not kind.gzipped:
        rows = [_copy(con, parsed(path, kind, "none"), kept, folder / "0.parquet")]
    else:
        rows = []
        with pieces_of(path, folder) as pieces:
            for n, piece in enumerate(pieces):
                part = parsed(piece, kind, "none", header=n == 0)
                rows.append(_copy(con, part, kept, folder / f"{n}.parquet"))
                if rows[-1] is None:
                    deque(pieces, maxlen=0)  # damaged data is refused as such, whatever text it unpacks to
    counts = [n for n in rows if n is not None]
    return _relation(folder, counts) if sum(counts) and len(counts) == len(rows) else None


def _copy(con: duckdb.DuckDBPyConnection, part: str, kept: Sequence[str], target: Path) -> int | None:
    """The rows that were copied; None where one of them does not fit."""
    try:
        con.execute(
            f"COPY (SELECT {', '.join(kept)} FROM {part}) TO {sql_literal(str(target))} (FORMAT parquet)"
        )
    except duckdb.Error:
        return None
    row = one(con, f"SELECT count(*) FROM read_parquet({sql_path(target)})")
    return int(row[0]) if row else None


def _relation(folder: Path, counts: Sequence[int]) -> str:
    files = ", ".join(sql_path(folder / f"{n}.parquet") for n in range(len(counts)))
    before = [sum(counts[:n]) for n in range(len(counts))]
    return f"(SELECT *, {before}[file_index::INTEGER + 1] + file_row_number + 1 AS x_row FROM read_parquet([{files}]))"
