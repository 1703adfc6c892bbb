"""What the lister of Google Cloud says of an estate, over gRPC on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from connectors.files.reader import open_dump
from connectors.gcp.inventory.permissions import NEEDED, PERMISSIONS
from recon.snapshot.listing import Resource, Unit
from tests.clouds.gcp import GET_PROJECT, SEARCH, SEARCH_FOLDERS, SEARCH_PROJECTS, GoogleCloud
from tests.connectors.gcp_inventory.conftest import Open

CRM = "//cloudresourcemanager.googleapis.com/"
VM = "//compute.googleapis.com/projects/shop-prod/zones/us-central1-a/instances/web"
INSTANCE = "compute.googleapis.com/Instance"


def listed(lister: object) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for unit in lister.units():  # type: ignore[attr-defined]
        for resource in lister.resources(unit):  # type: ignore[attr-defined]
            assert isinstance(resource, Resource)
            assert resource.id not in found
            found[resource.id] = resource
    return found


@pytest.fixture
def shop(cloud: GoogleCloud) -> GoogleCloud:
    cloud.add_folder(7, "organizations/1", "Retail", tags=[("1/env", "prod")])
    cloud.add_project("shop-prod", 42, "folders/7", {"team": "shop"}, "Shop", tags=[("1/tier", "gold")])
    cloud.add(
        VM, INSTANCE, "projects/42", location="us-central1-a", labels={"app": "web"}, display_name="web",
        folders=["folders/7"], additional_attributes={"id": "8675309"},
        inherited={f"{CRM}projects/42": [("1/tier", "gold")], f"{CRM}folders/7": [("1/env", "prod")]},
    )  # fmt: skip
    return cloud


def test_a_resource_carries_its_labels_and_lies_in_its_project(shop: GoogleCloud, lister: Open) -> None:
    vm = listed(lister())[VM]
    assert (vm.provider, vm.account, vm.region, vm.type) == ("gcp", "shop-prod", "us-central1-a", INSTANCE)
    assert (vm.name, vm.container, dict(vm.tags)) == ("web", f"{CRM}projects/shop-prod", {"app": "web"})


def test_inherited_tags_stand_on_the_container_and_not_on_the_resource(
    shop: GoogleCloud, lister: Open
) -> None:
    found = listed(lister())
    project, folder = found[f"{CRM}projects/shop-prod"], found[f"{CRM}folders/7"]
    assert dict(project.tags) == {"tier": "gold", "team": "shop"}
    assert (project.account, project.container) == ("shop-prod", folder.id)
    assert (dict(folder.tags), folder.account, folder.container) == (
        {"env": "prod"}, "", f"{CRM}organizations/1",
    )  # fmt: skip


def test_keys_are_those_of_the_bill(cloud: GoogleCloud, lister: Open) -> None:
    """connectors/gcp/billing_export.sql: beside labels a tag, below inherited tags a project's label."""
    tags = [("1/env", "b"), ("1/tier", "1"), ("shop-prod/tier", "2")]
    cloud.add_project("shop-prod", 42, labels={"env": "a", "team": "t"}, tags=tags)
    cloud.add(VM, INSTANCE, "projects/42", labels={"env": "a"}, tags=tags)
    found = listed(lister())
    assert dict(found[VM].tags) == {"env": "a", "tag/1/env": "b", "tier": "1", "tag/shop-prod/tier": "2"}
    assert dict(found[f"{CRM}projects/shop-prod"].tags) == {
        "env": "b", "project_label/env": "a", "team": "t", "tier": "1", "tag/shop-prod/tier": "2",
    }  # fmt: skip


def test_containers_above_a_scope_are_told_by_the_tags_that_they_hand_down(
    shop: GoogleCloud, lister: Open
) -> None:
    found = listed(lister("projects/shop-prod"))
    folder = found[f"{CRM}folders/7"]
    assert (dict(folder.tags), folder.type) == (
        {"env": "prod"},
        "cloudresourcemanager.googleapis.com/Folder",
    )
    assert set(found) == {VM, f"{CRM}projects/shop-prod", folder.id}


