"""How do DECIMAL columns become whole numbers and back, without a Decimal object for every cell?"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pyarrow as pa


def units_of(column: pa.ChunkedArray) -> list[int | None]:
    """The cells in whole units of their scale, None for null. The column is DECIMAL of 19 to 38 digits."""
    found: list[int | None] = []
    for chunk in column.chunks:
        data = chunk.buffers()[1]
        halves = struct.unpack_from(f"<{2 * len(chunk)}q", data, 16 * chunk.offset) if len(chunk) else ()
        numbers = [(high << 64) | (low & _LOW) for low, high in zip(halves[::2], halves[1::2], strict=True)]
        if chunk.null_count:
            valid = chunk.is_valid().to_pylist()
            found += [number if is_there else None for number, is_there in zip(numbers, valid, strict=True)]
        else:
            found += numbers
    return found


def column_of(units: Sequence[int | None], kind: pa.DataType) -> pa.Array:
    """Whole units as a column of `kind` (DECIMAL of 19 to 38 digits), None as null."""
    there = pa.array([unit is not None for unit in units], pa.bool_()).buffers()[1]
    data = b"".join([(unit or 0).to_bytes(16, "little", signed=True) for unit in units])
    return pa.Array.from_buffers(kind, len(units), [there, pa.py_buffer(data)])


_LOW = (1 << 64) - 1
