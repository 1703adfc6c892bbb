"""One small estate, written once, and a plain reader of its bills that shares nothing with the product."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from configs.sample import Truth, write_estate

MONEY = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")


@dataclass(frozen=True)
class Estate:
    folder: Path
    truth: Truth
    bill: tuple[dict[str, Any], ...]


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    folder = tmp_path_factory.mktemp("estate")
    truth = write_estate(folder, seed=7, scale=0.2)
    return Estate(folder, truth, tuple(read_bill(folder / "exports")))


def read_bill(exports: Path) -> Iterator[dict[str, Any]]:
    """Every bill line: text and None, costs as Decimal, Tags as a dict, x_provider from the folder."""
    for path in sorted(p for p in exports.rglob("*") if p.is_file()):
        rows = _parquet(path) if path.suffix == ".parquet" else _csv(path)
        for row in rows:
            yield {**row, "x_provider": path.relative_to(exports).parts[0]}


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    for row in pq.read_table(path).to_pylist():
        instants = {k: f"{v:%Y-%m-%dT%H:%M:%SZ}" for k, v in row.items() if isinstance(v, datetime)}
        yield {**row, **instants, "Tags": dict(row["Tags"] or ())}


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode()
    for row in csv.DictReader(io.StringIO(text, newline="")):
        cells: dict[str, Any] = {k: v or None for k, v in row.items()}
        yield {
            **cells,
            **{k: Decimal(row[k]) for k in MONEY},
            "Tags": json.loads(row["Tags"]) if row.get("Tags") else {},
        }