def test_other_names_of_a_bill_go_along(shop: GoogleCloud, lister: Open) -> None:
    shop.add("//storage.googleapis.com/bills", "storage.googleapis.com/Bucket", "projects/42")
    shop.add("//run.googleapis.com/projects/42/locations/r/jobs/j", "run.googleapis.com/Job", "projects/42")
    found = listed(lister())
    home = "//compute.googleapis.com/projects/{}/zones/us-central1-a/instances/{}"
    assert set(found[VM].also) == {
        home.format(project, name) for project in ("shop-prod", "42") for name in ("web", "8675309")
    } - {VM}
    bucket = found["//storage.googleapis.com/bills"]
    assert bucket.also == ("bills", "//storage.googleapis.com/projects/_/buckets/bills")
    assert bucket.account == "shop-prod"
    job = found["//run.googleapis.com/projects/42/locations/r/jobs/j"]
    assert (job.account, job.also) == (
        "shop-prod",
        ("//run.googleapis.com/projects/shop-prod/locations/r/jobs/j",),
    )
    assert found[f"{CRM}projects/shop-prod"].also == (f"{CRM}projects/42",)


def test_a_project_asset_named_by_its_number_goes_by_its_id(cloud: GoogleCloud, lister: Open) -> None:
    cloud.add_project("shop-prod", 42, listed=False)
    cloud.add(f"{CRM}projects/42", "cloudresourcemanager.googleapis.com/Project", "projects/42")
    project = listed(lister())[f"{CRM}projects/shop-prod"]
    assert (project.account, project.also) == ("shop-prod", (f"{CRM}projects/42",))


def test_all_pages_are_read_short_ones_too(cloud: GoogleCloud, lister: Open) -> None:
    cloud.add_project("shop-prod", 42)
    for n in range(1201):
        cloud.add(
            f"//pubsub.googleapis.com/projects/shop-prod/topics/{n}",
            "pubsub.googleapis.com/Topic",
            "projects/42",
        )
    assert len(listed(lister())) == 1202
    assert cloud.called.count(SEARCH) == 3
    cloud.page = 400
    assert len(listed(lister())) == 1202


def test_projects_and_folders_have_pages_too(cloud: GoogleCloud, lister: Open) -> None:
    for n in range(5):
        cloud.add_project(f"shop-{n}", 40 + n)
        cloud.add_folder(n, "organizations/1", f"F{n}")
    cloud.page = 2
    assert len(listed(lister())) == 10
    assert (cloud.called.count(SEARCH_PROJECTS), cloud.called.count(SEARCH_FOLDERS)) == (3, 3)


def test_an_empty_estate_has_no_resources(cloud: GoogleCloud, lister: Open) -> None:
    assert listed(lister()) == {}


def test_a_project_that_the_search_does_not_know_yet_is_there(cloud: GoogleCloud, lister: Open) -> None:
    cloud.add_folder(7, "organizations/1", "Retail")
    cloud.add_project("new-one", 43, "folders/7", {"team": "shop"}, listed=False)
    cloud.add_project("elsewhere", 44, "organizations/2", listed=False)
    found = listed(lister())
    assert dict(found[f"{CRM}projects/new-one"].tags) == {"team": "shop"}
    assert f"{CRM}projects/elsewhere" not in found


def test_a_project_scope_is_there_before_the_search_knows_it(cloud: GoogleCloud, lister: Open) -> None:
    cloud.add_project("new-one", 43, "", {"team": "shop"}, listed=False)
    (project,) = listed(lister("projects/new-one")).values()
    assert (project.account, project.container, dict(project.tags)) == ("new-one", None, {"team": "shop"})


def test_a_project_that_resource_manager_hides_goes_by_the_id_that_names_tell(
    shop: GoogleCloud, lister: Open
) -> None:
    shop.add("//storage.googleapis.com/bills", "storage.googleapis.com/Bucket", "projects/42")
    shop.projects.clear()
    assert listed(lister())["//storage.googleapis.com/bills"].account == "shop-prod"


def test_only_configured_types_are_asked_for_and_containers_with_them(
    shop: GoogleCloud, lister: Open
) -> None:
    shop.add("//storage.googleapis.com/bills", "storage.googleapis.com/Bucket", "projects/42")
    found = listed(lister(types=("storage.googleapis.com.*",)))
    assert set(found) == {"//storage.googleapis.com/bills", f"{CRM}projects/shop-prod", f"{CRM}folders/7"}


def test_hostile_values_come_through_byte_for_byte(cloud: GoogleCloud, lister: Open) -> None:
    labels = {"k": "=cmd|'/c'!A1", "x": "\x1b[31m\u202e<script>\x00", "größe": "é e\u0301 日本", "e": ""}
    cloud.add_project("shop-prod", 42)
    cloud.add(VM, INSTANCE, "projects/42", labels=labels)
    assert dict(listed(lister())[VM].tags) == labels


