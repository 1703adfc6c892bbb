"""Services with tagging calls of their own, and S3 and EC2 through the tagging API: against moto, not against our own stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.aws.inventory import open_lister
from recon.config.live import AwsScope
from recon.fix.writing import Edit, Failed, Seen, Target
from tests.clouds.aws import AwsCloud, Fault
from tests.clouds.waits import Waits
from tests.connectors.aws_inventory.conftest import listed, rows
from tests.connectors.aws_writer.conftest import HOME, OTHER, OWN, Opened, changed, kinds, sent, target

Made = Callable[..., Any]
Thing = tuple[Target, str, str, str]  # target; the calls that read, put, take away


def _zone(made: Made) -> dict[str, Any]:
    ec2 = made("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{HOME}{zone}")["Subnet"]
        for n, zone in enumerate("ab")
    ]
    return {"vpc": vpc, "subnets": [subnet["SubnetId"] for subnet in subnets]}


def _queue(made: Made) -> Thing:
    made("sqs").create_queue(QueueName="orders", tags={"keep": "me"})
    return target(f"arn:aws:sqs:{HOME}:{OWN}:orders"), "sqs:ListQueueTags", "sqs:TagQueue", "sqs:UntagQueue"


def _balancer(made: Made) -> Thing:
    [found] = made("elbv2").create_load_balancer(
        Name="front", Subnets=_zone(made)["subnets"], Tags=[{"Key": "keep", "Value": "me"}]
    )["LoadBalancers"]
    return target(found["LoadBalancerArn"]), "elbv2:DescribeTags", "elbv2:AddTags", "elbv2:RemoveTags"


def _classic(made: Made) -> Thing:
    made("elb").create_load_balancer(
        LoadBalancerName="old",
        Listeners=[{"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 80}],
        AvailabilityZones=[f"{HOME}a"],
        Tags=[{"Key": "keep", "Value": "me"}],
    )
    arn = f"arn:aws:elasticloadbalancing:{HOME}:{OWN}:loadbalancer/old"
    # both kinds of load balancers sign alike, so the front calls them alike
    return target(arn), "elbv2:DescribeTags", "elbv2:AddTags", "elbv2:RemoveTags"


def _parameter(name: str) -> Callable[[Made], Thing]:
    def make(made: Made) -> Thing:
        made("ssm").put_parameter(Name=name, Value="x", Type="String", Tags=[{"Key": "keep", "Value": "me"}])
        arn = f"arn:aws:ssm:{HOME}:{OWN}:parameter/{name.lstrip('/')}"
        return (
            target(arn),
            "ssm:ListTagsForResource",
            "ssm:AddTagsToResource",
            "ssm:RemoveTagsFromResource",
        )

    return make


def _role(made: Made) -> Thing:
    role = made("iam").create_role(
        RoleName="deploy", Path="/ci/", AssumeRolePolicyDocument="{}", Tags=[{"Key": "keep", "Value": "me"}]
    )["Role"]
    return target(role["Arn"], region=""), "iam:ListRoleTags", "iam:TagRole", "iam:UntagRole"


def _account(made: Made) -> Thing:
    org = made("organizations")
    org.create_organization(FeatureSet="ALL")
    member = org.create_account(AccountName="payments", Email="a@example.com")["CreateAccountStatus"][
        "AccountId"
    ]
    org.tag_resource(ResourceId=member, Tags=[{"Key": "keep", "Value": "me"}])
    arn = next(a["Arn"] for a in org.list_accounts()["Accounts"] if a["Id"] == member)
    calls = ("ListTagsForResource", "TagResource", "UntagResource")
    return target(arn, member, "global"), *(f"organizations:{call}" for call in calls)  # type: ignore[return-value]


def _tagging(arn: str, region: str = HOME) -> Thing:
    calls = ("GetResources", "TagResources", "UntagResources")
    return target(arn, region=region), *(f"resourcegroupstaggingapi:{call}" for call in calls)  # type: ignore[return-value]


def _bucket(made: Made) -> Thing:
    s3 = made("s3", "eu-west-1")
    s3.create_bucket(Bucket="ledger", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_tagging(Bucket="ledger", Tagging={"TagSet": [{"Key": "keep", "Value": "me"}]})
    return _tagging("arn:aws:s3:::ledger", "eu-west-1")


def _volume(made: Made) -> Thing:
    spec = [{"ResourceType": "volume", "Tags": [{"Key": "keep", "Value": "me"}]}]
    made_ = made("ec2").create_volume(AvailabilityZone=f"{HOME}a", Size=1, TagSpecifications=spec)
    return _tagging(f"arn:aws:ec2:{HOME}:{OWN}:volume/{made_['VolumeId']}")


def _table(made: Made) -> Thing:
    found = made("dynamodb").create_table(
        TableName="t", BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "keep", "Value": "me"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    return _tagging(found["TableDescription"]["TableArn"])


_THINGS = {
    "queue": _queue,
    "load balancer": _balancer,
    "classic load balancer": _classic,
    "parameter": _parameter("flat"),
    "parameter in a hierarchy": _parameter("/team/deep/one"),
    "role": _role,
    "account of the organization": _account,
    "bucket": _bucket,
    "volume": _volume,
    "table": _table,
}


@pytest.mark.parametrize("make", _THINGS.values(), ids=_THINGS)
def test_tags_are_read_put_and_taken_away_and_no_other_is_touched(
    cloud: AwsCloud, opened: Opened, made: Made, make: Callable[[Made], Thing]
) -> None:
    thing, read, put, drop = make(made)
    writer = opened()
    assert writer.refuses(thing) is None
    assert writer.read([thing]) == {thing: Seen({"keep": "me"})}
    assert kinds(changed(writer, [thing], {"team": "payments"})) == ["done"]
    assert writer.read([thing]) == {thing: Seen({"keep": "me", "team": "payments"})}
    assert kinds(changed(writer, [thing], {"team": "ledger"})) == ["done"]
    assert writer.read([thing]) == {thing: Seen({"keep": "me", "team": "ledger"})}
    assert kinds(changed(writer, [thing], {}, ("team",))) == ["done"]
    assert writer.read([thing]) == {thing: Seen({"keep": "me"})}
    urls = ["sqs:GetQueueUrl"] if read.startswith("sqs") else []
    assert sent(cloud) == [*urls, read, read, put, read, read, put, read, read, drop, read]


def test_the_51st_tag_of_a_bucket_leaves_its_50(cloud: AwsCloud, opened: Opened, made: Made) -> None:
    made("s3").create_bucket(Bucket="full")
    tags = [{"Key": f"k{n}", "Value": "v"} for n in range(50)]
    made("s3").put_bucket_tagging(Bucket="full", Tagging={"TagSet": tags})
    bucket = target("arn:aws:s3:::full")
    assert kinds(changed(opened(), [bucket], {"one": "more"})) == ["over-limit"]
    assert len(made("s3").get_bucket_tagging(Bucket="full")["TagSet"]) == 50


@pytest.mark.parametrize(
    ("arn", "region"),
    [
        (f"arn:aws:sqs:{HOME}:{OWN}:none", HOME),
        (f"arn:aws:elasticloadbalancing:{HOME}:{OWN}:loadbalancer/none", HOME),
        (f"arn:aws:ssm:{HOME}:{OWN}:parameter/none", HOME),
        (f"arn:aws:iam::{OWN}:role/none", ""),
    ],
)
def test_what_does_not_exist_is_gone(cloud: AwsCloud, opened: Opened, arn: str, region: str) -> None:
    gone = target(arn, region=region)
    [said] = opened().read([gone]).values()
    assert isinstance(said, Failed) and said.kind == "gone", said


def test_a_load_balancer_that_does_not_exist_is_gone(cloud: AwsCloud, opened: Opened) -> None:
    """moto knows every one; the stand-in answers as AWS documents it."""
    cloud.load(rows(1))
    gone = target(f"arn:aws:elasticloadbalancing:{HOME}:{OWN}:loadbalancer/app/none/1234567890abcdef")
    writer = opened()
    [read] = writer.read([gone]).values()
    [written] = writer.write([(Edit(gone, {"team": "a"}), Seen({}))]).values()
    assert isinstance(read, Failed) and isinstance(written, Failed)
    assert (read.kind, written.kind) == ("gone", "gone")
    nothing = b"<R><DescribeTagsResult><TagDescriptions/></DescribeTagsResult></R>"
    cloud.faults.append(Fault(("elbv2:DescribeTags",), status=200, body=nothing))
    [silent] = writer.read([gone]).values()
    assert isinstance(silent, Failed) and silent.kind == "gone"


@pytest.mark.parametrize(
    ("fault", "kind", "permission", "tagged"),
    [
        (Fault(("sqs:TagQueue",), "AccessDenied", 403), "denied", "sqs:TagQueue", False),
        (Fault(("sqs:TagQueue",), "RequestThrottled", left=10**6), "throttled", None, False),
        (Fault(("sqs:TagQueue",), "InvalidParameterValue"), "rejected", None, False),
        (Fault(("sqs:TagQueue",), "QueueDoesNotExist"), "gone", None, False),
        (Fault(("sqs:TagQueue",), "InternalError", 500), "unreachable", None, False),
        (Fault(("sqs:TagQueue",), drop=True), "unreachable", None, False),
        (Fault(("sqs:TagQueue",), drop=True, done=True), "unreachable", None, True),
    ],
)
def test_a_call_of_a_service_that_fails_has_an_outcome_of_its_own(
    cloud: AwsCloud, opened: Opened, fault: Fault, kind: str, permission: str | None, tagged: bool
) -> None:
    queues = [f"arn:aws:sqs:{HOME}:{OWN}:{name}" for name in ("first", "second")]
    cloud.load([{**rows(1)[0], "id": arn, "type": "sqs:queue"} for arn in queues])
    fault.left = fault.left if fault.code.endswith("Throttled") else 1
    cloud.faults.append(Fault(**{**vars(fault), "match": (*fault.match, "first")}))
    told = changed(opened(), [target(arn) for arn in queues], {"team": "payments"})
    assert kinds(told) == [kind, "done"]
    first = told[target(queues[0])]
    assert getattr(first, "permission", None) == permission
    assert cloud.estate is not None
    assert bool(cloud.estate.tags()[queues[0]]) is tagged


def test_somebody_else_at_the_same_role_or_parameter_is_changed(
    cloud: AwsCloud, opened: Opened, made: Made
) -> None:
    role, *_ = _role(made)
    parameter, *_ = _parameter("flat")(made)
    cloud.faults += [
        Fault(("iam:TagRole",), "ConcurrentModification", 409),
        Fault(("ssm:AddTagsToResource",), "TooManyUpdates"),
    ]
    assert kinds(changed(opened(), [role, parameter], {"team": "a"})) == ["changed"] * 2


def test_a_role_s_many_tags_are_read_to_the_end(cloud: AwsCloud, opened: Opened, made: Made) -> None:
    role, *_ = _role(made)
    tags = [{"Key": f"k{n:02}", "Value": "v"} for n in range(49)]
    made("iam").tag_role(RoleName="deploy", Tags=tags)
    [said] = opened().read([role]).values()
    assert isinstance(said, Seen) and len(said.tags) == 50


def test_an_account_s_role_leads_to_its_queue(cloud: AwsCloud, opened: Opened, made: Made) -> None:
    keys = made("sts").assume_role(RoleArn=f"arn:aws:iam::{OTHER}:role/setup", RoleSessionName="setup")[
        "Credentials"
    ]
    there = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    sqs = made("sqs", **there)
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    queue = target(f"arn:aws:sqs:{HOME}:{OTHER}:orders", OTHER)
    assert kinds(changed(opened(role="writer"), [queue], {"team": "payments"})) == ["done"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "payments"}


def test_organizations_is_asked_with_the_own_credentials(cloud: AwsCloud, opened: Opened) -> None:
    account = {"account": OTHER, "type": "organizations:account", "name": "b", "tags": {"keep": "me"}}
    arn = f"arn:aws:organizations::{OWN}:account/o-exampleorgid/{OTHER}"
    cloud.load([{**account, "id": arn}])
    assert kinds(changed(opened(role="writer"), [target(arn, OTHER, "global")], {"team": "a"})) == ["done"]
    assert {a.access_key for a in cloud.seen} == {"testing"}
    assert cloud.estate is not None and cloud.estate.tags()[arn] == {"keep": "me", "team": "a"}


def test_a_later_listing_shows_what_was_written(cloud: AwsCloud, opened: Opened) -> None:
    balancer = f"arn:aws:elasticloadbalancing:{HOME}:{OWN}:loadbalancer/app/front/1234567890abcdef"
    never = rows(2)
    cloud.load([*never, {**rows(1, keep="me")[0], "id": balancer}])
    targets = [target(row["id"]) for row in never] + [target(balancer)]
    assert kinds(changed(opened(), targets, {"team": "payments"})) == ["done"] * 3
    lister = open_lister(AwsScope(regions=(HOME,)), Waits().pace())
    told = {resource.id: resource.tags for resource in listed(lister)[0]}
    assert told == {
        never[0]["id"]: {"team": "payments"},
        never[1]["id"]: {"team": "payments"},
        balancer: {"keep": "me", "team": "payments"},
    }
