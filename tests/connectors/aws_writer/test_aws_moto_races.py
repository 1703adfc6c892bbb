"""Another client of moto changes, adds and takes away tags between our read and our write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recon.fix.writing import Edit, Seen, Target
from tests.clouds.aws import AwsCloud
from tests.connectors.aws_writer.conftest import HOME, OWN, Opened, kinds, target

Made = Callable[..., Any]
Changes = Callable[[dict[str, str], list[str]], None]  # tags to put, keys to take away
_THEIRS = {"keep": "me", "change": "old", "go": "away"}
_PAIRS = [{"Key": key, "Value": value} for key, value in _THEIRS.items()]


def _volume(made: Made) -> tuple[Target, str, Changes]:
    ec2 = made("ec2")
    spec = [{"ResourceType": "volume", "Tags": _PAIRS}]
    volume = ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=1, TagSpecifications=spec)["VolumeId"]

    def change(put: dict[str, str], drop: list[str]) -> None:
        ec2.create_tags(Resources=[volume], Tags=[{"Key": k, "Value": v} for k, v in put.items()])
        ec2.delete_tags(Resources=[volume], Tags=[{"Key": key} for key in drop])

    return (
        target(f"arn:aws:ec2:{HOME}:{OWN}:volume/{volume}"),
        "resourcegroupstaggingapi:TagResources",
        change,
    )


def _bucket(made: Made) -> tuple[Target, str, Changes]:
    s3 = made("s3")
    s3.create_bucket(Bucket="ledger")
    s3.put_bucket_tagging(Bucket="ledger", Tagging={"TagSet": _PAIRS})

    def change(put: dict[str, str], drop: list[str]) -> None:
        there = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket="ledger")["TagSet"]}
        left = {key: value for key, value in {**there, **put}.items() if key not in drop}
        s3.put_bucket_tagging(
            Bucket="ledger", Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in left.items()]}
        )

    return target("arn:aws:s3:::ledger"), "resourcegroupstaggingapi:TagResources", change


def _queue(made: Made) -> tuple[Target, str, Changes]:
    sqs = made("sqs")
    url = sqs.create_queue(QueueName="orders", tags=_THEIRS)["QueueUrl"]

    def change(put: dict[str, str], drop: list[str]) -> None:
        sqs.tag_queue(QueueUrl=url, Tags=put)
        sqs.untag_queue(QueueUrl=url, TagKeys=drop)

    return target(f"arn:aws:sqs:{HOME}:{OWN}:orders"), "sqs:TagQueue", change


def _role(made: Made) -> tuple[Target, str, Changes]:
    iam = made("iam")
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument="{}", Tags=_PAIRS)

    def change(put: dict[str, str], drop: list[str]) -> None:
        iam.tag_role(RoleName="deploy", Tags=[{"Key": k, "Value": v} for k, v in put.items()])
        iam.untag_role(RoleName="deploy", TagKeys=drop)

    return target(f"arn:aws:iam::{OWN}:role/deploy", region=""), "iam:TagRole", change


@pytest.mark.parametrize("make", [_volume, _bucket, _queue, _role])
def test_no_key_of_another_writer_is_touched(
    cloud: AwsCloud,
    opened: Opened,
    made: Made,
    make: Callable[[Made], tuple[Target, str, Changes]],
) -> None:
    thing, call, change = make(made)
    cloud.before[call] = lambda _: change({"change": "new", "added": "x"}, ["go"])
    writer = opened()
    seen = writer.read([thing])[thing]
    assert seen == Seen(_THEIRS)
    assert kinds(writer.write([(Edit(thing, {"team": "payments"}), seen)])) == ["done"]
    assert writer.read([thing]) == {
        thing: Seen({"keep": "me", "change": "new", "added": "x", "team": "payments"})
    }
