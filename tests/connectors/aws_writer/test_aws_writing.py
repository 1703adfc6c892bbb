"""What comes of each resource when tags are written through the tagging API, over real connections."""

from __future__ import annotations

import pytest

from connectors.aws.writer import open_writer
from recon.config.live import AwsScope
from recon.errors import OurBug
from recon.fix.writing import Done, Edit, Failed, Seen, Target
from tests.clouds.aws import AwsCloud, Fault
from tests.clouds.waits import Waits
from tests.connectors.aws_inventory.conftest import rows
from tests.connectors.aws_writer.conftest import HOME, OTHER, OWN, Opened, changed, kinds, sent, target

API = "resourcegroupstaggingapi"
GET, TAG, UNTAG = f"{API}:GetResources", f"{API}:TagResources", f"{API}:UntagResources"


def tags(cloud: AwsCloud) -> dict[str, dict[str, str]]:
    assert cloud.estate is not None
    return cloud.estate.tags()


def test_25_resources_take_two_reads_and_two_writes_and_nothing_else(
    cloud: AwsCloud, opened: Opened, volumes: list[Target]
) -> None:
    told = changed(opened(), volumes, {"team": "payments", "env": "prod"})
    assert kinds(told) == ["done"] * 25
    assert sent(cloud) == [GET, TAG, GET, TAG]
    assert [len(a.params["ResourceARNList"]) for a in cloud.seen if a.operation == "TagResources" and a.params] == [20, 5]  # fmt: skip
    assert all(
        tags(cloud)[v.resource_id] == {"keep": "me", "team": "payments", "env": "prod"} for v in volumes
    )
    requests = {said.request for said in told.values() if isinstance(said, Done)}
    assert len(requests) == 2 and None not in requests


def test_what_was_put_is_taken_away_again(cloud: AwsCloud, opened: Opened, volumes: list[Target]) -> None:
    before = tags(cloud)
    writer = opened()
    changed(writer, volumes, {"team": "payments"})
    told = changed(writer, volumes, {}, ("team",))
    assert kinds(told) == ["done"] * 25
    assert tags(cloud) == before
    assert sent(cloud).count(UNTAG) == 2


def test_one_edit_may_put_and_take_away(cloud: AwsCloud, opened: Opened, volumes: list[Target]) -> None:
    told = changed(opened(), volumes[:2], {"team": "payments"}, ("keep",))
    assert kinds(told) == ["done"] * 2
    assert sent(cloud) == [GET, TAG, UNTAG]
    assert [tags(cloud)[v.resource_id] for v in volumes[:3]] == [{"team": "payments"}] * 2 + [{"keep": "me"}]


def test_taking_away_that_fails_after_putting_says_that_half_of_it_is_done(
    cloud: AwsCloud, opened: Opened, volumes: list[Target]
) -> None:
    cloud.faults.append(Fault((UNTAG,), "AccessDeniedException", 403))
    [said] = changed(opened(), volumes[:1], {"team": "payments"}, ("keep",)).values()
    assert isinstance(said, Failed)
    assert (said.kind, said.permission) == ("denied", "tag:UntagResources")
    assert said.reason.startswith("tags were put, but none taken away")


def test_where_putting_fails_nothing_is_taken_away(
    cloud: AwsCloud, opened: Opened, volumes: list[Target]
) -> None:
    assert cloud.estate is not None
    cloud.estate.writes.failing[volumes[0].resource_id] = [(403, "AccessDeniedException", "no")]
    assert kinds(changed(opened(), volumes[:2], {"team": "payments"}, ("keep",))) == ["denied", "done"]
    assert [tags(cloud)[v.resource_id] for v in volumes[:2]] == [{"keep": "me"}, {"team": "payments"}]


def test_a_never_tagged_resource_carries_none_and_takes_some(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(1))
    volume = target(rows(1)[0]["id"])
    writer = opened()
    assert writer.read([volume]) == {volume: Seen({})}
    assert kinds(changed(writer, [volume], {"team": "payments"})) == ["done"]
    assert writer.read([volume]) == {volume: Seen({"team": "payments"})}


def test_some_of_20_fail_each_in_its_own_way_and_the_others_are_done(
    cloud: AwsCloud, opened: Opened, volumes: list[Target]
) -> None:
    assert cloud.estate is not None
    arns = [v.resource_id for v in volumes]
    cloud.estate.writes.failing |= {
        arns[1]: [(403, "AccessDeniedException", "not authorized")],
        arns[2]: [(404, "ResourceNotFoundException", "gone")],
        arns[3]: [(400, "TagLimitExceeded", "too many")],
        arns[4]: [(400, "InvalidParameterException", "a tag policy forbids it")],
        arns[5]: [(404, "InternalServiceException", "Service not yet supported")],
        arns[6]: [(409, "ConcurrentModificationException", "somebody else")],
        arns[7]: [(500, "InternalServiceException", "trouble")] * 9,
        arns[8]: [(400, "ThrottlingException", "slower")] * 2,
    }
    told = changed(opened(), volumes[:20], {"team": "payments"})
    assert kinds(told) == [
        *(
            "done",
            "denied",
            "gone",
            "over-limit",
            "rejected",
            "unsupported",
            "changed",
            "throttled",
            "throttled",
        ),
        *["done"] * 11,
    ]
    for number, volume in enumerate(volumes):
        there = {"team": "payments"} if number in (0, *range(9, 20)) else {}
        assert tags(cloud)[volume.resource_id] == {"keep": "me", **there}
    denied = told[volumes[1]]
    assert isinstance(denied, Failed) and denied.permission == "tag:TagResources, ec2:CreateTags"
    # what AWS was too busy for, or stumbled over, is not sent again before it was read again
    lists = [
        set(a.params["ResourceARNList"]) for a in cloud.seen if a.operation == "TagResources" and a.params
    ]
    assert lists == [{*arns[:20]}]


