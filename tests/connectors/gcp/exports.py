"""Small billing exports as they leave BigQuery: one bill written as Parquet, JSON lines, or CSV."""

from __future__ import annotations

import copy
import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from connectors.bill.shape import Opening, lines_of, prepare
from connectors.bill.table import look_inside
from connectors.gcp import billing_export
from recon.ingest.lines import Lines

Line = dict[str, Any]
_PAIR = 'STRUCT("key" VARCHAR, "value" VARCHAR)[]'
# as BigQuery types the detailed export
SCHEMA = {
    "billing_account_id": "VARCHAR",
    "service": "STRUCT(id VARCHAR, description VARCHAR)",
    "sku": "STRUCT(id VARCHAR, description VARCHAR)",
    "usage_start_time": "TIMESTAMPTZ",
    "usage_end_time": "TIMESTAMPTZ",
    "project": f"STRUCT(id VARCHAR, number VARCHAR, name VARCHAR, labels {_PAIR}, ancestry_numbers VARCHAR)",
    "labels": _PAIR,
    "system_labels": _PAIR,
    "tags": 'STRUCT("key" VARCHAR, "value" VARCHAR, inherited BOOLEAN, namespace VARCHAR)[]',
    "location": "STRUCT(location VARCHAR, country VARCHAR, region VARCHAR, zone VARCHAR)",
    "resource": "STRUCT(name VARCHAR, global_name VARCHAR)",
    "transaction_type": "VARCHAR",
    "seller_name": "VARCHAR",
    "subscription": "STRUCT(instance_id VARCHAR)",
    "export_time": "TIMESTAMPTZ",
    "cost": "DOUBLE",
    "cost_at_list": "DOUBLE",
    "currency": "VARCHAR",
    "currency_conversion_rate": "DOUBLE",
    "usage": "STRUCT(amount DOUBLE, unit VARCHAR, amount_in_pricing_units DOUBLE, pricing_unit VARCHAR)",
    "price": "STRUCT(effective_price DOUBLE, list_price DOUBLE, tier_start_amount DOUBLE)",
    "credits": "STRUCT(id VARCHAR, full_name VARCHAR, name VARCHAR, type VARCHAR, amount DOUBLE)[]",
    "invoice": "STRUCT(month VARCHAR)",
    "cost_type": "VARCHAR",
    "adjustment_info": "STRUCT(id VARCHAR, description VARCHAR, mode VARCHAR, type VARCHAR)",
}
_LINE: Line = {
    "billing_account_id": "0A1B2C-3D4E5F-6A7B8C",
    "service": {"id": "6F81", "description": "Compute Engine"},
    "sku": {"id": "CF4E", "description": "N2 core in Belgium"},
    "usage_start_time": "2026-03-05T10:00:00Z",
    "usage_end_time": "2026-03-05T11:00:00Z",
    "project": {"id": "shop", "number": "123", "name": "Shop", "labels": [], "ancestry_numbers": "/1/2/"},
    "labels": [],
    "system_labels": [],
    "tags": [],
    "location": {
        "location": "europe-west1",
        "country": "BE",
        "region": "europe-west1",
        "zone": "europe-west1-b",
    },
    "resource": {
        "name": "web",
        "global_name": "//compute.googleapis.com/projects/shop/zones/b/instances/web",
    },
    "transaction_type": "GOOGLE",
    "seller_name": None,
    "subscription": {"instance_id": None},
    "export_time": "2026-03-05T14:00:00Z",
    "cost": 1.25,
    "cost_at_list": 1.5,
    "currency": "EUR",
    "currency_conversion_rate": 0.9,
    "usage": {"amount": 3600.0, "unit": "seconds", "amount_in_pricing_units": 1.0, "pricing_unit": "hour"},
    "price": {"effective_price": 1.25, "list_price": 1.5, "tier_start_amount": 0.0},
    "credits": [],
    "invoice": {"month": "202603"},
    "cost_type": "regular",
    "adjustment_info": {"id": None, "description": None, "mode": None, "type": None},
}


def line(**changes: Any) -> Line:
    """One line of the detailed export; `service__description="…"` changes a nested field."""
    made = copy.deepcopy(_LINE)
    for name, value in changes.items():
        top, _, inner = name.partition("__")
        if inner:
            made[top][inner] = value
        else:
            made[top] = value
    return made


def labels(**pairs: str | None) -> list[Line]:
    return [{"key": key, "value": value} for key, value in pairs.items()]


def tag(key: str, value: str, *, inherited: bool = False, namespace: str = "acme") -> Line:
    return {"key": key, "value": value, "inherited": inherited, "namespace": namespace}


def credit(amount: float | str, kind: str = "PROMOTION", **more: Any) -> Line:
    return {"id": "c-1", "full_name": "A credit", "name": "credit", "type": kind, "amount": amount, **more}


