"""What the lister of Azure says of an estate, over TLS on this machine and with a token of azure-identity's chain."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.azure.inventory import lister as lister_module
from connectors.azure.inventory.permissions import NEEDED, PERMISSIONS
from connectors.files.reader import open_dump
from recon.config.live import AzureScope
from recon.errors import Unreachable
from recon.snapshot.listing import Resource, Unit, Unseen
from tests.clouds.azure import GRAPH, GROUP, SUBSCRIPTION, Azure
from tests.connectors.azure_inventory.conftest import Open

ONE, TWO, THREE = (f"{n}0000000-0000-4000-8000-00000000abc{n}" for n in (1, 2, 3))
VM = f"/subscriptions/{ONE}/resourceGroups/Shop/providers/Microsoft.Compute/virtualMachines/web"


def listed(lister: Any) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for unit in lister.units():
        assert isinstance(unit, Unit)
        for resource in lister.resources(unit):
            assert isinstance(resource, Resource)
            assert resource.id.lower() not in found
            found[resource.id.lower()] = resource
    return found


@pytest.fixture
def shop(cloud: Azure) -> Azure:
    cloud.add_subscription(ONE, "Shop", {"CostCenter": "7"})
    cloud.add_group(ONE, "Shop", tags={"Env": "prod"})
    cloud.add(
        VM, "Microsoft.Compute/virtualMachines", "web", tags={"Owner": "Ann", "hidden-link:/a": "Resource"}
    )
    return cloud


def test_a_resource_carries_its_tags_as_they_are_written(shop: Azure, lister: Open) -> None:
    vm = listed(lister())[VM.lower()]
    assert (vm.provider, vm.account, vm.region, vm.name) == ("azure", ONE, "westeurope", "web")
    assert (vm.id, vm.type) == (VM, "microsoft.compute/virtualmachines")
    assert dict(vm.tags) == {"Owner": "Ann", "hidden-link:/a": "Resource"}


def test_groups_and_subscriptions_are_containers_with_tags(shop: Azure, lister: Open) -> None:
    found = listed(lister())
    group, home = found[f"/subscriptions/{ONE}/resourcegroups/shop"], found[f"/subscriptions/{ONE}"]
    assert found[VM.lower()].container == group.id == f"/subscriptions/{ONE}/resourceGroups/Shop"
    assert (group.type, dict(group.tags), group.container) == (GROUP, {"Env": "prod"}, home.id)
    assert (home.type, dict(home.tags), home.container, home.name) == (
        SUBSCRIPTION, {"CostCenter": "7"}, None, "Shop",
    )  # fmt: skip


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "lists"])
def test_live_and_file_say_the_same_of_an_estate(
    shop: Azure, lister: Open, tmp_path: Path, graph: bool
) -> None:
    shop.add(f"/subscriptions/{ONE}/providers/Microsoft.Security/x", "Microsoft.Security/pricings", "x", "")
    shop.add_subscription(TWO, "Search")
    if not graph:
        shop.hidden |= {ONE, TWO}
    rows = [
        {"id": f"/subscriptions/{own}", "name": said["displayName"], "type": SUBSCRIPTION, "location": "",
         "subscriptionId": own, "tags": said["tags"]}
        for own, said in shop.subscriptions.items()
    ]  # fmt: skip
    rows += [{**row, "subscriptionId": row["id"].split("/")[2]} for row in shop.rows]
    dump = tmp_path / "resources.json"
    dump.write_text(json.dumps({"count": len(rows), "data": rows}))
    con = duckdb.connect()
    read = con.execute(
        "SELECT account, coalesce(region, ''), type, id, name, coalesce(nullif(tags, 'null'), '{}') "
        f"FROM {open_dump(con, dump, 'd').relation}"
    ).fetchall()
    live = [(r.account, r.region, r.type, r.id, r.name, dict(r.tags)) for r in listed(lister()).values()]
    key = lambda row: row[3]  # noqa: E731
    assert sorted(live, key=key) == sorted(((*row[:5], json.loads(row[5])) for row in read), key=key)


@pytest.mark.parametrize("hidden", [False, True], ids=["graph", "lists"])
def test_hostile_values_come_through_byte_for_byte(shop: Azure, lister: Open, hidden: bool) -> None:
    tags = {
        "k": "=cmd|'/c'!A1",
        "X": "\x1b[31m\u202e<b>\x00",
        "größe": "é e\u0301 日本",
        "e": "",
        "d": "2026-01-01T00:00:00Z",
        "n": "007",
    }
    shop.rows[-1]["tags"] = {**tags, "gone": None}
    shop.hidden |= {ONE} if hidden else set()
    assert dict(listed(lister())[VM.lower()].tags) == tags


def test_all_pages_are_read(cloud: Azure, lister: Open) -> None:
    cloud.add_subscription(ONE)
    for n in range(2500):
        cloud.add(f"/subscriptions/{ONE}/resourceGroups/g/providers/a/b/{n}", "a/b", f"{n}")
    assert len(listed(lister())) == 2501
    assert cloud.count(GRAPH) == 4


def test_lists_follow_absolute_links_with_a_skip_token(cloud: Azure, lister: Open) -> None:
    for own in (ONE, TWO, THREE):
        cloud.add_subscription(own)
    cloud.hidden, cloud.page = {ONE}, 2
    for n in range(5):
        cloud.add_group(ONE, f"g{n}")
        cloud.add(f"/subscriptions/{ONE}/resourceGroups/g/providers/a/b/{n}", "a/b", f"{n}")
    assert len(listed(lister())) == 13
    assert [cloud.count(f"{ONE}/{kind}") for kind in ("resources", "resourcegroups")] == [3, 3]
    assert cloud.count("/subscriptions?") == 2


def test_an_empty_estate_has_no_units(cloud: Azure, lister: Open) -> None:
    assert list(lister().units()) == []


def test_an_empty_subscription_is_there_with_nothing_in_it(cloud: Azure, lister: Open) -> None:
    cloud.add_subscription(ONE)
    assert set(listed(lister())) == {f"/subscriptions/{ONE}"}


def test_many_subscriptions_are_asked_about_together(
    cloud: Azure, lister: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lister_module, "BATCH", 3)
    for n in range(7):
        own = f"{n}0000000-0000-4000-8000-000000000000"
        cloud.add_subscription(own)
        cloud.add(f"/subscriptions/{own}/resourceGroups/g/providers/a/b/{n}", "a/b", f"{n}")
    one = lister()
    units = [unit for unit in one.units() if isinstance(unit, Unit)]
    assert len({unit.key for unit in units}) == len(units) == 3
    assert [unit.account for unit in units] == ["", "", "60000000-0000-4000-8000-000000000000"]
    assert len(listed(one)) == 14
    assert cloud.count(GRAPH) == 6
    assert [unit.key for unit in lister().units() if isinstance(unit, Unit)] == [unit.key for unit in units]


def test_a_unit_of_subscriptions_that_are_gone_is_missing(shop: Azure, lister: Open) -> None:
    with pytest.raises(Unreachable, match="none of the subscriptions") as told:
        list(lister().resources(Unit(TWO, "azure", TWO)))
    assert told.value.kind == "missing"


def test_a_deleted_subscription_is_left_out_and_a_disabled_one_not(cloud: Azure, lister: Open) -> None:
    cloud.add_subscription(ONE, state="Deleted")
    cloud.add_subscription(TWO, state="Disabled")
    assert [unit.account for unit in lister().units()] == [TWO]


def test_a_configured_subscription_that_is_not_shown_is_a_gap(cloud: Azure, lister: Open) -> None:
    cloud.add_subscription(ONE)
    cloud.add_subscription(TWO)
    gap, unit = lister(AzureScope(subscriptions=(THREE, ONE.upper()))).units()
    assert isinstance(gap, Unseen) and isinstance(unit, Unit)
    assert (gap.account, gap.kind, gap.permission) == (
        THREE,
        "denied",
        "Microsoft.Resources/subscriptions/read",
    )
    assert unit.account == ONE


def test_a_management_group_means_the_subscriptions_below_it(cloud: Azure, lister: Open) -> None:
    for own in (ONE, TWO, THREE):
        cloud.add_subscription(own)
    cloud.parents = {ONE: {"shop"}, TWO: {"shop"}}
    found = listed(lister(AzureScope(management_groups=("shop",), subscriptions=(ONE,))))
    assert set(found) == {f"/subscriptions/{ONE}", f"/subscriptions/{TWO}"}


def test_two_units_are_listed_at_once(cloud: Azure, lister: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lister_module, "BATCH", 1)
    for own in (ONE, TWO):
        cloud.add_subscription(own)
        for n in range(1500):
            cloud.add(f"/subscriptions/{own}/resourceGroups/g/providers/a/b/{n}", "a/b", f"{n}")
    one = lister()
    units = [unit for unit in one.units() if isinstance(unit, Unit)]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda unit: [r.account for r in one.resources(unit)], units)
    assert (len(first), set(first)) == (1501, {ONE})
    assert (len(second), set(second)) == (1501, {TWO})
    assert one.calls["resourcegraph:Resources"] == cloud.count(GRAPH) == 6


def test_rows_come_while_later_pages_are_not_asked_for(cloud: Azure, lister: Open) -> None:
    cloud.add_subscription(ONE)
    for n in range(30):
        cloud.add(f"/subscriptions/{ONE}/resourceGroups/g/providers/a/b/{n}", "a/b", f"{n}")
    cloud.graph_page = 10
    one = lister()
    (unit,) = one.units()
    rows = iter(one.resources(unit))
    next(rows), next(rows)
    assert cloud.count(GRAPH) == 2


def test_nothing_is_asked_for_that_is_not_declared_or_that_writes(shop: Azure, lister: Open) -> None:
    shop.add_subscription(TWO)
    shop.hidden = {TWO}
    one = lister()
    list(one.probe())
    listed(one)
    assert shop.wrote == []
    assert set(one.calls) == set(NEEDED)
    assert sum(one.calls.values()) == len(shop.asked)
    assert set(NEEDED.values()) == set(PERMISSIONS)
    assert shop.tokens == {"Bearer loopback-token"}


def test_the_credential_of_another_cloud_asks_there(
    cloud: Azure, lister: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_RESOURCE_MANAGER_URL")
    clients = lister(AzureScope(cloud="china"))._clients
    assert (clients.url, clients._scopes) == (
        "https://management.chinacloudapi.cn",
        ["https://management.chinacloudapi.cn/.default"],
    )


def test_configuration_and_command_line_do_not_load_the_sdk() -> None:
    code = (
        "import sys, recon.config.live, recon.cli, connectors.azure.inventory.permissions\n"
        "print([m for m in sys.modules if m.startswith(('azure', 'msal'))])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
