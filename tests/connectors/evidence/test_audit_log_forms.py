"""Which changes of tags does a log tell, whoever wrote it, and is nothing of it lost in silence?

The events are made by hand: see events.py for their sources.
"""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.evidence import read_audit_log
from recon.errors import DeliveryRefused
from recon.snapshot.evidence import TagEvent, Told
from tests.connectors.evidence.events import (
    ACCOUNT,
    ALICE,
    DISK,
    VM,
    activity,
    audit,
    ec2_tags,
    trail,
    written,
)

ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:shop"
PARTS = ("Records", "Events", "value", "records", "entries")


def told(folder: Path, *records: Any) -> Told:
    return read_audit_log(written(folder / "log.json", list(records)), "log.json")


def keys(folder: Path, *records: Any) -> list[tuple[str, str | None]]:
    """(resource, key) of each change."""
    found = told(folder, *records)
    assert found.damaged == []
    return [(event.resource_id, event.key) for event in found.events]


def test_a_change_of_tags_names_who_when_what_and_keys_but_no_value(tmp_path: Path) -> None:
    assert told(tmp_path, ec2_tags("CreateTags", "cost-center")).events == [
        TagEvent(
            datetime(2026, 10, 6, 9, 30), ALICE, "ec2:CreateTags", "aws", ACCOUNT, "i-0abc1234", "cost-center", "e-1"
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        (ec2_tags("DeleteTags", "a", "b"), [("i-0abc1234", "a"), ("i-0abc1234", "b")]),
        (trail("TagResources", {"resourceARNList": [ARN], "tags": {"a": "1"}}, source="tagging"), [(ARN, "a")]),
        (trail("UntagResources", {"resourceARNList": [ARN], "tagKeys": ["a", "b"]}, source="tagging"), [(ARN, "a"), (ARN, "b")]),
        (trail("TagResource20170331v2", {"resource": ARN, "tags": {"a": "1"}}, source="lambda"), [(ARN, "a")]),
        (
            trail("AddTagsToResource", {"resourceName": "arn:aws:rds:eu-west-1:111122223333:db:x", "tags": [{"key": "a", "value": "1"}]}, source="rds"),
            [("arn:aws:rds:eu-west-1:111122223333:db:x", "a")],
        ),
        (
            trail("PutBucketTagging", {"bucketName": "shop", "tagging": "", "Tagging": {"xmlns": "http://s3", "TagSet": {"Tag": {"Key": "a", "Value": "1"}}}}, source="s3"),
            [("arn:aws:s3:::shop", "a"), ("arn:aws:s3:::shop", None)],
        ),
        (
            trail("TagResource", {"keyId": "k-9", "tags": [{"tagKey": "a", "tagValue": "1"}]}, source="kms"),
            [("arn:aws:kms:eu-west-1:111122223333:key/k-9", "a")],
        ),
        (
            trail("TagQueue", {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "tags": {"a": "1"}}, source="sqs"),
            [("arn:aws:sqs:eu-west-1:111122223333:q", "a")],
        ),
        # redacted: which keys is not known
        (trail("TagResource", {"resourceArn": ARN, "tags": "HIDDEN_DUE_TO_SECURITY_REASONS"}, source="lambda"), [(ARN, None)]),
        (
            trail("RunInstances", {"tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": [{"key": "a", "value": "1"}]}]}},
                  responseElements={"instancesSet": {"items": [{"instanceId": "i-0123abcd"}]}}),
            [("i-0123abcd", "a")],
        ),
        (
            trail("CreateFunction20150331", {"functionName": "shop", "tags": {"a": "1"}}, source="lambda", responseElements={"functionArn": ARN}),
            [(ARN, "a")],
        ),
        (trail("CreateVolume", {"size": "8"}, responseElements={"volumeId": "vol-0123abcd"}), []),
        (ec2_tags("CreateTags", "a", errorCode="Client.UnauthorizedOperation"), []),
        (trail("ListTagsForResource", {"resourceArn": ARN}, readOnly=True), []),
        (trail("DescribeTags", {"tagSet": {"items": [{"key": "a"}]}}), []),
    ],
)  # fmt: skip
def test_what_cloudtrail_tells(
    event: dict[str, Any], wanted: list[tuple[str, str | None]], tmp_path: Path
) -> None:
    assert keys(tmp_path, event) == wanted