def as_parquet(path: Path, lines: Sequence[Line], without: Sequence[str] = ()) -> Path:
    """Nested columns, as BigQuery exports them and as our own reader of BigQuery keeps them."""
    source = as_jsonl(path.with_suffix(".source"), lines)
    schema = {name: kind for name, kind in SCHEMA.items() if name not in without}
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in schema.items())
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(
            f"COPY (FROM read_json('{source}', format = 'newline_delimited', columns = {{{columns}}})) TO '{path}' (FORMAT parquet)"
        )
    return path


def as_jsonl(path: Path, lines: Sequence[Line]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), "utf-8")
    return path


def as_csv(path: Path, lines: Sequence[Line], spell: Any = json.dumps, without: Sequence[str] = ()) -> Path:
    """Dotted columns; `spell` writes the lists: `json.dumps`, or `repr` as Python's csv module does."""
    flat = [_flat(each, spell) for each in lines]
    names = [name for name in flat[0] if name.partition(".")[0] not in without]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(flat)
    return path


def _flat(each: Line, spell: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in each.items():
        parts = {f"{name}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {name: value}
        found |= {k: spell(v) if isinstance(v, list) else v for k, v in parts.items()}
    return found


@dataclass(frozen=True)
class Opened:
    """A file opened through the format, and what its rows say."""

    con: duckdb.DuckDBPyConnection
    lines: Lines

    def rows(self, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Rows that pass every test of a cell, in the file's order, a line before its credits."""
        return self._select(columns, f"{where} AND NOT ({self._bad})")

    def column(self, name: str, where: str = "true") -> list[Any]:
        return [row[0] for row in self.rows(name, where=where)]

    def bad(self) -> list[tuple[Any, ...]]:
        """(row, x_count, column, text) of rows that a test of their cells keeps out."""
        return [
            (*row, test.column)
            for test in self.lines.bad_rows
            for row in self._select(
                ("x_row", "x_count", test.text or test.column), f"coalesce({test.condition}, false)"
            )
        ]

    def tags(self) -> list[Mapping[str, str]]:
        """Tags of each line (not of its credits)."""
        return [json.loads(cell) for cell in self.column("Tags", "x_count = 1")]

    def inherited(self) -> list[Mapping[str, str]]:
        return [json.loads(cell) for cell in self.column("x_InheritedTags", "x_count = 1")]

    def classes(self) -> list[tuple[str, str]]:
        """(ChargeCategory, x_Class) of each row, by the dimensions that charges get."""
        named = ", ".join(self.lines.dim_columns)
        keyed = f"(SELECT hash({named}) AS h, x_row, x_count, BilledCost, {named} FROM {self.lines.raw})"
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE distinct_dims AS SELECT DISTINCT h, {named} FROM {keyed}"
        )
        dims = self.lines.dims_sql.replace("{raw}", "distinct_dims")
        return self.con.execute(
            f"SELECT ChargeCategory, x_Class FROM {keyed} k JOIN ({dims}) d USING (h) ORDER BY x_row, x_count DESC, BilledCost"
        ).fetchall()

    def sums(self) -> dict[str, Decimal]:
        """Billed, effective, raw cost, the gap between raw + steps and billed (0), and the rows as delivered."""
        steps = " + ".join(f"coalesce({step}, 0)" for step in self.lines.steps.values()) or "0"
        [row] = self.con.execute(
            f"SELECT sum({self.lines.billed}), sum({self.lines.effective}), sum({self.lines.raw_cost}), "
            f"sum(coalesce({self.lines.raw_cost}, 0)) + sum({steps}) - sum(coalesce({self.lines.billed}, 0)), sum(x_count) "
            f"FROM {self.lines.raw}"
        ).fetchall()
        return dict(zip(("billed", "effective", "raw", "gap", "rows"), row, strict=True))

    @property
    def _bad(self) -> str:
        return " OR ".join(f"coalesce({test.condition}, false)" for test in self.lines.bad_rows)

    def _select(self, columns: Sequence[str], where: str) -> list[tuple[Any, ...]]:
        return self.con.execute(
            f"SELECT {', '.join(columns)} FROM {self.lines.raw} WHERE {where} ORDER BY x_row, x_count DESC, BilledCost"
        ).fetchall()


_SPOOL = TemporaryDirectory(
    prefix="tagrecon-spool-"
)  # never beside a bill: real ones lie in a folder that is not ours


def opened(path: Path, full: bool = True, module: Any = billing_export, **defaults: str) -> Opened:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    prepare(con)
    opening = Opening(con, path, "lines", defaults, spool=Path(_SPOOL.name), full=full)
    head = look_inside(con, path, opening.spool)
    assert head is not None
    assert module.recognizes(tuple(head.columns), defaults)
    return Opened(con, lines_of(opening, module.shape(opening, head)))