def test_what_is_throttled_is_told_at_once_and_the_next_read_waits(
    cloud: AwsCloud, opened: Opened, volumes: list[Target]
) -> None:
    assert cloud.estate is not None
    waits = Waits()
    writer = opened(waits)
    cloud.estate.writes.failing[volumes[0].resource_id] = [(400, "ThrottlingException", "slower")]
    assert kinds(changed(writer, volumes[:3], {"team": "payments"})) == ["throttled", "done", "done"]
    assert waits.slept == []
    assert kinds(changed(writer, volumes[:1], {"team": "payments"})) == ["done"]
    assert sum(waits.slept) >= 1


def test_a_call_that_is_throttled_makes_the_next_read_wait_as_long_as_aws_says(
    cloud: AwsCloud, opened: Opened, volumes: list[Target]
) -> None:
    cloud.faults.append(Fault((TAG,), "TooManyRequests", 429, headers={"Retry-After": "7"}))
    waits = Waits()
    writer = opened(waits)
    assert kinds(changed(writer, volumes[:2], {"team": "payments"})) == ["throttled"] * 2
    assert waits.slept == []
    assert kinds(changed(writer, volumes[:2], {"team": "payments"})) == ["done"] * 2
    assert sent(cloud) == [GET, TAG, GET, TAG]
    assert max(waits.slept) >= 7


def test_a_call_that_is_throttled_without_end_fails_each_of_its_edits(
    cloud: AwsCloud, opened: Opened, volumes: list[Target]
) -> None:
    before = tags(cloud)
    cloud.faults.append(Fault((TAG,), "ThrottledException", left=10**6))
    told = changed(opened(), volumes[:3], {"team": "payments"})
    assert kinds(told) == ["throttled"] * 3
    assert tags(cloud) == before


@pytest.mark.parametrize(
    ("fault", "kind", "permission"),
    [
        (Fault((TAG,), "AccessDeniedException", 403), "denied", "tag:TagResources"),
        (Fault((TAG,), "ExpiredTokenException", 403), "denied", None),
        (Fault((TAG,), "UnrecognizedClientException", 403), "denied", None),
        (Fault((TAG,), "InvalidParameterException", 400), "rejected", None),
        (Fault((TAG,), "InternalServiceException", 500), "unreachable", None),
        (Fault((TAG,), status=200, body=b"<html>not AWS</html>"), "unreachable", None),
        (Fault((TAG,), drop=True), "unreachable", None),
        (Fault((TAG,), status=200, body=b'{"FailedResourcesMap": {"arn:aws:other": {"ErrorCode": "X"}}}'), "unreachable", None),
    ],
)  # fmt: skip
def test_a_call_that_fails_as_a_whole_is_sent_once_and_fails_each_of_its_edits(
    cloud: AwsCloud,
    opened: Opened,
    volumes: list[Target],
    fault: Fault,
    kind: str,
    permission: str | None,
) -> None:
    before = tags(cloud)
    fault.left = 1
    cloud.faults.append(fault)
    told = changed(opened(), volumes[:20], {"team": "payments"})
    assert kinds(told) == [kind] * 20
    assert {said.permission for said in told.values() if isinstance(said, Failed)} == {permission}
    assert sent(cloud) == [GET, TAG]
    assert tags(cloud) == before


@pytest.mark.parametrize("fault", [Fault((TAG,), drop=True, done=True), Fault((TAG,), cut=3)])
def test_a_connection_that_breaks_after_the_write_took_effect_is_unreachable_and_not_sent_again(
    cloud: AwsCloud, opened: Opened, volumes: list[Target], fault: Fault
) -> None:
    fault.left = 1
    cloud.faults.append(fault)
    writer = opened()
    assert kinds(changed(writer, volumes[:1], {"team": "payments"})) == ["unreachable"]
    assert sent(cloud) == [GET, TAG]
    assert writer.read(volumes[:1]) == {volumes[0]: Seen({"keep": "me", "team": "payments"})}


