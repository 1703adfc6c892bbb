"""What lies in the account? Of each kind one resource per way in which an owner can be said, or not be said."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3

from tests.custodian.kinds import HOME, KEY

# What a resource carries, by the word that says what it is. "spelled-…" is valid where a registry folds case.
STATES: Mapping[str, Mapping[str, str]] = {
    "valid": {KEY: "payments", "env": "prod"},
    "unknown": {KEY: "nobody"},
    "blank": {KEY: ""},
    "bare": {},
    "others": {"env": "prod"},
    "spelled-value": {KEY: "Payments"},
    "spelled-key": {KEY.title(): "payments"},
}
Client = Callable[[str], Any]
Tags = Mapping[str, str]


def build(url: str) -> dict[str, str]:
    """ARN → state, of what was made in the account behind `url`."""

    session = boto3.session.Session()

    @cache  # a client takes longer to make than a resource
    def client(service: str) -> Any:
        return session.client(service, region_name=HOME, endpoint_url=url)

    role = client("iam").create_role(RoleName="for-functions", AssumeRolePolicyDocument=_TRUST)["Role"]["Arn"]
    made = {role: "bare"}
    ec2 = client("ec2")
    for n, (state, tags) in enumerate(STATES.items()):
        for arn in (*_in_ec2(ec2, n, tags), *_elsewhere(client, state, tags, role)):
            made[arn] = state
    return made


def _in_ec2(ec2: Any, n: int, tags: Tags) -> list[str]:
    def said(kind: str) -> dict[str, Any]:
        return {"TagSpecifications": [{"ResourceType": kind, "Tags": _pairs(tags)}]} if tags else {}

    vpc = ec2.create_vpc(CidrBlock=f"10.{n}.0.0/16", **said("vpc"))["Vpc"]
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock=f"10.{n}.1.0/24", **said("subnet"))["Subnet"]
    group = ec2.create_security_group(
        GroupName=f"g-{n}", Description="g", VpcId=vpc["VpcId"], **said("security-group")
    )
    volume = ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=1, **said("volume"))
    (instance,) = ec2.run_instances(
        ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=subnet["SubnetId"], **said("instance")
    )["Instances"]
    home = subnet["SubnetArn"].rsplit(":", 1)[0] + ":"
    return [
        f"{home}vpc/{vpc['VpcId']}", subnet["SubnetArn"], f"{home}security-group/{group['GroupId']}",
        f"{home}volume/{volume['VolumeId']}", f"{home}instance/{instance['InstanceId']}",
    ]  # fmt: skip


def _elsewhere(client: Client, state: str, tags: Tags, role: str) -> list[str]:
    listed, named = _pairs(tags), f"it-is-{state}"
    client("s3").create_bucket(Bucket=named)
    if tags:
        client("s3").put_bucket_tagging(Bucket=named, Tagging={"TagSet": listed})
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName=named, tags=dict(tags))["QueueUrl"]
    client("logs").create_log_group(logGroupName=named, tags=dict(tags))
    (group,) = client("logs").describe_log_groups(logGroupNamePrefix=named)["logGroups"]
    key_tags = [{"TagKey": k, "TagValue": v} for k, v in tags.items()]
    return [
        f"arn:aws:s3:::{named}",
        group["arn"].removesuffix(":*"),
        client("kms").create_key(Tags=key_tags)["KeyMetadata"]["Arn"],
        sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"],
        client("sns").create_topic(Name=named, Tags=listed)["TopicArn"],
        client("secretsmanager").create_secret(Name=named, SecretString="x", Tags=listed)["ARN"],
        client("iam").create_role(RoleName=named, AssumeRolePolicyDocument=_TRUST, Tags=listed)["Role"]["Arn"],
        client("rds").create_db_instance(
            DBInstanceIdentifier=named, DBInstanceClass="db.m5.large", Engine="postgres", Tags=listed
        )["DBInstance"]["DBInstanceArn"],
        client("dynamodb").create_table(
            TableName=named, BillingMode="PAY_PER_REQUEST", Tags=listed,
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        )["TableDescription"]["TableArn"],
        client("lambda").create_function(
            FunctionName=named, Runtime="python3.12", Role=role, Handler="a.b", Code={"ZipFile": _zip()}, Tags=dict(tags)
        )["FunctionArn"],
    ]  # fmt: skip


def _pairs(tags: Tags) -> list[dict[str, str]]:
    """As most services write tags."""
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def _zip() -> bytes:
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as file:
        file.writestr("a.py", "def b(event, context): ...\n")
    return packed.getvalue()


_TRUST = '{"Version": "2012-10-17", "Statement": []}'
