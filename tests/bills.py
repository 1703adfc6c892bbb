"""Small FOCUS bills, written as files, and what a store made of them: the tools of the property tests."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from recon.config import load_config
from recon.run import run

NOW = dt.datetime(2026, 11, 3, 6)
COLUMNS = (
    *(
        "BillingPeriodStart",
        "BillingPeriodEnd",
        "ChargePeriodStart",
        "ChargePeriodEnd",
        "BilledCost",
        "EffectiveCost",
    ),
    *("BillingCurrency", "BillingAccountId", "SubAccountId", "ProviderName", "ServiceName", "ChargeCategory"),
    *(
        "ChargeClass",
        "ResourceId",
        "ResourceType",
        "CommitmentDiscountId",
        "CommitmentDiscountStatus",
        "InvoiceId",
        "Tags",
    ),
)
REGISTRY = """\
version: 1
owner: cost-center
keys:
  cost-center: {required: true, values: {list: [payments, search, platform]}}
"""
ALLOCATION = """\
version: 1
rules:
  - {id: transit, when: {ServiceName: Transit}, to: 'shared:network'}
splits:
  - {id: network, source: 'shared:network', method: proportional, targets: all}
  - {id: tax, source: 'shared:tax', method: even, targets: [payments, search]}
"""


def line(day: int = 5, cost: str = "1.25", *, month: int = 10, **more: Any) -> dict[str, Any]:
    """One bill line; `tags` as a mapping."""
    tags: Mapping[str, str] = more.pop("tags", {})
    return {
        "BillingPeriodStart": f"2026-{month:02}-01T00:00:00Z", "BillingPeriodEnd": f"2026-{month + 1:02}-01T00:00:00Z",
        "ChargePeriodStart": f"2026-{month:02}-{day:02}T00:00:00Z", "ChargePeriodEnd": f"2026-{month:02}-{day:02}T01:00:00Z",
        "BilledCost": cost, "EffectiveCost": cost, "BillingCurrency": "USD", "BillingAccountId": "payer", "SubAccountId": "111",
        "ProviderName": "AWS", "ServiceName": "Compute", "ChargeCategory": "Usage", "ResourceId": "r-1", "Tags": json.dumps(tags), **more,
    }  # fmt: skip


def write_bill(path: Path, lines: Iterable[Mapping[str, Any]], columns: Iterable[str] = COLUMNS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)


def write_config(folder: Path, *, files: str | None = "parts", more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "exports").mkdir(exist_ok=True)
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "allocation.yaml").write_text(ALLOCATION, "utf-8")
    choice = f", files: {files}" if files else ""
    path = folder / "tagrecon.yaml"
    path.write_text(
        "registry: registry.yaml\nallocation: allocation.yaml\n"
        f"billing: [{{name: bill, connector: focus, location: exports/{choice}}}]\n{more}",
        "utf-8",
    )
    return path


def work(config: Path, **options: Any) -> Any:
    """Run the stages that make tables, without the report."""
    return run(load_config(config), NOW, stages=frozenset({"snapshot", "ingest", "reconcile"}), **options)


def tables(store: Path, *views: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of views, sorted: what two stores are compared by."""
    con = duckdb.connect(str(store), read_only=True)
    try:
        return {view: sorted(con.execute(f"SELECT * FROM {view}").fetchall(), key=repr) for view in views}
    finally:
        con.close()


RESULTS = ("charges", "verdicts", "ledger", "closing")
