"""What does the writer of Azure put on resources, groups and subscriptions, and with which requests?"""

from __future__ import annotations

import base64
import json

import pytest

from connectors.azure.inventory.lister import open_lister
from connectors.azure.writer import open_writer
from connectors.azure.writer.permissions import WRITE_PERMISSIONS
from connectors.azure.writer.writer import AzureWriter, _caller
from recon.config.live import AzureScope
from recon.fix.writing import Done, Failed, Seen, Writer
from recon.snapshot.listing import Resource, Unit
from tests.clouds.azure import Azure
from tests.clouds.waits import Waits
from tests.connectors.azure_writer.conftest import (
    ALL,
    DISK,
    GROUP,
    OWN,
    SUBSCRIPTION,
    ZONE,
    change,
    edit,
    read,
    target,
    write,
)


def test_it_is_a_writer_that_the_cloud_does_not_fence(cloud: Azure) -> None:
    opened: Writer = open_writer(AzureScope(), Waits().pace())
    assert (opened.provider, opened.fenced) == ("azure", False)
    opened.close()
    assert cloud.asked == []


def test_tags_are_read_from_the_resource_itself(writer: AzureWriter) -> None:
    seen = writer.read([target(each) for each in ALL])
    assert seen == {
        target(SUBSCRIPTION): Seen({"team": "shop"}),
        target(GROUP): Seen({"CostCenter": "7", "hidden-title": "x"}),
        target(DISK): Seen({}),
        target(ZONE): Seen({"a": "b"}),
    }


@pytest.mark.parametrize("scope", [SUBSCRIPTION, GROUP, DISK])
def test_a_put_is_merged_and_keeps_every_other_tag(cloud: Azure, writer: AzureWriter, scope: str) -> None:
    before = {each: cloud.tags_of(each) for each in ALL}
    told = change(writer, scope, environment="prod", owner="é 😀")
    assert isinstance(told, Done)
    assert told.tags == cloud.tags_of(scope) == {**before[scope], "environment": "prod", "owner": "é 😀"}
    assert told.request == "0a1b2c3d-0000-4000-8000-00000000000f"
    assert {each: cloud.tags_of(each) for each in ALL if each != scope} == {
        each: tags for each, tags in before.items() if each != scope
    }
    [sent] = [(path, body) for method, path, body in cloud.asked if method == "PATCH"]
    assert sent[1] == {"operation": "Merge", "properties": {"tags": {"environment": "prod", "owner": "é 😀"}}}
    assert [line.partition(" ")[0] for line in cloud.wrote] == ["PATCH"]
    assert writer.calls == {"tags:GetAtScope": 1, "tags:UpdateAtScope": 1}


def test_a_changed_tag_shows_in_the_next_listing(cloud: Azure, writer: AzureWriter) -> None:
    change(writer, DISK, environment="prod")
    lister = open_lister(AzureScope(), Waits().pace())
    listed = [one for unit in lister.units() if isinstance(unit, Unit) for one in lister.resources(unit)]
    assert {one.id: one.tags for one in listed if isinstance(one, Resource)}[DISK] == {"environment": "prod"}
    lister.close()


def test_the_casing_that_is_there_is_reused(cloud: Azure, writer: AzureWriter) -> None:
    assert isinstance(change(writer, GROUP, costcenter="9"), Done)
    assert cloud.tags_of(GROUP) == {"CostCenter": "9", "hidden-title": "x"}
    assert cloud.asked[-1][2]["properties"]["tags"] == {"CostCenter": "9"}


def test_names_that_only_look_alike_are_not_taken_for_one(cloud: Azure, writer: AzureWriter) -> None:
    cloud.retag(DISK, {"straße": "a"})
    change(writer, DISK, strasse="b")
    assert cloud.asked[-1][2]["properties"]["tags"] == {"strasse": "b"}


def test_a_drop_goes_by_name_and_value(cloud: Azure, writer: AzureWriter) -> None:
    told = change(writer, GROUP, "costcenter")
    assert isinstance(told, Done)
    assert cloud.tags_of(GROUP) == {"hidden-title": "x"} == told.tags
    assert cloud.asked[-1][2] == {"operation": "Delete", "properties": {"tags": {"CostCenter": "7"}}}


def test_put_and_drop_of_one_edit_are_a_merge_and_a_delete(cloud: Azure, writer: AzureWriter) -> None:
    assert isinstance(change(writer, GROUP, "CostCenter", owner="me"), Done)
    assert cloud.tags_of(GROUP) == {"hidden-title": "x", "owner": "me"}
    assert [body["operation"] for method, _, body in cloud.asked if method == "PATCH"] == ["Merge", "Delete"]


def test_what_is_not_there_needs_no_drop(cloud: Azure, writer: AzureWriter) -> None:
    assert change(writer, GROUP, "owner") == Done(tags=cloud.tags_of(GROUP))
    assert cloud.wrote == []


def test_put_then_drop_is_the_identity(cloud: Azure, writer: AzureWriter) -> None:
    before = cloud.tags_of(GROUP)
    change(writer, GROUP, owner="me", CostCenter="8")
    change(writer, GROUP, "owner", CostCenter="7")
    assert cloud.tags_of(GROUP) == before