def test_an_event_wrapped_by_lookup_events_or_by_eventbridge_is_the_same_event(tmp_path: Path) -> None:
    event = ec2_tags("CreateTags", "a")
    looked_up = {
        "EventId": "e-1", "EventName": "CreateTags", "EventTime": "2026-10-06T11:30:00+02:00", "Username": "alice",
        "Resources": [{"ResourceType": "AWS::EC2::Instance", "ResourceName": "i-0abc1234"}], "CloudTrailEvent": json.dumps(event),
    }  # fmt: skip
    bridged = {
        "version": "0",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ec2",
        "detail": event,
    }
    assert len(set(told(tmp_path, event, looked_up, bridged).events)) == 1


def test_a_tags_write_of_azure_takes_its_keys_from_the_record_of_its_start(tmp_path: Path) -> None:
    body = {"operation": "Merge", "properties": {"tags": {"Owner": "search"}}}
    write = "Microsoft.Resources/tags/write"
    records = (activity(write, body, status="Started", id="d-0"), activity(write, None))
    assert keys(tmp_path, *records) == [(VM, "Owner")]
    (event,) = told(tmp_path, *records).events
    assert (event.actor, event.account_id, event.at) == (
        "alice@example.com",
        "S-1",
        datetime(2026, 10, 6, 9, 30, 0, 123456),
    )


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (activity("Microsoft.Resources/tags/write", None), [None]),
        (activity("Microsoft.Resources/tags/write", {"operation": "Replace", "properties": {"tags": {"a": "1"}}}), ["a", None]),
        (activity("Microsoft.Compute/virtualMachines/write", {"tags": {"a": "1"}}, resourceId=VM), ["a", None]),
        (activity("Microsoft.Compute/virtualMachines/write", None, resourceId=VM), []),
        (activity("Microsoft.Resources/tags/write", None, status="Failed"), []),
        (activity("Microsoft.Resources/tags/read", None), []),
    ],
)  # fmt: skip
def test_what_azure_tells(record: dict[str, Any], wanted: list[str | None], tmp_path: Path) -> None:
    assert keys(tmp_path, record) == [(VM, key) for key in wanted]


def test_the_activity_log_of_a_storage_account_is_read_too(tmp_path: Path) -> None:
    upn = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
    record = {
        "time": "2026-10-06T09:30:00Z", "resourceId": VM.upper() + "/PROVIDERS/MICROSOFT.RESOURCES/TAGS/DEFAULT",
        "operationName": "MICROSOFT.RESOURCES/TAGS/WRITE", "category": "Administrative", "resultType": "Success",
        "correlationId": "c-9", "identity": {"claims": {upn: "alice@example.com"}}, "properties": {"message": "x"},
    }  # fmt: skip
    (event,) = told(tmp_path, record).events
    assert (event.resource_id, event.key, event.actor) == (VM.upper(), None, "alice@example.com")


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (audit("v1.compute.disks.setLabels", {"labels": [{"key": "owner", "value": "x"}]}), [(f"//compute.googleapis.com/{DISK}", "owner"), (f"//compute.googleapis.com/{DISK}", None)]),
        (audit("v1.compute.disks.insert", {"labels": {"owner": "x"}}), [(f"//compute.googleapis.com/{DISK}", "owner"), (f"//compute.googleapis.com/{DISK}", None)]),
        (audit("v1.compute.disks.resize", {"sizeGb": "20"}), []),
        (audit("v1.compute.disks.setLabels", {"labels": {}}, payload={"status": {"code": 7}}), []),
        (audit("v1.compute.disks.setLabels", None, operation={"id": "1", "last": True}), []),
        (
            audit("google.cloud.resourcemanager.v3.TagBindings.CreateTagBinding",
                  {"tagBinding": {"parent": f"//compute.googleapis.com/{DISK}", "tagValueNamespacedName": "123/owner/search"}}),
            [(f"//compute.googleapis.com/{DISK}", "owner")],
        ),
        (
            audit("google.cloud.resourcemanager.v3.TagBindings.DeleteTagBinding",
                  {"name": "tagBindings/%2F%2Fcompute.googleapis.com%2Fprojects%2Fp%2Fzones%2Fz%2Fdisks%2Fd/tagValues/7"}),
            [("//compute.googleapis.com/projects/p/zones/z/disks/d", None)],
        ),
    ],
)  # fmt: skip
def test_what_google_tells(
    record: dict[str, Any], wanted: list[tuple[str, str | None]], tmp_path: Path
) -> None:
    assert keys(tmp_path, record) == wanted