def test_a_read_is_asked_again_where_the_connection_breaks(
    cloud: AwsCloud, opened: Opened, volumes: list[Target]
) -> None:
    cloud.faults.append(Fault((GET,), drop=True))
    assert opened().read(volumes[:1]) == {volumes[0]: Seen({"keep": "me"})}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault((GET,), "AccessDeniedException", 403, left=99), "denied"),
        (Fault((GET,), "ThrottledException", left=10**6), "throttled"),
        (Fault((GET,), drop=True, left=99), "unreachable"),
        (Fault((GET,), status=200, body=b"{}", left=99), "unreachable"),
    ],
)
def test_what_can_t_be_read_says_why(
    cloud: AwsCloud, opened: Opened, volumes: list[Target], fault: Fault, kind: str
) -> None:
    cloud.faults.append(fault)
    seen = opened().read(volumes)
    assert {said.kind for said in seen.values() if isinstance(said, Failed)} == {kind}
    assert len(seen) == 25


def test_one_region_that_can_t_be_read_leaves_the_others(cloud: AwsCloud, opened: Opened) -> None:
    far = rows(2, region="eu-west-1", keep="me")
    cloud.load([*rows(2, keep="me"), *far])
    cloud.faults.append(Fault((GET, "eu-west-1"), "AccessDeniedException", 403, left=9))
    near = [target(row["id"]) for row in rows(2)]
    seen = opened().read([*near, *(target(row["id"], region="eu-west-1") for row in far)])
    assert [isinstance(said, Seen) for said in seen.values()] == [True, True, False, False]


def test_101_resources_are_read_in_two_calls(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(101, keep="me"))
    seen = opened().read([target(row["id"]) for row in rows(101)])
    assert all(said == Seen({"keep": "me"}) for said in seen.values())
    assert sent(cloud) == [GET, GET]


def test_a_resource_that_is_gone_is_told_by_the_write(
    cloud: AwsCloud, opened: Opened, volumes: list[Target]
) -> None:
    there = volumes[0]
    lost = target(f"arn:aws:ec2:{HOME}:{OWN}:volume/vol-lost")
    told = changed(opened(), [lost, there], {"team": "payments"})
    assert kinds(told) == ["gone", "done"]


def test_another_account_is_written_by_its_role(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load([*rows(1, keep="me"), *rows(2, account=OTHER, keep="me")])
    targets = [target(rows(1)[0]["id"]), *(target(r["id"], OTHER) for r in rows(2, account=OTHER))]
    writer = opened(role="writer")
    assert kinds(changed(writer, targets, {"team": "payments"})) == ["done"] * 3
    keys = [a.access_key for a in cloud.seen if a.operation == "TagResources"]
    assert keys == ["testing", f"ASIA{OTHER}"]
    assert writer.actor == f"arn:aws:sts::{OWN}:assumed-role/x/y"
    assert writer.actor_in(OWN) == writer.actor
    assert writer.actor_in(OTHER) == f"arn:aws:sts::{OTHER}:assumed-role/writer/tagrecon"
    deep = opened(role="arn:aws:iam::{account}:role/deep/writer")
    assert deep.actor_in(OTHER) == f"arn:aws:sts::{OTHER}:assumed-role/writer/tagrecon"


def test_an_account_without_a_way_into_it_is_denied_and_the_others_are_done(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.load([*rows(1, keep="me"), *rows(1, account=OTHER, keep="me")])
    own, other = target(rows(1)[0]["id"]), target(rows(1, account=OTHER)[0]["id"], OTHER)
    writer = opened()
    seen = writer.read([other, own])
    assert seen[own] == Seen({"keep": "me"})
    assert isinstance(seen[other], Failed) and seen[other].kind == "denied"
    edits = [(Edit(each, {"team": "payments"}), Seen({"keep": "me"})) for each in (other, own)]
    assert kinds(writer.write(edits)) == ["denied", "done"]


def test_a_role_that_can_t_be_assumed_is_denied_with_what_it_needs(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load([*rows(1), *rows(1, account=OTHER)])
    cloud.faults.append(Fault(("sts:AssumeRole",), "AccessDenied", 403, left=9))
    other = target(rows(1, account=OTHER)[0]["id"], OTHER)
    [said] = opened(role="writer").write([(Edit(other, {"team": "a"}), Seen({}))]).values()
    assert isinstance(said, Failed)
    assert (said.kind, said.permission) == (
        "denied",
        f"sts:AssumeRole on arn:aws:iam::{OTHER}:role/writer",
    )


def test_who_writes_is_not_known_where_it_can_t_be_asked(cloud: AwsCloud, opened: Opened) -> None:
    cloud.faults.append(Fault(("sts:GetCallerIdentity",), "InvalidClientTokenId", 403, left=99))
    writer = opened()
    assert (writer.actor, writer.actor_in(OTHER)) == ("", "")


def test_two_edits_of_one_resource_in_one_batch_are_our_bug(
    cloud: AwsCloud, opened: Opened, volumes: list[Target]
) -> None:
    both = [(Edit(volumes[0], {k: "1"}), Seen({})) for k in "ab"]
    with pytest.raises(OurBug):
        opened().write(both)
    assert sent(cloud) == []


def test_opening_a_writer_asks_nothing(cloud: AwsCloud) -> None:
    writer = open_writer(AwsScope(), Waits().pace())
    assert (writer.provider, writer.fenced) == ("aws", False)
    assert writer.read([]) == writer.write([]) == {}
    writer.close()
    assert cloud.seen == []
