"""A small estate whose pools are divided in every way, for tests of allocated charges."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from recon.config import load_config
from recon.focus_export import Written
from recon.focus_export.bill_lines import export_focus
from recon.focus_export.write import Format
from tests.bills import COLUMNS, NOW, line, work, write_bill

REGISTRY = """\
version: 1
owner: team
keys:
  team: {required: true, values: {list: [payments, search, platform]}}
"""
ALLOCATION = """\
version: shared-1
splits:
  - {id: transit, when: {ServiceName: Transit}, method: fixed, targets: {search: 25, 'shared:gateway': 75}}
  - {id: gateway, source: 'shared:gateway', method: usage, file: usage.csv, metric: requests, window: day, when_zero: even, targets: [payments, search]}
  - {id: step, source: 'owner:platform', method: proportional, targets: [payments, search]}
  - {id: support, source: 'shared:support', method: weights, targets: {payments: 1, search: 1, platform: 1}}
policies: {tax: spread, marketplace: 'owner:platform'}
"""
USAGE = "date,target,metric,value\n2026-10-05,payments,requests,300\n2026-10-05,search,requests,100\n2026-10-06,search,requests,7\n"
FIELDS = (
    *COLUMNS,
    *("PublisherName", "ListCost", "ContractedCost", "ListUnitPrice", "PricingQuantity", "PricingUnit"),
    *("ConsumedQuantity", "ConsumedUnit", "ChargeDescription"),
)
METRICS = (
    *("BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "PricingCurrencyEffectiveCost"),
    *("PricingQuantity", "ConsumedQuantity", "CommitmentDiscountQuantity"),
)


def shared_bill() -> list[dict[str, Any]]:
    """Cost of two clouds and two currencies; pools get lines of both signs, with prices and quantities."""
    priced = {"ListUnitPrice": "0.7", "PricingQuantity": "10.000000000001", "PricingUnit": "Hours"}
    euro = {"BillingCurrency": "EUR", "ProviderName": "Microsoft"}
    lines = [
        {"cost": "20.000000000000000000000001", "tags": {"team": "payments"}},
        {"cost": "10", "tags": {"team": "search"}, **priced},
        {"cost": "1", "tags": {"team": "payments"}, **euro},
        {"cost": "4", "tags": {"team": "platform"}, "ListCost": "5.1", "ContractedCost": "4.3", **priced},
        {"cost": "16", "ServiceName": "Transit", "EffectiveCost": "15.1", "ListCost": "19.999999999999999999999999", **priced},
        {"cost": "0.1", "ServiceName": "Transit", "day": 6, "ConsumedQuantity": "3", "ConsumedUnit": "Requests"},
        {"cost": "-2.345", "ServiceName": "Transit", "day": 7, "ChargeCategory": "Credit", "tags": {"team": "?", "use": "x"}},
        {"cost": "0", "ServiceName": "Transit", "ListCost": "0.3", **priced},
        {"cost": "16", "ServiceName": "Transit", "day": 6, **euro},
        {"cost": "7", "ChargeCategory": "Tax", "ServiceName": ""},
        {"cost": "-0.01", "ChargeCategory": "Tax", "ServiceName": "", **euro},
    ]  # fmt: skip
    return [
        line(**{"ResourceId": f"r-{n}", "ChargeDescription": f"line {n}", **each})
        for n, each in enumerate(lines)
    ]


@dataclass(frozen=True)
class Estate:
    """An estate that was run once, and its export."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "tagrecon.yaml"

    def export(
        self, out: Path, version: str = "1.3", form: Format = "csv", *, allocated: bool = True
    ) -> Written:
        return export_focus(load_config(self.config), out, version, form, None, NOW, allocated=allocated)

    def store(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str(self.folder / "var" / "tagrecon.duckdb"), read_only=True)


def run_estate(folder: Path, lines: Iterable[Mapping[str, Any]], allocation: str = ALLOCATION) -> Estate:
    """The estate with this bill, run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "allocation.yaml").write_text(allocation, "utf-8")
    (folder / "usage.csv").write_text(USAGE, "utf-8")
    write_bill(folder / "exports" / "bill.csv", lines, FIELDS)
    (folder / "tagrecon.yaml").write_text(
        "registry: registry.yaml\nallocation: allocation.yaml\nbilling: [{name: bill, connector: focus, location: exports/, files: parts}]\n",
        "utf-8",
    )
    work(folder / "tagrecon.yaml")
    return Estate(folder)


def read(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of `query` over the written file, named `rows`, every cell text."""
    with duckdb.connect() as con:
        con.execute(f"CREATE VIEW rows AS SELECT * FROM read_csv('{path}', all_varchar=true, header=true)")
        return con.execute(query).fetchall()


def sums_of(path: Path) -> list[tuple[Any, ...]]:
    """Every metric by period, provider, billing account and currency."""
    metrics = ", ".join(f"sum({m}::DECIMAL(38,{24 if m.endswith('Cost') else 12}))" for m in METRICS)
    by = "BillingPeriodStart, ServiceProviderName, BillingAccountId, BillingCurrency"
    return read(path, f"SELECT {by}, {metrics} FROM rows GROUP BY ALL ORDER BY ALL")


def tags(cell: str | None) -> dict[str, str]:
    return json.loads(cell) if cell else {}
