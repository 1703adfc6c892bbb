"""Only declared calls are sent, each with its permission, and the reading role stays apart."""

from __future__ import annotations

import re

import pytest

from connectors.aws.inventory import permissions as reading
from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.session import Sessions
from connectors.aws.writer import permissions as writing
from connectors.aws.writer import ways
from connectors.live.pace import Pace
from recon.config.live import AwsScope
from recon.errors import OurBug
from recon.fix.writing import Seen
from tests.clouds.aws import AwsCloud
from tests.clouds.aws_wire import model
from tests.connectors.aws_inventory.conftest import rows
from tests.connectors.aws_writer.conftest import HOME, OWN, Opened, changed, target

_CHANGING = re.compile(r"(Tag|Untag|AddTags|RemoveTags|UpdateCostAllocationTags|StartCostAllocationTag)\w*")
_LOOKING = re.compile(r"(Get|List|Describe)[A-Z]\w*|AssumeRole")
_REPLACES = re.compile(r"Put|Replace|CreateOrUpdate|Set[A-Z]")


def test_every_declared_call_exists_and_only_adds_or_takes_away_named_tags() -> None:
    for call in writing.WRITE_CALLS:
        service, operation = call.split(":")
        assert operation in model(service).operation_names, call
        assert _CHANGING.fullmatch(operation) or _LOOKING.fullmatch(operation), call
        assert not _REPLACES.match(operation), call


def test_every_way_stands_among_the_declared_calls_and_says_what_the_service_takes() -> None:
    for _, _, way in ways._WAYS:
        for operation in (way.read, way.put, way.drop, *([way.url] if way.url else [])):
            assert f"{way.service}:{operation}" in writing.WRITE_CALLS
        put = model(way.service).operation_model(way.put).input_shape
        drop = model(way.service).operation_model(way.drop).input_shape
        assert set(put.members) == {*way.named, *way.putting({})}
        assert set(drop.members) == {*way.named, *way.dropping(())}
        assert put.members["Tags"].type_name == ("map" if way.as_map else "list")
        assert (drop.members[way.keys].member.type_name == "string") is way.bare


def test_the_reading_role_has_none_of_what_changes_tags() -> None:
    changing = {p.name for p in writing.TAGGING} - {"s3:GetBucketTagging"}
    assert not changing & {p.name for p in reading.PERMISSIONS}
    assert {p.name for p in reading.PERMISSIONS} & {p.name for p in writing.ACTIVATING} == {
        "ce:ListCostAllocationTags"
    }


def test_permissions_are_spelled_as_iam_spells_them_and_none_is_a_pattern() -> None:
    names = [p.name for p in writing.WRITE_PERMISSIONS]
    assert all(re.fullmatch(r"[a-z0-9-]+:[A-Z]\w+", name) for name in names)
    assert {p.name for p in writing.WRITE_CALLS.values()} <= set(names)
    assert all(p.on and p.why for p in writing.WRITE_PERMISSIONS)


def test_what_a_service_owns_is_asked_for_beside_the_tagging_api_s_own() -> None:
    assert writing.owners_actions("ec2", False) == ("ec2:CreateTags",)
    assert writing.owners_actions("rds", True) == ("rds:RemoveTagsFromResource",)
    assert writing.owners_actions("glue", False) == ("glue:TagResource",)


def test_a_writer_sends_no_call_of_the_lister_and_the_lister_none_of_the_writer(cloud: AwsCloud) -> None:
    pace = Pace()
    with Desk(Sessions(AwsScope(), pace, writing.WRITE_CALLS), pace, OWN) as desk, pytest.raises(OurBug):
        desk.once("ec2", "DescribeInstances", HOME)
    with Desk(Sessions(AwsScope(), pace), pace, OWN) as desk, pytest.raises(OurBug):
        desk.once("resourcegroupstaggingapi", "TagResources", HOME, ResourceARNList=["arn"], Tags={"a": "b"})
    assert cloud.seen == []


def test_more_than_twenty_resources_in_one_call_are_our_bug(cloud: AwsCloud) -> None:
    from connectors.aws.writer import tagging

    pace = Pace()
    with Desk(Sessions(AwsScope(), pace, writing.WRITE_CALLS), pace, OWN) as desk, pytest.raises(OurBug):
        tagging.put(desk, HOME, [row["id"] for row in rows(21)], {"a": "b"}, ())
    assert cloud.seen == []


def test_an_answer_with_a_token_is_asked_for_in_halves(cloud: AwsCloud, opened: Opened) -> None:
    """moto pages by tags where AWS gives a list of ARNs whole: nothing may be missed either way."""
    cloud.load(rows(40, **{f"k{n}": "v" for n in range(20)}))
    whole = cloud.estate.say_resourcegroupstaggingapi_getresources if cloud.estate else None
    assert cloud.estate is not None and whole is not None

    def short(asked: object, account: str) -> dict[str, object]:
        said = whole(asked, account)  # type: ignore[arg-type]
        found = said["ResourceTagMappingList"]
        return {"ResourceTagMappingList": found[:6], "PaginationToken": "more" if len(found) > 6 else ""}

    cloud.estate.say_resourcegroupstaggingapi_getresources = short  # type: ignore[method-assign, assignment]
    targets = [target(row["id"]) for row in rows(40)]
    seen = opened().read(targets)
    assert all(isinstance(said, Seen) and len(said.tags) == 20 for said in seen.values())


def test_the_session_counts_what_was_sent(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(1, keep="me"))
    writer = opened()
    changed(writer, [target(rows(1)[0]["id"])], {"team": "a"})
    assert dict(writer._sessions.calls) == {
        "sts:GetCallerIdentity": 1,
        "resourcegroupstaggingapi:GetResources": 1,
        "resourcegroupstaggingapi:TagResources": 1,
    }