def test_every_resource_is_a_batch_of_its_own_in_one_order(writer: AzureWriter) -> None:
    edits = [edit(each, a="b") for each in ALL]
    batches = writer.batches(edits)
    assert batches == writer.batches(edits[::-1])
    assert sorted(each.target for [each] in batches) == sorted(each.target for each in edits)


@pytest.mark.parametrize("polls", [1, 3])
def test_a_long_running_update_is_waited_for_by_the_clock(
    cloud: Azure, writer: AzureWriter, clock: Waits, polls: int
) -> None:
    cloud.at_scope.polls = polls
    told = change(writer, DISK, environment="prod")
    assert isinstance(told, Done)
    assert told.tags == cloud.tags_of(DISK) == {"environment": "prod"}
    assert sum(clock.slept) >= 7 * (polls - 1)
    assert cloud.count("tagOperationResults") == polls == writer.calls["tags:UpdateAtScope result"]
    assert len(cloud.wrote) == 1


NETWORK = f"{GROUP}/providers/Microsoft.Network"


@pytest.mark.parametrize(
    "resource_id",
    [
        f"{NETWORK}/ipGroups/a", f"{NETWORK}/firewallPolicies/a", f"{NETWORK}/dnsZones/shop.example/A/www",
        f"{NETWORK}/privateDnsZones/z/virtualNetworkLinks/l",
        f"{GROUP}/providers/Microsoft.ClassicCompute/virtualMachines/old",
        f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a/blobServices/default/containers/c",
        f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/a/deployments/d",
        f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/w/jobs/j",
        "/providers/Microsoft.Management/managementGroups/root", "/providers/Microsoft.Capacity/reservationOrders/r",
        f"{SUBSCRIPTION}/resourceGroups/../../..", "", "vm-1",
    ],
)  # fmt: skip
def test_types_whose_tags_can_not_be_merged_are_never_asked_about(
    cloud: Azure, writer: AzureWriter, resource_id: str
) -> None:
    assert writer.refuses(target(resource_id))
    for told in (
        writer.read([target(resource_id)])[target(resource_id)],
        write(writer, edit(resource_id, a="b"), Seen({})),
    ):
        assert isinstance(told, Failed) and told.kind == "unsupported"
    assert cloud.asked == []


@pytest.mark.parametrize("resource_id", [*ALL, f"{NETWORK}/loadBalancers/l", f"{NETWORK}/privateDnsZones/z"])
def test_other_types_are_not_refused(writer: AzureWriter, resource_id: str) -> None:
    assert writer.refuses(target(resource_id)) is None


@pytest.mark.parametrize("key", ["hidden-title", "Hidden-link:x", "microsoft-a", "AzureB", "windows"])
def test_reserved_names_are_neither_put_nor_dropped(cloud: Azure, writer: AzureWriter, key: str) -> None:
    for change_ in (edit(GROUP, **{key: "v"}), edit(GROUP, key)):
        told = write(writer, change_, read(writer, GROUP))
        assert isinstance(told, Failed) and told.kind == "rejected"
    assert cloud.wrote == []


def test_two_keys_that_azure_folds_are_rejected(cloud: Azure, writer: AzureWriter) -> None:
    told = change(writer, DISK, Owner="a", owner="b")
    assert isinstance(told, Failed) and told.kind == "rejected"
    assert cloud.wrote == []


@pytest.mark.parametrize(("scope", "most"), [(DISK, 50), (ZONE, 15)])
def test_over_the_limit_is_refused_before_it_is_sent(
    cloud: Azure, writer: AzureWriter, scope: str, most: int
) -> None:
    full = {f"k{n}": "v" for n in range(most - len(cloud.tags_of(scope)))}
    cloud.retag(scope, full)
    told = change(writer, scope, one_more="v")
    assert isinstance(told, Failed) and told.kind == "over-limit"
    assert str(most + 1) in told.reason
    assert cloud.wrote == []
    assert isinstance(change(writer, scope, K1="w"), Done)
    assert isinstance(change(writer, scope, "k2", one_more="v"), Done)  # room first
    assert len(cloud.tags_of(scope)) == most


def test_only_tags_are_permitted() -> None:
    assert [each.name for each in WRITE_PERMISSIONS] == [
        "Microsoft.Resources/tags/read",
        "Microsoft.Resources/tags/write",
    ]


def test_who_writes_is_told_by_the_token_and_not_known_without(writer: AzureWriter) -> None:
    assert writer.actor == ""
    said = {"upn": "ann@shop.example", "oid": "1"}, {"oid": "1"}, {}
    made = [
        f"h.{base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip('=')}.s" for each in said
    ]
    assert [_caller(each) for each in made] == ["ann@shop.example", "1", ""]


def test_values_never_stand_in_a_repr(writer: AzureWriter) -> None:
    change_ = edit(DISK, a="s3cret")
    assert "s3cret" not in repr((change_, read(writer, DISK), write(writer, change_, Seen({}))))
    assert OWN in repr(change_)
