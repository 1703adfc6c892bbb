"""What does the writer of Google Cloud put on resources, and with which requests and locks?"""

from __future__ import annotations

import pytest

from connectors.gcp.inventory.lister import open_lister
from connectors.gcp.writer import open_writer
from connectors.gcp.writer.permissions import WRITE_PERMISSIONS
from connectors.gcp.writer.ways import WAYS, way_of
from connectors.gcp.writer.writer import GcpWriter
from recon.config.live import GcpScope
from recon.fix.writing import Done, Failed, Seen, Writer
from recon.snapshot.listing import Resource, Unit
from tests.clouds.gcp import GoogleCloud
from tests.clouds.gcp_manager import LIST_BINDINGS, UPDATE_PROJECT
from tests.clouds.waits import Waits
from tests.connectors.gcp_writer.conftest import (
    BUCKET,
    CLUSTER,
    DATABASE,
    DATASET,
    FOLDER,
    IMAGE,
    LABELLED,
    PROJECT,
    TABLE,
    VM,
    change,
    edit,
    everything,
    read,
    target,
    write,
)

_SCOPE = GcpScope(scopes=("organizations/1",))


def test_it_is_a_writer_whose_writes_the_cloud_fences(cloud: GoogleCloud) -> None:
    opened: Writer = open_writer(_SCOPE, Waits().pace())
    assert (opened.provider, opened.fenced, opened.actor) == ("gcp", True, "")
    opened.close()
    assert cloud.called == cloud.rest.asked == []


@pytest.mark.parametrize("name", [*LABELLED, IMAGE])
def test_a_change_touches_its_keys_alone(cloud: GoogleCloud, writer: GcpWriter, name: str) -> None:
    before = everything(cloud)
    assert read(writer, name).tags == before[name][0]
    assert isinstance(change(writer, name, "tier", environment="prod"), Done)
    labels, tags = before.pop(name)
    now = everything(cloud)
    assert now.pop(name) == ({"team": labels["team"], "environment": "prod"}, tags)
    assert now == before
    assert len(cloud.rest.wrote) + cloud.called.count(UPDATE_PROJECT) == 1


def test_the_requests_are_those_of_each_service(cloud: GoogleCloud, writer: GcpWriter) -> None:
    seen = {name: read(writer, name) for name in LABELLED}
    cloud.rest.asked.clear()
    for name in LABELLED:
        write(writer, edit(name, "tier", environment="prod"), seen[name])
    labels = {"environment": "prod", "team": "shop"}
    lock = cloud.labels
    fresh = {name: lock.versions.pop(name) for name in LABELLED}  # what was given back is the lock of before
    assert set(fresh.values()) == {2}
    base = "projects/shop-prod"
    assert [each for each in cloud.rest.asked if each[0] != "GET"] == [
        ("POST", f"/compute/v1/{base}/zones/us-b/instances/web/setLabels",
         {"labels": labels, "labelFingerprint": lock.lock(VM)}),
        ("POST", f"/v1/{base}/locations/us-b/clusters/main:setResourceLabels",
         {"resourceLabels": labels, "labelFingerprint": lock.lock(CLUSTER)}),
        ("PATCH", "/storage/v1/b/bills.shop.example?ifMetagenerationMatch=1&projection=noAcl",
         {"labels": {**labels, "tier": None}}),
        ("PATCH", f"/bigquery/v2/{base}/datasets/sales", {"labels": {**labels, "tier": None}}),
        ("PATCH", f"/bigquery/v2/{base}/datasets/sales/tables/orders", {"labels": {**labels, "tier": None}}),
        ("PATCH", f"/v1/{base}/instances/orders",
         {"settings": {"userLabels": {**labels, "tier": None}, "settingsVersion": "1"}}),
    ]  # fmt: skip
    assert {method.rpartition("/")[2] for method in cloud.called} == {
        "GetProject", "ListEffectiveTags", "UpdateProject"
    }  # fmt: skip


def test_a_resource_without_labels_gets_its_first(cloud: GoogleCloud, writer: GcpWriter) -> None:
    for name in LABELLED:
        cloud.labels.write(name, {})
        assert isinstance(change(writer, name, environment="prod"), Done)
        assert cloud.labels.of(name) == {"environment": "prod"}
        assert isinstance(change(writer, name, "environment"), Done)
        assert cloud.labels.of(name) == {}


