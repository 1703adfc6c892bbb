"""What can happen to a bill on its way: the ways in which the fuzzing harms a file.

Tables (CSV), lines of JSON and Parquet are harmed by their own parts, and every file by its bytes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

CELLS = (
    *(
        "",
        " ",
        "NULL",
        "null",
        "\\N",
        "NaN",
        "inf",
        "-inf",
        "infinity",
        "1e400",
        "1e-400",
        "1e13",
        "99999999999999",
        "1e14",
    ),
    *(
        "$1.00",
        "1,5",
        "1_000",
        "0x10",
        "-0",
        ".5",
        "5.",
        "+1",
        "1e-30",
        "0." + "1234567890" * 3,
        "-0.0000000000000000000000005",
    ),
    *(
        "{",
        "[]",
        "{}",
        "[null]",
        '{"a": {"b": 1}}',
        '{"a": 1, "a": 2}',
        '[{"key": "k", "value": null}]',
        "[{'key': 'k'}]",
        '"a": "b"',
    ),
    *(
        "2026-13-45",
        "9999-12-31",
        "0001-01-01T00:00:00Z",
        "2026-02-30T25:61:61Z",
        "2026-09-03T10:00:00+25:00",
        "epoch",
        "4/1/25",
    ),
    *(
        "13/25/2026",
        "31/12/2026",
        "202613",
        "000000",
        "2026-09-03 10:00:00 UTC",
        "290000-01-01",
        "2026-09-03T10:00:00.123456789Z",
    ),
    *(
        "\x00",
        "\u202ehidden",
        "\ufeff",
        "😀" * 40,
        "a\nb",
        'say "no"',
        "a'b",
        "=1+1",
        "Tribute",
        "a;b\tc",
        "\x1e",
        "\x85",
        "\r",
    ),
)
NOISE = (
    b'"',
    b"\n",
    b"\r",
    b"\x00",
    b"\xff",
    b",",
    b";",
    b"\xef\xbb\xbf",
    "é".encode(),
    b"{",
    b"}",
    b"\\",
    b"'",
    b'""',
    b"\n\n",
    b"PAR1",
)
_KINDS = (
    pa.string(),
    pa.int64(),
    pa.bool_(),
    pa.decimal128(38, 30),
    pa.float32(),
    pa.date32(),
    pa.list_(pa.string()),
    pa.null(),
)
share = st.floats(0, 1, exclude_max=True)
cell = st.sampled_from(CELLS)


@dataclass(frozen=True)
class Harm:
    """A change of a file's bytes; `said` tells a person what it was."""

    said: str
    change: Callable[[bytes], bytes]

    def __call__(self, whole: bytes) -> bytes:
        return self.change(whole)

    def __repr__(self) -> str:
        return self.said


def at(position: float, count: int) -> int:
    return int(position * count)


@st.composite
def harmed_bytes(draw: st.DrawFn) -> Harm:
    """Flip, cut, insert, or repeat a piece."""
    kind, start, more = (
        draw(st.sampled_from(["flip", "cut", "insert", "repeat", "drop"])),
        draw(share),
        draw(share),
    )
    noise, bit = draw(st.sampled_from(NOISE)), draw(st.integers(0, 7))

    def harm(whole: bytes) -> bytes:
        here, there = sorted((at(start, len(whole)), at(more, len(whole))))
        return {
            "flip": lambda: (
                whole[:here] + bytes([whole[here] ^ (1 << bit)]) + whole[here + 1 :] if whole else whole
            ),
            "cut": lambda: whole[:here],
            "insert": lambda: whole[:here] + noise + whole[here:],
            "repeat": lambda: whole[:there] + whole[here:],
            "drop": lambda: whole[:here] + whole[there:],
        }[kind]()

    return Harm(f"bytes: {kind} at {start:.3f}, {more:.3f}, {noise!r}, bit {bit}", harm)


@st.composite
def harmed_table(draw: st.DrawFn) -> Harm:
    """Cells, columns, rows and the delimiter of a CSV."""
    kind = draw(
        st.sampled_from(
            [
                "cell",
                "cell",
                "cell",
                "column gone",
                "column twice",
                "swapped",
                "renamed",
                "short",
                "long",
                "row",
                "delimiter",
            ]
        )
    )
    row, column, other, text = draw(share), draw(share), draw(share), draw(cell)

    def harm(whole: bytes) -> bytes:
        table = list(csv.reader(io.StringIO(whole.decode("utf-8", "replace"), newline="")))
        if len(table) < 2 or not table[0]:
            return whole
        harmed = _table(
            kind,
            table,
            at(column, len(table[0])),
            at(other, len(table[0])),
            1 + at(row, len(table) - 1),
            text,
        )
        out = io.StringIO()
        csv.writer(out, delimiter=";" if kind == "delimiter" else ",").writerows(harmed)
        return out.getvalue().encode("utf-8", "replace")

    return Harm(f"table: {kind} row {row:.3f}, column {column:.3f}, {other:.3f}, {text!r}", harm)


