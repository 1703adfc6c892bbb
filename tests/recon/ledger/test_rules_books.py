"""Rules over whole runs: places from the inventory, dimensions that sum to the bill, the default, and dates."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bills import COLUMNS, line, work, write_bill, write_config

GROUP = "/subscriptions/s-1/resourceGroups/RG-Search/providers/microsoft.compute/virtualmachines/vm"
INVENTORY = [
    ("aws", "organizations:root", "r-1", "Root", ""),
    ("aws", "organizations:ou", "ou-1", "Prod/EU", "r-1"),
    ("aws", "organizations:ou", "ou-2", "payments", "ou-1"),
    ("aws", "organizations:account", "acc-111", "shop", "ou-2", "111"),
    ("aws", "organizations:account", "acc-222", "lab", "", "222"),
]
REGISTRY = """\
version: 1
owner: cost-center
keys:
  cost-center: {required: true, values: {list: [payments, search, platform]}}
  app:
"""


def estate(folder: Path, allocation: str, lines: list[dict[str, Any]], columns: tuple[str, ...] = ()) -> Path:
    """A configuration with a bill, an inventory of an organization, and these rules."""
    config = write_config(folder, more="inventory: [{name: org, location: dumps/}]\n")
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "allocation.yaml").write_text(allocation, "utf-8")
    write_bill(folder / "exports" / "bill.csv", lines, (*COLUMNS, *columns))
    (folder / "dumps").mkdir()
    with (folder / "dumps" / "org.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["provider", "type", "id", "name", "container", "account", "observed_at"])
        for row in INVENTORY:
            writer.writerow([*row[:5], row[5] if len(row) > 5 else "999", "2026-10-01T00:00:00Z"])
    return config


def asked(config: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(work(config).store), read_only=True) as con:
        return con.execute(query).fetchall()


DIMENSION = "SELECT value, rule_id, account, billed, charges FROM base.dimension_sum WHERE dimension = '{}' ORDER BY ALL"
LEDGER = "SELECT account, rung, rule_id, BilledCost FROM ledger ORDER BY ALL"


def test_an_account_lies_in_the_folders_of_the_inventory_and_is_called_as_it_says(tmp_path: Path) -> None:
    allocation = (
        "dimensions:\n"
        "  path: {rules: [{id: p, when: {'account:folder': Root/Prod%2FEU/payments}, value: there}]}\n"
        "  name: {rules: [{id: n, when: {all: []}, value: {inherit: account_name}}]}\n"
        "rules: [{id: f, when: {all: []}, to: {inherit: folder}}]\n"
    )
    lines = [line(SubAccountId="111"), line(SubAccountId="222"), line(SubAccountId="333")]
    config = estate(tmp_path, allocation, lines)
    by_account = "SELECT account, rule_id, sum(BilledCost) FROM ledger GROUP BY ALL ORDER BY ALL"
    assert asked(config, by_account)[0] == ("owner:payments", "f", Decimal("1.25"))
    assert [row[1] for row in asked(config, by_account)[1:]] == [None] * (len(asked(config, by_account)) - 1)
    assert asked(config, DIMENSION.format("path"))[0][:2] == ("there", "p")
    assert [row[0] for row in asked(config, DIMENSION.format("name"))] == ["lab", "shop", None]


def test_the_name_on_the_bill_counts_before_the_inventorys(tmp_path: Path) -> None:
    allocation = "dimensions: {name: {rules: [{id: n, when: {all: []}, value: {inherit: account_name}}]}}\n"
    lines = [
        line(SubAccountId="111", SubAccountName="Billed name"),
        line(SubAccountId="222", SubAccountName=""),
    ]
    config = estate(tmp_path, allocation, lines, ("SubAccountName",))
    assert [row[0] for row in asked(config, DIMENSION.format("name"))] == ["Billed name", "lab"]


def test_a_resource_group_comes_from_the_resource_or_from_the_bills_own_column(tmp_path: Path) -> None:
    allocation = "rules: [{id: g, when: {resource_group: [rg-search, RG-OTHER]}, to: 'owner:search'}]\n"
    lines = [
        line(ProviderName="Microsoft", ResourceId=GROUP),
        line(ProviderName="Microsoft", ResourceId="", x_ResourceGroupName="rg-Other", cost="2"),
        line(ProviderName="Microsoft", ResourceId="", cost="4"),
    ]
    config = estate(tmp_path, allocation, lines, ("x_ResourceGroupName",))
    by_rule = [row[3] for row in asked(config, LEDGER) if row[:3] == ("owner:search", "rule", "g")]
    assert sum(by_rule) == Decimal("3.25")


def test_a_tag_that_nobody_requires_is_read_from_the_bill(tmp_path: Path) -> None:
    allocation = (
        "dimensions: {app: {rules: [{id: a, when: {all: []}, value: {inherit: 'tag:app'}}], default: none}}\n"
    )
    lines = [line(tags={"APP": "basket"}), line(tags={"cost-center": "search"}, cost="2")]
    config = estate(tmp_path, allocation, lines)
    found = [row[:2] + row[3:] for row in asked(config, DIMENSION.format("app"))]
    assert found == [("basket", "a", Decimal("1.25"), 1), ("none", "default", Decimal(2), 1)]


def test_the_default_pays_what_nothing_else_gives_and_pools_that_nobody_divides(tmp_path: Path) -> None:
    allocation = (
        "rules: [{id: lost, when: {ServiceName: Transit}, to: 'shared:nowhere'}]\ndefault: 'owner:platform'\n"
        "splits: [{id: tax, source: 'shared:tax', method: even, targets: [search]}]\n"
    )
    lines = [
        line(tags={"cost-center": "search"}, cost="1"), line(tags={}, cost="2", ResourceId="r-2"),
        line(ServiceName="Transit", cost="4"), line(ChargeCategory="Tax", ResourceId="", cost="8"),
        line(ChargeCategory="Credit", ResourceId="", cost="-16"),
    ]  # fmt: skip
    config = estate(tmp_path, allocation, lines)
    sums = "SELECT account, rung, rule_id, sum(BilledCost) FROM ledger WHERE basis = 'direct' GROUP BY ALL ORDER BY ALL"
    assert asked(config, sums) == [
        ("owner:platform", "default", "default", Decimal(2 + 4 - 16)),
        ("owner:search", "billed", None, Decimal(1)),
        ("shared:tax", None, None, Decimal(8)),
    ]


def test_a_rule_by_day_and_a_rule_by_period_hold_from_their_beginning(tmp_path: Path) -> None:
    allocation = (
        "dimensions:\n  d:\n    rules:\n"
        "    - {id: day, when: {x_ChargeDate: {from: 2026-09-10}}, value: late, to_period: 2026-09}\n"
        "    - {id: month, when: {all: []}, value: october, from: 2026-10}\n"
    )
    lines = [line(9, month=9), line(10, "2", month=9), line(1, "4", month=10)]
    config = estate(tmp_path, allocation, lines)
    assert [(row[0], row[3]) for row in asked(config, DIMENSION.format("d"))] == [
        ("late", Decimal(2)), ("october", Decimal(4)), (None, Decimal("1.25")),
    ]  # fmt: skip


def test_rules_without_any_column_hold_for_every_charge(tmp_path: Path) -> None:
    config = estate(
        tmp_path, "rules: [{id: all, when: {all: []}, to: 'owner:search'}]\n", [line(), line(6, "2")]
    )
    assert asked(config, LEDGER) == [("owner:search", "rule", "all", Decimal("3.25"))]


def test_a_dimension_that_is_no_longer_written_has_no_sums(tmp_path: Path) -> None:
    config = estate(tmp_path, "dimensions: {d: {default: x}}\n", [line()])
    assert [row[0] for row in asked(config, DIMENSION.format("d"))] == ["x"]
    (tmp_path / "allocation.yaml").write_text("dimensions: {e: {default: x}}\n", "utf-8")
    assert asked(config, DIMENSION.format("d")) == []


MONEY = st.decimals(-1000, 1000, places=6).map(str)
LINES = st.lists(
    st.builds(
        lambda day, cost, account, service, tag, kind, currency: line(
            day, cost, SubAccountId=account, ServiceName=service, ChargeCategory=kind, BillingCurrency=currency,
            tags={"app": tag} if tag else {},
        ),
        st.integers(1, 28), MONEY, st.sampled_from(["111", "222", ""]), st.sampled_from(["Compute", "Transit", ""]),
        st.sampled_from(["basket", "Basket", None]), st.sampled_from(["Usage", "Tax", "Credit"]), st.sampled_from(["USD", "EUR"]),
    ),
    min_size=1, max_size=12,
)  # fmt: skip
TESTED = st.sampled_from([
    "{SubAccountId: '111'}", "{ServiceName: {prefix: Comp}}", "{'tag:app': {present: true}}", "{not: {ServiceName: Transit}}",
    "{x_ChargeDate: {from: 2026-10-10}}", "{'account:name': {absent: true}}", "{x_Class: tax}",
])  # fmt: skip
GIVEN = st.sampled_from(["one", "two", "{inherit: account_name}", "{inherit: 'tag:app', transform: lower}"])


@settings(max_examples=8, deadline=None)
@given(LINES, st.lists(st.tuples(TESTED, GIVEN), max_size=4), st.booleans())
def test_each_dimension_sums_to_the_charges_of_every_book(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[dict[str, Any]],
    rules: list[tuple[str, str]],
    default: bool,
) -> None:
    written = "".join(
        f"      - {{id: r{n}, when: {when}, value: {value}}}\n" for n, (when, value) in enumerate(rules)
    )
    allocation = "dimensions:\n  plain: {}\n  d:\n" + (f"    rules:\n{written}" if rules else "")
    allocation += "    default: rest\n" if default or not rules else ""
    config = estate(tmp_path_factory.mktemp("books"), allocation, lines)
    sums = "SELECT dimension, book_no, sum(billed), sum(effective), sum(charges) FROM base.dimension_sum GROUP BY ALL"
    charges = "SELECT n.name, book_no, sum(billed), sum(effective), count(*) FROM base.charge, (VALUES ('plain'), ('d')) n(name) GROUP BY ALL"
    found = asked(config, f"SELECT * FROM ({sums}) ORDER BY ALL")
    assert found and found == asked(config, f"SELECT * FROM ({charges}) ORDER BY ALL")