def test_a_changed_label_shows_in_the_next_listing(cloud: GoogleCloud, writer: GcpWriter) -> None:
    for name in (VM, PROJECT):
        change(writer, name, environment="prod")
    lister = open_lister(_SCOPE, Waits().pace())
    listed = [one for unit in lister.units() if isinstance(unit, Unit) for one in lister.resources(unit)]
    tags = {one.id: one.tags for one in listed if isinstance(one, Resource)}
    assert (tags[VM]["environment"], tags[PROJECT]["environment"]) == ("prod", "prod")
    lister.close()


def test_what_already_says_so_needs_no_request(cloud: GoogleCloud, writer: GcpWriter) -> None:
    assert change(writer, VM, "absent", team="shop") == Done()
    assert cloud.rest.wrote == []


@pytest.mark.parametrize("polls", [0, 1, 3])
def test_an_operation_is_waited_for_by_the_clock(
    cloud: GoogleCloud, writer: GcpWriter, clock: Waits, polls: int
) -> None:
    cloud.rest.polls = cloud.manager.polls = polls
    for count, name in enumerate((VM, IMAGE, CLUSTER, DATABASE, PROJECT), 1):
        told = change(writer, name, environment="prod")
        assert isinstance(told, Done) and told.request
        assert sum(clock.slept) == 2 * polls * count
    asked = [path for method, path, _ in cloud.rest.asked if method == "GET" and "/operations/" in path]
    homes = ("compute/v1/projects/shop-prod/zones/us-b", "compute/v1/projects/shop-prod/global",
             "v1/projects/shop-prod/locations/us-b", "v1/projects/shop-prod")  # fmt: skip
    assert {path.partition("/operations/")[0] for path in asked} == (
        {f"/{home}" for home in homes} if polls else set()
    )


# ── tags ────────────────────────────────────────────────────────────────────────────────────────────────────────────

KEY = "123456789012/cost-center"


@pytest.mark.parametrize("name", [*LABELLED, FOLDER])
def test_a_namespaced_key_is_a_tag_bound_and_unbound(
    cloud: GoogleCloud, writer: GcpWriter, name: str
) -> None:
    cloud.manager.values = {f"{KEY}/cc-1", f"{KEY}/cc-2"}
    before = everything(cloud)
    assert isinstance(change(writer, name, **{KEY: "cc-1"}), Done)
    assert everything(cloud) == {**before, name: (before[name][0], {KEY: "cc-1"})}
    assert read(writer, name).tags == {**before[name][0], KEY: "cc-1"}
    assert isinstance(change(writer, name, KEY), Done)
    assert everything(cloud) == before
    assert cloud.rest.wrote == []


def test_inherited_tags_are_not_the_resources_own(cloud: GoogleCloud, writer: GcpWriter) -> None:
    disk = "//compute.googleapis.com/projects/shop-prod/zones/us-b/disks/d"
    cloud.add(disk, "compute.googleapis.com/Disk", "projects/42", inherited={FOLDER: [(KEY, "cc-1")]})
    assert read(writer, disk).tags == {}
    assert LIST_BINDINGS not in cloud.called


def test_a_tag_of_another_value_is_not_exchanged(cloud: GoogleCloud, writer: GcpWriter) -> None:
    cloud.manager.values = {f"{KEY}/cc-2"}
    cloud.manager.retag(VM, KEY, "cc-1")
    told = change(writer, VM, **{KEY: "cc-2"})
    assert isinstance(told, Failed) and told.kind == "unsupported"
    assert cloud.manager.tags_of(VM) == {KEY: "cc-1"}
    assert change(writer, VM, **{KEY: "cc-1"}) == Done()


def test_labels_and_tags_of_one_edit_are_both_written(cloud: GoogleCloud, writer: GcpWriter) -> None:
    cloud.manager.values = {f"{KEY}/cc-1"}
    assert isinstance(change(writer, VM, environment="prod", **{KEY: "cc-1"}), Done)
    assert everything(cloud)[VM] == ({"team": "shop", "tier": "1", "environment": "prod"}, {KEY: "cc-1"})


