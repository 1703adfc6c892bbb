"""Shared cost through `tagrecon run`: from bills of two clouds and a metric file to a ledger that closes."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.bills import COLUMNS, line, write_bill

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
  - {id: step, source: 'owner:platform', method: proportional, targets: [payments, search], of: {RegionName: Ireland}, window: previous_month}
policies: {tax: spread, marketplace: 'owner:platform', support: service}
"""
USAGE = "date,target,metric,value\n2026-10-05,payments,requests,300\n2026-10-05,search,requests,100\n"
ASKED = (*COLUMNS, "PublisherName", "RegionName")


def bill() -> list[dict[str, Any]]:
    """Cost of two clouds over two months, with what no team owns."""
    owned = [
        {"cost": "30", "tags": {"team": "payments"}, "RegionName": "Ireland", "month": 9},
        {"cost": "10", "tags": {"team": "search"}, "RegionName": "Ireland", "month": 9, "ProviderName": "Microsoft"},
        {"cost": "999", "tags": {"team": "search"}, "RegionName": "Ohio", "month": 9},
        {"cost": "20.000000000000000000000001", "tags": {"team": "payments"}, "PublisherName": "Amazon Web Services"},
        {"cost": "20", "tags": {"team": "search"}, "ProviderName": "Microsoft", "PublisherName": "Microsoft"},
        {"cost": "40", "tags": {"team": "search"}, "ServiceName": "Third Eye", "PublisherName": "Third Eye Inc."},
    ]  # fmt: skip
    shared = [
        {"cost": "16", "ServiceName": "Transit"},
        {"cost": "0.1", "ServiceName": "Transit", "ProviderName": "Microsoft"},
        {"cost": "7", "ChargeCategory": "Tax", "ServiceName": ""},
        {"cost": "-0.01", "ChargeCategory": "Tax", "ProviderName": "Microsoft"},
    ]
    lines = [line(**{"ResourceId": "r-1", **each}) for each in owned]
    return [*lines, *(line(**{"ResourceId": "", **each}) for each in shared)]


def estate(folder: Path, lines: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "allocation.yaml").write_text(ALLOCATION, "utf-8")
    (folder / "usage.csv").write_text(USAGE, "utf-8")
    write_bill(folder / "exports" / "bill.csv", lines, ASKED)
    (folder / "tagrecon.yaml").write_text(
        "registry: registry.yaml\nallocation: allocation.yaml\nbilling: [{name: bill, connector: focus, location: exports/, files: parts}]\n",
        "utf-8",
    )
    return folder


def ledger(folder: Path) -> list[tuple[Any, ...]]:
    """Run the nightly job and read what it posted."""
    command = [sys.executable, "-m", "recon", "run", "--config", str(folder / "tagrecon.yaml"), "--now", "2026-11-03T06:00:00Z", "--gaps-ok"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(folder / "var" / "tagrecon.duckdb"), read_only=True) as con:
        assert con.execute(
            "SELECT DISTINCT difference_billed, difference_effective FROM closing"
        ).fetchall() == [(0, 0)]
        return con.execute(
            "SELECT entry_id, billing_period, x_ProviderId, rule_id, account, basis, weight, weight_total, rule_version, BilledCost, "
            "EffectiveCost FROM ledger ORDER BY entry_id"
        ).fetchall()  # fmt: skip


def shared(rows: list[tuple[Any, ...]]) -> dict[str, dict[str, Decimal]]:
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for _, period, _, rule, account, basis, _, _, _, billed, effective in rows:
        if basis != "direct" and period == "2026-10":
            assert billed == effective
            found[rule][account] += effective
    return {rule: dict(accounts) for rule, accounts in found.items()}


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[Any, ...]]]:
    folder = estate(tmp_path_factory.mktemp("shared") / "estate", bill())
    return folder, ledger(folder)


def test_the_nightly_run_divides_cascades_steps_down_and_follows_policies(
    posted: tuple[Path, list[tuple[Any, ...]]],
) -> None:
    found = shared(posted[1])
    assert found["transit"] == {
        "shared:transit": Decimal("-16.1"),
        "owner:search": Decimal("4.025"),
        "shared:gateway": Decimal("12.075"),
    }
    assert found["gateway"] == {
        "shared:gateway": Decimal("-12.075"),
        "owner:payments": Decimal("9.05625"),
        "owner:search": Decimal("3.01875"),
    }
    # tax lies on what the owners cost by themselves: payments 20, search 20, platform 40 of the marketplace
    tax = found["policy:tax"]
    assert tax["shared:policy:tax"] == Decimal("-6.99")
    assert tax["owner:platform"].quantize(Decimal("0.001")) == Decimal("3.495")
    # what platform bears is passed on by September's cost in Ireland: 30 to 10
    given = -found["step"]["owner:platform"]
    assert given == 40 + tax["owner:platform"]
    assert found["step"]["owner:payments"].quantize(Decimal("1e-20")) == (given * 3 / 4).quantize(
        Decimal("1e-20")
    )


def test_every_share_names_its_rule_version_weight_and_pool(
    posted: tuple[Path, list[tuple[Any, ...]]],
) -> None:
    step = [r for r in posted[1] if r[3] == "step" and r[4] == "owner:search" and r[2] == "aws"]
    [(_, _, _, _, _, basis, weight, weight_total, version, _, _)] = step
    assert basis == "proportional of the month before 10 of 40"
    assert (weight, weight_total) == ("10", "40")
    assert version.startswith("shared-1@")


def test_the_order_of_the_bill_lines_changes_nothing(
    posted: tuple[Path, list[tuple[Any, ...]]], tmp_path: Path
) -> None:
    assert ledger(estate(tmp_path / "estate", bill()[::-1])) == posted[1]


def test_another_usage_file_divides_anew_without_a_new_bill(tmp_path: Path) -> None:
    folder = estate(tmp_path / "estate", bill())
    ledger(folder)
    (folder / "usage.csv").write_text(USAGE.replace("300", "0"), "utf-8")
    assert shared(ledger(folder))["gateway"] == {
        "shared:gateway": Decimal("-12.075"),
        "owner:search": Decimal("12.075"),
    }


def test_a_restated_month_before_divides_the_next_one_anew(tmp_path: Path) -> None:
    folder = estate(tmp_path / "estate", bill())
    ledger(folder)
    lines = [
        {**each, "EffectiveCost": "50", "BilledCost": "50"} if each["BilledCost"] == "30" else each
        for each in bill()
    ]
    write_bill(folder / "exports" / "bill.csv", lines, ASKED)
    again = ledger(folder)
    [basis] = {r[5] for r in again if r[3] == "step" and r[4] == "owner:search"}
    assert basis == "proportional of the month before 10 of 60"