def test_a_table_is_read_by_the_usual_names_of_its_columns(tmp_path: Path) -> None:
    text = "Timestamp;User;Resource ID;Tag Key;Value\n2026-10-06 09:30:00;alice;i-1;owner;hunter22\n2026-10-06T11:30:00+02:00;;i-2;;\n"
    found = read_audit_log(written(tmp_path / "log.csv", text, packed=True), "log.csv")
    assert [(e.at.hour, e.actor, e.resource_id, e.key) for e in found.events] == [
        (9, "alice", "i-1", "owner"),
        (9, None, "i-2", None),
    ]
    assert "hunter22" not in repr(found)
    assert len({event.event_id for event in found.events}) == 2


@pytest.mark.parametrize("wrapper", PARTS)
@pytest.mark.parametrize("packed", [False, True])
def test_a_wrapper_makes_no_difference(wrapper: str, packed: bool, tmp_path: Path) -> None:
    path = written(tmp_path / "log", {wrapper: [ec2_tags("CreateTags", "a")]}, packed=packed)
    assert len(read_audit_log(path, "log").events) == 1


def test_a_digest_is_no_event_and_no_damage(tmp_path: Path) -> None:
    digest = {
        "awsAccountId": ACCOUNT,
        "digestStartTime": "2026-10-06T09:00:00Z",
        "digestS3Bucket": "b",
        "logFiles": [],
    }
    assert told(tmp_path, digest) == Told()


def test_damaged_lines_are_named_and_the_others_count(tmp_path: Path) -> None:
    lines = [json.dumps(ec2_tags("CreateTags", "a")), '{"eventName": "Crea', json.dumps(ec2_tags("CreateTags", "a", eventTime="soon")),
             json.dumps({"what": 1}), json.dumps(ec2_tags("CreateTags", "b", id="e-2"))]  # fmt: skip
    found = read_audit_log(written(tmp_path / "log.jsonl", "\n".join(lines)), "log.jsonl")
    assert [event.key for event in found.events] == ["a", "b"]
    assert sorted(where for where, _ in found.damaged) == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize(
    "part", ["userIdentity", "awsRegion", "requestParameters", "responseElements", "resources", "eventTime"]
)
@pytest.mark.parametrize("odd", [7, [], {}, [None], "x"])
def test_a_part_of_another_type_is_damage_at_worst(part: str, odd: object, tmp_path: Path) -> None:
    found = told(
        tmp_path,
        trail("PutBucketTagging", {"bucketName": "b"}, source="s3") | {part: odd},
        ec2_tags("CreateTags", "a"),
    )
    assert "a" in {event.key for event in found.events}
    assert len(found.damaged) <= 1


def test_a_damaged_first_line_does_not_hide_the_others(tmp_path: Path) -> None:
    text = '{"eventName": "Crea\n' + json.dumps(ec2_tags("CreateTags", "a"))
    found = read_audit_log(written(tmp_path / "log.jsonl", text), "log.jsonl")
    assert (len(found.events), found.damaged) == (1, [("line 1", "is no JSON object")])


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (json.dumps({"Records": [ec2_tags("CreateTags", "a")]}, indent=1).encode()[:-40], "cut off"),
        (gzip.compress(json.dumps({"Records": [ec2_tags("CreateTags", *map(str, range(3000)))]}).encode())[:-900], "gzip"),
        (b"name,price\nx,1\n", "is no audit log"),
        (b'[{"a": 1}]', "is no audit log"),
        (b"PK\x03\x04....", "neither CSV nor JSON"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b'at,resource\n2026-10-06,"i-1\n', "never closed"),
        (b"[" * 100_000, "nested"),
        (b"hello", "neither JSON nor CSV"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_log_or_not_whole_is_refused_with_the_reason(
    raw: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "log").write_bytes(raw)
    with pytest.raises(DeliveryRefused, match=reason):
        read_audit_log(tmp_path / "log", "log")


def test_an_empty_file_tells_nothing(tmp_path: Path) -> None:
    assert read_audit_log(written(tmp_path / "log", ""), "log") == Told()