def _table(
    kind: str, table: list[list[str]], column: int, other: int, row: int, text: str
) -> list[list[str]]:
    def of(line: list[str], n: int) -> str:
        return line[n] if n < len(line) else ""

    if kind == "cell":
        table[row] = [text if n == column else c for n, c in enumerate(table[row])]
    elif kind == "column gone":
        table = [line[:column] + line[column + 1 :] for line in table]
    elif kind == "column twice":
        table = [[*line, of(line, column)] for line in table]
    elif kind == "swapped":
        table = [
            [of(line, other if n == column else column if n == other else n) for n in range(len(line))]
            for line in table
        ]
    elif kind == "renamed":
        table[0] = [
            c.swapcase() if n == column else f" {c} " if n == other else c for n, c in enumerate(table[0])
        ]
    elif kind == "short":
        table[row] = table[row][:column]
    elif kind == "long":
        table[row] = [*table[row], text, text]
    elif kind == "row":
        table = [*table[:row], *table[row + 1 :], *([table[row]] * (column % 3))]
    return table


@st.composite
def harmed_json(draw: st.DrawFn) -> Harm:
    """A field of one line, at any depth: gone, of another type, or saying something else."""
    row, path = draw(share), draw(st.lists(share, min_size=1, max_size=3))
    value = draw(
        st.one_of(
            cell,
            st.none(),
            st.booleans(),
            st.integers(-(10**30), 10**30),
            st.floats(),
            st.just([]),
            st.just({}),
            st.just([1, "a", None]),
        )
    )
    gone = draw(st.booleans())

    def harm(whole: bytes) -> bytes:
        lines = whole.decode("utf-8", "replace").splitlines()
        if not lines:
            return whole
        n = at(row, len(lines))
        try:
            record = json.loads(lines[n])
        except ValueError:
            return whole
        _in_json(record, path, value, gone)
        lines[n] = json.dumps(record)
        return ("\n".join(lines) + "\n").encode()

    return Harm(f"json: line {row:.3f}, {path}: {'gone' if gone else repr(value)}", harm)


def _in_json(record: Any, path: list[float], value: Any, gone: bool) -> None:
    if not isinstance(record, dict | list) or not record:
        return
    key: Any = (
        list(record)[at(path[0], len(record))] if isinstance(record, dict) else at(path[0], len(record))
    )
    if len(path) > 1 and isinstance(record[key], dict | list) and record[key]:
        _in_json(record[key], path[1:], value, gone)
    elif gone:
        del record[key]
    else:
        record[key] = value


@st.composite
def harmed_parquet(draw: st.DrawFn) -> Harm:
    """A column gone, of another type, or with other numbers; or the bytes."""
    kind, column, row = (
        draw(st.sampled_from(["gone", "type", "number", "null", "renamed"])),
        draw(share),
        draw(share),
    )
    number, to = (
        draw(
            st.sampled_from(
                [float("nan"), float("inf"), float("-inf"), 1e300, 1e-300, -0.0, 1e14, 99999999999999.9]
            )
        ),
        draw(st.sampled_from(_KINDS)),
    )

    def harm(whole: bytes) -> bytes:
        try:
            table = pq.read_table(io.BytesIO(whole))
        except (pa.ArrowException, OSError):
            return whole
        if not table.num_columns or not table.num_rows:
            return whole
        n = at(column, table.num_columns)
        name, held = table.column_names[n], table.column(n)
        if kind == "gone":
            table = table.remove_column(n)
        elif kind == "renamed":
            table = table.rename_columns([c.swapcase() if c == name else c for c in table.column_names])
        else:
            cells = _other_cells(kind, held, at(row, len(held)), number, to)
            table = table if cells is None else table.set_column(n, name, cells)
        out = io.BytesIO()
        pq.write_table(table, out)
        return out.getvalue()

    return Harm(f"parquet: {kind} column {column:.3f}, row {row:.3f}, {number}, {to}", harm)


def _other_cells(kind: str, held: Any, row: int, number: float, to: Any) -> Any:
    cells = held.to_pylist()
    if kind == "null":
        cells[row] = None
        return pa.array(cells, held.type)
    if kind == "number" and pa.types.is_floating(held.type):
        cells[row] = number
        return pa.array(cells, held.type)
    try:
        return pa.nulls(len(cells), to) if pa.types.is_null(to) else held.cast(to)
    except (pa.ArrowException, NotImplementedError):
        return pa.nulls(len(cells), to)
