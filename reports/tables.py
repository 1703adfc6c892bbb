"""Which tables stand beside the page as CSV and Parquet?

Row tables are streamed from the store's views as they are; statement tables (owners, verdicts, closing) come
from the summary and carry both the exact amount and the rounded one, whose lines add up to the rounded total.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from reports.converted import write_converted
from reports.csv_tables import write_csv
from reports.questions import Store
from reports.statement import PARTS
from reports.summary import Owner, Summary, VerdictTotal
from reports.words import apportioned

# CSV name → view of docs/store.md. Totals of charges and verdicts only: a row per charge is what the store
# is for.
VIEW_CSVS = {
    "findings": "findings", "coverage": "coverage", "ledger": "ledger", "drift": "drift", "slis": "slis",
    "fixes": "fix_actions", "source_files": "source_files", "quarantine": "quarantine",
    "source_steps": "source_steps", "restatements": "restatements", "dimensions": "dimensions",
    "live_coverage": "live_coverage", "fix_history": "fix_history",
}  # fmt: skip
VIEW_PARQUETS = ("coverage", "findings", "ledger", "slis")

_EXACT = Context(prec=60)
_MONEY = pa.decimal128(38, 24)
_Row = TypeVar("_Row", Owner, VerdictTotal)


def write_csvs(store: Store, summary: Summary, folder: Path) -> list[Path]:
    """All CSV tables; returns their paths."""
    written = [_owners(summary, folder / "owners.csv"), _verdicts(summary, folder / "verdicts.csv")]
    written.append(_closing(summary, folder / "closing.csv"))
    written += write_converted(store, folder / "owners_converted.csv")
    for name, view in VIEW_CSVS.items():
        columns, rows = store.stream(store.select_all(view))
        written.append(write_csv(folder / f"{name}.csv", columns, rows))
    return written


def write_parquets(store: Store, summary: Summary, folder: Path) -> list[Path]:
    """The main views and the verdict totals as Parquet, amounts DECIMAL(38,24); returns their paths."""
    written = [
        store.copy_parquet(store.select_all(view), folder / f"{view}.parquet") for view in VIEW_PARQUETS
    ]
    written.append(_verdict_parquet(summary, folder / "verdict_totals.parquet"))
    return written


def _owners(summary: Summary, path: Path) -> Path:
    amounts = (*PARTS, "total", "billed_total")
    columns = ["billing_period", "currency", "owner", *amounts, "total_rounded", "billed_total_rounded"]
    rows = sorted(summary.owners, key=lambda row: (row.billing_period, row.currency, row.owner))

    def lines() -> Iterator[Sequence[object]]:
        for group in _statements(rows):
            total = apportioned({row.owner: row.total for row in group}, group[0].currency)
            billed = apportioned({row.owner: row.billed_total for row in group}, group[0].currency)
            for row in group:
                exact_amounts = [getattr(row, name) for name in amounts]
                yield [
                    row.billing_period,
                    row.currency,
                    row.owner,
                    *exact_amounts,
                    total[row.owner],
                    billed[row.owner],
                ]

    return write_csv(path, columns, lines())


def _verdicts(summary: Summary, path: Path) -> Path:
    columns = [
        "key", "billing_period", "currency", "verdict", "billed_cost", "effective_cost",
        "billed_cost_rounded",
        "effective_cost_rounded", "charges", "resources",
    ]  # fmt: skip
    rows = _verdict_rows(summary)

    def lines() -> Iterator[Sequence[object]]:
        for _, by_key in groupby(rows, key=lambda row: row.key):
            for group in _statements(list(by_key)):
                billed = apportioned({row.verdict: row.billed_cost for row in group}, group[0].currency)
                effective = apportioned({row.verdict: row.effective_cost for row in group}, group[0].currency)
                for row in group:
                    yield [
                        row.key, row.billing_period, row.currency, row.verdict, row.billed_cost,
                        row.effective_cost,
                        billed[row.verdict], effective[row.verdict], row.charges, row.resources,
                    ]  # fmt: skip

    return write_csv(path, columns, lines())


def _closing(summary: Summary, path: Path) -> Path:
    columns = list(type(summary.closing[0]).model_fields) if summary.closing else ["billing_period"]
    return write_csv(path, columns, ([getattr(row, name) for name in columns] for row in summary.closing))


def _verdict_rows(summary: Summary) -> list[VerdictTotal]:
    rows = summary.verdicts_by_key or summary.verdicts
    return sorted(rows, key=lambda row: (row.key, row.billing_period, row.currency, row.verdict))


def _statements(rows: list[_Row]) -> Iterator[list[_Row]]:
    for _, group in groupby(rows, key=lambda row: (row.billing_period, row.currency)):
        yield list(group)


def _verdict_parquet(summary: Summary, path: Path) -> Path:
    rows = _verdict_rows(summary)
    kinds: dict[str, pa.DataType] = {
        "key": pa.string(), "billing_period": pa.string(), "currency": pa.string(), "verdict": pa.string(),
        "billed_cost": _MONEY, "effective_cost": _MONEY, "charges": pa.int64(), "resources": pa.int64(),
    }  # fmt: skip
    arrays = [pa.array([_scaled(getattr(row, name)) for row in rows], kind) for name, kind in kinds.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(arrays, names=list(kinds)), path, compression="zstd")
    return path


def _scaled(value: object) -> object:
    return value.quantize(Decimal(1).scaleb(-24), context=_EXACT) if isinstance(value, Decimal) else value