# ── what is never written ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    [
        "//pubsub.googleapis.com/projects/shop-prod/topics/t", "//run.googleapis.com/projects/p/locations/l/services/s",
        "//compute.googleapis.com/projects/shop-prod/global/networks/n", "//storage.googleapis.com/a/b", "",
        "//compute.googleapis.com/projects/../zones/z/instances/i", "//bigquery.googleapis.com/projects/p/datasets/d/models/m",
        "//cloudkms.googleapis.com/projects/p/locations/l/keyRings/r/cryptoKeys/k",
    ],
)  # fmt: skip
def test_a_type_without_a_fingerprint_is_never_asked_about(
    cloud: GoogleCloud, writer: GcpWriter, name: str
) -> None:
    why = writer.refuses(target(name))
    assert why and "fingerprint" in why and "at its source" in why
    for told in (writer.read([target(name)])[target(name)], write(writer, edit(name, a="b"), Seen({}))):
        assert isinstance(told, Failed) and told.kind == "unsupported"
    assert cloud.called == cloud.rest.asked == []


@pytest.mark.parametrize("name", [*LABELLED, IMAGE, FOLDER])
def test_types_with_one_are_not_refused(writer: GcpWriter, name: str) -> None:
    assert writer.refuses(target(name)) is None
    found = way_of(name)
    assert found is not None and LABELLED.get(name, found[0].asset_type) == found[0].asset_type


@pytest.mark.parametrize(
    ("name", "key", "kind"),
    [
        (VM, "goog-managed", "rejected"), (VM, "tag/123/env", "unsupported"),
        (VM, "project_label/team", "unsupported"), (FOLDER, "team", "unsupported"),
    ],
)  # fmt: skip
def test_keys_that_are_no_label_of_the_users_are_not_written(
    cloud: GoogleCloud, writer: GcpWriter, name: str, key: str, kind: str
) -> None:
    told = change(writer, name, **{key: "v"})
    assert isinstance(told, Failed) and told.kind == kind
    assert cloud.rest.wrote == []


@pytest.mark.parametrize("name", LABELLED)
def test_over_64_labels_is_refused_before_it_is_sent(
    cloud: GoogleCloud, writer: GcpWriter, name: str
) -> None:
    cloud.labels.write(name, {f"k{n}": "v" for n in range(64)})
    told = change(writer, name, one_more="v")
    assert isinstance(told, Failed) and told.kind == "over-limit"
    assert cloud.rest.wrote == [] and UPDATE_PROJECT not in cloud.called
    assert isinstance(change(writer, name, "k0", one_more="v"), Done)
    assert len(cloud.labels.of(name)) == 64


def test_what_was_not_read_here_is_not_written(cloud: GoogleCloud, writer: GcpWriter) -> None:
    for version in (None, "", "7", "{}"):
        told = write(writer, edit(VM, a="b"), Seen({}, version))
        assert isinstance(told, Failed) and told.kind == "unsupported"
    assert cloud.rest.asked == []


def test_every_resource_is_a_batch_of_its_own_in_one_order(writer: GcpWriter) -> None:
    edits = [edit(each, a="b") for each in LABELLED]
    batches = writer.batches(edits)
    assert batches == writer.batches(edits[::-1])
    assert sorted(each.target for [each] in batches) == sorted(each.target for each in edits)


def test_permissions_are_those_of_the_table_each_once() -> None:
    names = [each.name for each in WRITE_PERMISSIONS]
    assert len(names) == len({*names})
    assert {"compute.instances.setLabels", "storage.buckets.update", "bigquery.tables.update",
            "resourcemanager.projects.update", "resourcemanager.tagValueBindings.create"} <= {*names}  # fmt: skip
    assert {way.writes for way in WAYS if way.lock != "none"} <= {*names}
    assert not [name for name in names if name.endswith((".create", ".delete")) and "Binding" not in name]


def test_values_never_stand_in_a_repr(writer: GcpWriter) -> None:
    change_ = edit(TABLE, a="s3cret")
    assert "s3cret" not in repr((change_, read(writer, BUCKET), read(writer, DATASET)))
