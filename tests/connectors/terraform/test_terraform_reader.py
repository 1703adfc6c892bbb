"""What is read of Terraform's state and plans, and what never is. The files are written by hand: see states.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.terraform.reader import read_managed
from recon.errors import DeliveryRefused
from recon.snapshot.managed import Managed
from tests.connectors.terraform.states import SECRET, change, instance, resource, shown, state, written

ARN = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc"


@pytest.fixture
def read(tmp_path: Path) -> Any:
    return lambda document: list(
        read_managed(written(tmp_path / "t.tfstate", document), "states/prod.tfstate")
    )


def one(read: Any, kind: str, cloud: str, attributes: dict[str, Any], **more: Any) -> Managed:
    (found,) = read(state(resource(kind, "x", cloud, instance(attributes, **more))))
    assert isinstance(found, Managed)
    return found


def test_state_names_ids_address_and_tags(read: Any) -> None:
    web = instance({"arn": ARN, "id": "i-0abc", "tags": {"a": "1"}, "tags_all": {"a": "1", "cost-center": "payments"}},
                   index_key="blue")  # fmt: skip
    document = state(resource("aws_instance", "web", "aws", web, module='module.shop["eu"]'))
    assert read(document) == [
        Managed("aws", ARN, "terraform", 'module.shop["eu"].aws_instance.web["blue"]', "states/prod.tfstate",
                {"a": "1", "cost-center": "payments"}, ("i-0abc",))
    ]  # fmt: skip


def test_a_number_stands_in_the_address_as_a_number_and_a_deposed_object_says_so(read: Any) -> None:
    two = (instance({"id": "i-1"}, index_key=0), instance({"id": "i-2"}, deposed="9f3a"))
    found = read(state(resource("aws_instance", "web", "aws", *two)))
    assert [each.address for each in found] == ["aws_instance.web[0]", "aws_instance.web (deposed 9f3a)"]


def test_data_sources_and_what_lies_in_no_cloud_manage_nothing(read: Any) -> None:
    data = resource("aws_ami", "x", "aws", instance({"id": "ami-1"}), mode="data")
    word = resource("random_password", "x", "random", instance({"id": "none", "result": SECRET}))
    assert read(state(data, word)) == []


def test_nothing_but_ids_and_tags_leaves_the_reader(read: Any) -> None:
    attributes = {
        "id": "db",
        "arn": "arn:aws:rds:r:1:db:x",
        "password": SECRET,
        "user_data": SECRET,
        "tags": {"a": "b"},
    }
    assert SECRET not in repr(one(read, "aws_db_instance", "aws", attributes))


@pytest.mark.parametrize(
    ("sensitive", "left"),
    [
        ([[{"type": "get_attr", "value": "tags"}]], {}),
        ([[{"type": "get_attr", "value": "tags"}, {"type": "index", "value": {"value": "s", "type": "string"}}]], {"a": "b"}),
        ([[{"type": "get_attr", "value": "password"}]], {"a": "b", "s": SECRET}),
    ],
    ids=["all tags", "one tag", "another attribute"],
)  # fmt: skip
def test_a_tag_that_is_sensitive_stays(read: Any, sensitive: Any, left: dict[str, str]) -> None:
    attributes = {"id": "i-1", "tags": {"a": "b", "s": SECRET}}
    assert one(read, "aws_instance", "aws", attributes, sensitive_attributes=sensitive).tags == left


def test_a_sensitive_label_of_a_block_in_a_list_stays(read: Any) -> None:
    path = [
        {"type": "get_attr", "value": "settings"},
        {"type": "index", "value": {"value": 0, "type": "number"}},
        {"type": "get_attr", "value": "user_labels"},
    ]
    attributes = {"id": "db", "settings": [{"user_labels": {"s": SECRET}}]}
    assert (
        one(read, "google_sql_database_instance", "google", attributes, sensitive_attributes=[path]).tags
        == {}
    )


@pytest.mark.parametrize(
    ("cloud", "kind", "attributes", "wanted"),
    [
        ("google", "google_compute_instance", {"terraform_labels": {"t": "1"}, "labels": {"l": "1"}, "effective_labels": {"e": "1"}}, {"t": "1"}),
        ("google", "google_container_cluster", {"resource_labels": {"r": "1"}}, {"r": "1"}),
        ("google", "google_sql_database_instance", {"settings": [{"user_labels": {"u": "1"}}]}, {"u": "1"}),
        ("google", "google_x_y", {"effective_labels": {"e": "1"}}, {"e": "1"}),
        ("azurerm", "azurerm_storage_account", {"tags": {"T": "v"}}, {"T": "v"}),
        ("azurerm", "azurerm_storage_account", {"tags": None}, {}),
        ("aws", "aws_autoscaling_group", {"tag": [{"key": "k", "value": "v", "propagate_at_launch": True}]}, {"k": "v"}),
        ("aws", "aws_instance", {"tags": {"k": None, "e": ""}}, {"e": ""}),
    ],
)  # fmt: skip
def test_tags_are_found_where_each_provider_keeps_them(
    read: Any, cloud: str, kind: str, attributes: dict[str, Any], wanted: dict[str, str]
) -> None:
    assert one(read, kind, cloud, {"id": "x", **attributes}).tags == wanted


@pytest.mark.parametrize(
    ("kind", "attributes", "wanted"),
    [
        ("google_compute_instance", {"self_link": "https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/n"},
         "//compute.googleapis.com/projects/p/zones/z/instances/n"),
        ("google_storage_bucket", {"self_link": "https://www.googleapis.com/storage/v1/b/shop"}, "//storage.googleapis.com/shop"),
        ("google_container_cluster", {"self_link": "https://container.googleapis.com/v1/projects/p/locations/l/clusters/c"},
         "//container.googleapis.com/projects/p/locations/l/clusters/c"),
        ("google_bigquery_dataset", {"self_link": "https://bigquery.googleapis.com/bigquery/v2/projects/p/datasets/d"},
         "//bigquery.googleapis.com/projects/p/datasets/d"),
        ("google_sql_database_instance", {"self_link": "https://sqladmin.googleapis.com/sql/v1beta4/projects/p/instances/i"},
         "//cloudsql.googleapis.com/projects/p/instances/i"),
        ("google_pubsub_topic", {"id": "projects/p/topics/t"}, "//pubsub.googleapis.com/projects/p/topics/t"),
    ],
)  # fmt: skip
def test_a_self_link_becomes_the_full_name(
    read: Any, kind: str, attributes: dict[str, Any], wanted: str
) -> None:
    assert one(read, kind, "google-beta", attributes).resource_id == wanted


def test_state_as_show_prints_it_is_read_in_all_its_modules(read: Any) -> None:
    child = {"address": "module.a", "resources": [shown("module.a.aws_instance.b", "aws", {"id": "i-2", "tags": {"k": SECRET}},
                                                        sensitive_values={"tags": {"k": True}})]}  # fmt: skip
    root = {
        "resources": [shown("aws_instance.a", "aws", {"arn": ARN, "tags": {"k": "v"}})],
        "child_modules": [{"address": "module.z", "child_modules": [child]}],
    }
    found = read({"format_version": "1.0", "values": {"root_module": root}})
    assert [(each.address, each.resource_id, each.tags) for each in found] == [
        ("aws_instance.a", ARN, {"k": "v"}),
        ("module.a.aws_instance.b", "i-2", {}),
    ]


def test_a_plan_says_what_the_code_will_have(read: Any) -> None:
    old = {"arn": ARN, "tags_all": {"cost-center": "search"}}
    changes = [
        change("aws_instance.kept", "aws", ["no-op"], old, old),
        change("aws_instance.changed", "aws", ["update"], old, {"arn": ARN, "tags_all": {"cost-center": "payments"}}),
        change("aws_instance.new", "aws", ["create"], None, {"tags_all": {"cost-center": "payments"}}),
        change("aws_instance.again", "aws", ["delete", "create"], old, {"tags_all": {}}),
        change("aws_instance.gone", "aws", ["delete"], old, None),
        change("aws_instance.forgotten", "aws", ["forget"], old, old),
        change("data.aws_ami.x", "aws", ["read"], old, old, mode="data"),
        change("aws_instance.hidden", "aws", ["update"], old, {"arn": ARN, "tags_all": {"s": SECRET}},
               after_sensitive={"tags_all": True}),
    ]  # fmt: skip
    found = read({"format_version": "1.2", "resource_changes": changes, "planned_values": {}})
    assert [(each.address.partition(".")[2], each.tags) for each in found] == [
        ("kept", {"cost-center": "search"}),
        ("changed", {"cost-center": "payments"}),
        ("hidden", {}),
    ]


def test_planned_values_stand_in_where_a_plan_has_no_changes(read: Any) -> None:
    root = {"resources": [shown("aws_instance.a", "aws", {"id": "i-1"})]}
    assert len(read({"format_version": "1.2", "planned_values": {"root_module": root}})) == 1


def test_empty_state_manages_nothing(read: Any) -> None:
    assert read(state()) == [] == read({"format_version": "1.0"})


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "no object"),
        ({"kind": "List"}, "no state or plan"),
        ({"version": 3, "lineage": "x", "modules": [], "secret": SECRET}, "version 4 is read"),
        ({"format_version": "2.0", "values": {}}, "1.x is read"),
        ({"serial": 1, "lineage": "x", "encrypted_data": SECRET}, "encrypted"),
        ({"version": 4, "lineage": "x", "resources": [{"mode": "managed", "type": SECRET}]}, "can't be read"),
        ({"version": 4, "lineage": "x", "resources": 7}, "can't be read"),
        ({"format_version": "1.0", "resource_changes": [7]}, "can't be read"),
    ],
)
def test_what_can_not_be_read_is_refused_and_never_quoted(read: Any, document: Any, reason: str) -> None:
    with pytest.raises(DeliveryRefused, match=reason) as told:
        read(document)
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("text", ["", "{", f'{{"password": "{SECRET}', "[" * 100_000])
def test_broken_text_is_refused_and_never_quoted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.tfstate"
    path.write_text(text, "utf-8")
    with pytest.raises(DeliveryRefused, match="no JSON") as told:
        list(read_managed(path, "t.tfstate"))
    assert SECRET not in str(told.value)
