"""How do the planned lines become the files that each cloud would deliver?

AWS: Parquet in parts, tags as a map, costs as decimals. The others: CSV with tags as JSON text and numbers
in scientific notation where they are short so; Azure gzips it, the vendor knows no resources.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from configs.sample import clock
from configs.sample.columns import (
    FOCUS_1_0,
    FOCUS_1_2,
    FOCUS_1_3,
    INSTANTS,
    MONEY,
    NUMBERS,
    WITHOUT_RESOURCES,
    Cell,
    cells,
)
from configs.sample.lines import Line

_PART = 12_000  # lines in one Parquet part


def write_exports(folder: Path, lines: Sequence[Line]) -> None:
    """Writes `aws/`, `azure/`, `gcp/` and `pagemark/` under `folder`, a folder or file per billing period."""
    for period in clock.PERIODS:
        of = {p: [x for x in lines if (x.payer.provider, x.period) == (p, period)] for p in _PROVIDERS}
        _aws(folder / "aws" / period, of["aws"])
        azure = _csv(FOCUS_1_0, of["azure"])
        _write(folder / "azure" / period / "part_0_0001.csv.gz", _gzip(azure))
        newest = period == clock.PERIODS[-1]
        google = _csv(FOCUS_1_3 if newest else FOCUS_1_2, of["gcp"])
        _write(folder / "gcp" / period / "focus.csv", google)
        _write(folder / "pagemark" / f"{period}.csv", _csv(WITHOUT_RESOURCES, of["pagemark"]))


_PROVIDERS = ("aws", "azure", "gcp", "pagemark")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _aws(folder: Path, lines: Sequence[Line]) -> None:
    """A delivery per billing account, in parts."""
    folder.mkdir(parents=True, exist_ok=True)
    for payer in sorted({x.payer.name for x in lines}):
        own = [x for x in lines if x.payer.name == payer]
        for part, start in enumerate(range(0, len(own), _PART), 1):
            table = _table(own[start : start + _PART])
            pq.write_table(table, folder / f"{payer.lower()}-{part:05d}.snappy.parquet")


def _table(lines: Sequence[Line]) -> pa.Table:
    rows = [cells(line) for line in lines]
    plain = [name for name in FOCUS_1_2 if name != "Tags"]
    arrays = {name: pa.array([row[name] for row in rows], _type(name)) for name in plain}
    arrays["Tags"] = pa.array([list(line.tags) or None for line in lines], pa.map_(pa.string(), pa.string()))
    return pa.table({name: arrays[name] for name in sorted(arrays)})


def _type(column: str) -> pa.DataType:
    """AWS writes instants without a zone (they are UTC) and costs as decimals."""
    if column in MONEY:
        return pa.decimal128(38, 20)
    if column in NUMBERS:
        return pa.decimal128(38, 12)
    return pa.timestamp("ms") if column in INSTANTS else pa.string()


def _csv(columns: Sequence[str], lines: Iterable[Line]) -> bytes:
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(columns)
    for line in lines:
        row = cells(line)
        rows.writerow([_tags(line) if name == "Tags" else _text(row[name]) for name in columns])
    return out.getvalue().encode()


def _tags(line: Line) -> str:
    return json.dumps(dict(line.tags), ensure_ascii=False) if line.tags else ""


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(cell.normalize() if isinstance(cell, Decimal) else cell or "")


def _gzip(content: bytes) -> bytes:
    """Without name and time, so that the same lines give the same bytes."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=out, mode="wb", mtime=0) as packed:
        packed.write(content)
    return out.getvalue()
