"""The worked examples of shared cost, each through a real bill, a real store and a real allocation.yaml.

One bill holds them all: every example has a currency of its own, and currencies never meet.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from recon.allocation import load_allocation
from recon.config import load_config
from recon.ledger.close import close
from recon.ledger.post import post_periods
from recon.registry import load_registry
from recon.store.books import all_books
from tests.bills import COLUMNS, line, work, write_bill, write_config

REGISTRY = "version: 1\nowner: team\nkeys:\n  team: {required: true, values: {pattern: '[a-z][a-z0-9-]*'}}\n  env: {values: {list: [prod, test]}}\n"
EXAMPLES: list[dict[str, Any]] = yaml.load(
    Path(__file__).with_name("worked_examples.yaml").read_text("utf-8"), yaml.BaseLoader
)
CURRENCIES = [f"X{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(len(EXAMPLES))]
_OURS = ("owner", "pool", "env", "cost", "billed", "day", "month", "service", "category", "account", "payer")


def bill_line(cost: dict[str, str], currency: str) -> dict[str, Any]:
    pool = cost.get("pool")
    where = cost.get("account", "111")
    return line(
        int(cost.get("day", "5")), cost.get("billed", cost["cost"]), month=int(cost.get("month", "10")),
        tags={tag: cost[word] for tag, word in (("team", "owner"), ("env", "env")) if word in cost}, EffectiveCost=cost["cost"], BillingCurrency=currency,
        BillingAccountId=cost.get("payer", "payer"), SubAccountId=where, RegionId=f"pool-{pool}" if pool else "",
        ServiceName=cost.get("service", "Compute"), ServiceCategory=cost.get("category", "Compute"),
        ResourceId="r-1" if "owner" in cost else "", **{k: v for k, v in cost.items() if k not in _OURS},
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A judged store with the charges of all examples."""
    folder = tmp_path_factory.mktemp("worked")
    config = write_config(folder)
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "allocation.yaml").write_text("version: 1\n", "utf-8")
    lines = [
        bill_line(cost, currency)
        for example, currency in zip(EXAMPLES, CURRENCIES, strict=True)
        for cost in example["costs"]
    ]
    write_bill(folder / "exports" / "bill.csv", lines, (*COLUMNS, "ServiceCategory", "RegionId"))
    work(config)
    return folder


@pytest.fixture
def con(store: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    copy = tmp_path / "store.duckdb"
    shutil.copy(load_config(store / "tagrecon.yaml").store, copy)
    with duckdb.connect(str(copy)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("example", "currency"), list(zip(EXAMPLES, CURRENCIES, strict=True)), ids=[e["name"] for e in EXAMPLES]
)
def test_a_worked_example_comes_out_as_written(
    example: dict[str, Any],
    currency: str,
    store: Path,
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
) -> None:
    for name, text in example.get("files", {}).items():
        (tmp_path / name).write_text(text, "utf-8")
    allocation = load_allocation(written(example, currency, tmp_path), load_registry(store / "registry.yaml"))
    books = [b for b in all_books(con) if b.currency == currency]
    post_periods(con, books, allocation, "team")
    close(con)
    rows = con.execute(
        "SELECT rule_id, account, basis, BilledCost, EffectiveCost, BillingAccountId FROM ledger WHERE BillingCurrency = ? "
        "ORDER BY ALL",
        [currency],
    ).fetchall()
    assert posted(rows, 4) == amounts(example["expect"])
    if "billed" in example:
        assert posted(rows, 3) == amounts(example["billed"])
    for split, accounts in example.get("told", {}).items():
        bases = {account: basis for rule, account, basis, *_ in rows if rule == split}
        assert {account: bases.get(account) for account in accounts} == accounts
    ends: dict[str, Decimal] = defaultdict(Decimal)
    for _, account, _, _, effective, _ in rows:
        ends[account] += effective
    for account, total in example.get("totals", {}).items():
        assert (account, ends[account]) == (account, Decimal(total))


def written(example: dict[str, Any], currency: str, folder: Path) -> Path:
    pools = sorted({cost["pool"] for cost in example["costs"] if "pool" in cost})
    rules = [
        {"id": f"to-{pool}", "when": {"RegionId": f"pool-{pool}"}, "to": f"shared:{pool}"} for pool in pools
    ]
    kept = {k: v for k, v in example.items() if k in ("splits", "policies", "sharing", "dimensions")}
    path = folder / "allocation.yaml"
    text = yaml.safe_dump({"rules": [*example.get("rules", []), *rules], **kept}, sort_keys=False)
    path.write_text(text.replace("USD", currency), "utf-8")
    return path


def posted(rows: list[tuple[Any, ...]], which: int) -> dict[str, dict[str, Decimal]]:
    """Split → account → amount over all books."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        if row[2] != "direct":
            found[row[0]][row[1]] += row[which]
    return {split: dict(accounts) for split, accounts in found.items()}


def amounts(given: dict[str, dict[str, str]]) -> dict[str, dict[str, Decimal]]:
    return {split: {a: Decimal(n) for a, n in accounts.items()} for split, accounts in given.items()}