def test_a_scope_within_another_is_no_unit_of_its_own(shop: GoogleCloud, lister: Open) -> None:
    one = lister("organizations/1", "folders/7", "projects/shop-prod", "organizations/1", "organizations/2")
    units = [unit for unit in one.units() if isinstance(unit, Unit)]
    assert [unit.key for unit in units] == ["organizations/1", "organizations/2"]
    assert {unit.share for unit in units} == {"cloudasset"}


def test_a_project_scope_is_one_account_by_its_id(shop: GoogleCloud, lister: Open) -> None:
    (unit,) = lister("projects/42").units()
    assert (unit.key, unit.account) == ("projects/42", "shop-prod")
    assert shop.called == [GET_PROJECT]


def test_two_units_are_listed_at_once(cloud: GoogleCloud, lister: Open) -> None:
    for org in (1, 2):
        cloud.add_project(f"shop-{org}", org, f"organizations/{org}")
        for n in range(600):
            cloud.add(
                f"//s/projects/shop-{org}/t/{n}",
                "s/T",
                f"projects/{org}",
                organization=f"organizations/{org}",
            )
    for project in cloud.assets:
        if project.parent_full_resource_name:
            project.organization = project.parent_full_resource_name.removeprefix(CRM)
    one = lister("organizations/1", "organizations/2")
    units = [unit for unit in one.units() if isinstance(unit, Unit)]
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda unit: [r.account for r in one.resources(unit)], units)
    assert (len(first), set(first)) == (601, {"shop-1"})
    assert (len(second), set(second)) == (601, {"shop-2"})
    assert one.calls["cloudasset:SearchAllResources"] == 4


def test_rows_come_while_later_pages_are_not_asked_for(cloud: GoogleCloud, lister: Open) -> None:
    cloud.add_project("shop-prod", 42)
    for n in range(1000):
        cloud.add(f"//s/projects/shop-prod/t/{n}", "s/T", "projects/42")
    one = lister()
    (unit,) = one.units()
    rows = iter(one.resources(unit))
    next(rows)
    assert cloud.called.count(SEARCH) == 1


def test_live_and_file_say_the_same_of_an_estate(shop: GoogleCloud, lister: Open, tmp_path: Path) -> None:
    shop.add("//storage.googleapis.com/bills", "storage.googleapis.com/Bucket", "projects/42", location="us")
    dump = tmp_path / "assets.jsonl"
    dump.write_text(
        "\n".join(
            json.dumps(
                {
                    "name": a.name, "assetType": a.asset_type, "project": a.project or None,
                    "location": a.location or None, "displayName": a.display_name or None,
                    "labels": dict(a.labels),
                }
            )
            for a in shop.assets
        )
    )  # fmt: skip
    con = duckdb.connect()
    rows = con.execute(
        f"SELECT coalesce(account, ''), coalesce(region, ''), type, id, name FROM {open_dump(con, dump, 'd').relation}"
    ).fetchall()
    assert set(rows) == {(r.account, r.region, r.type, r.id, r.name) for r in listed(lister()).values()}


def test_nothing_is_asked_for_that_is_not_declared_or_that_writes(shop: GoogleCloud, lister: Open) -> None:
    one = lister("organizations/1", "projects/shop-prod")
    list(one.probe())
    listed(one)
    listed(lister("projects/shop-prod"))
    assert set(shop.called) == {SEARCH, SEARCH_PROJECTS, SEARCH_FOLDERS, GET_PROJECT}
    counted = {
        f"{'cloudasset' if 'asset' in m else 'cloudresourcemanager'}:{m.rpartition('/')[2]}"
        for m in shop.called
    }
    assert counted == set(NEEDED)
    assert set(NEEDED.values()) < set(PERMISSIONS)


def test_every_field_that_is_read_is_asked_for(shop: GoogleCloud, lister: Open) -> None:
    listed(lister())
    asked = next(r for m, r in zip(shop.called, shop.requests, strict=True) if m == SEARCH)
    paths = set(type(asked).pb(asked).read_mask.paths)
    assert {"labels", "tags", "effective_tags", "project", "folders"} <= paths
    assert (asked.page_size, asked.order_by) == (500, "name")


def test_configuration_and_command_line_do_not_load_the_sdk() -> None:
    code = (
        "import sys, recon.config.live, recon.cli, connectors.gcp.inventory.permissions\n"
        "print([m for m in sys.modules if m.startswith(('grpc', 'google.cloud', 'google.auth'))])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
