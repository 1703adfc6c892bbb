"""What the lister tells of one account: over boto3 and a moto server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from connectors.aws.inventory.names import parse, tags_of
from recon.snapshot.listing import Resource, Unit, Unseen
from tests.clouds.aws import AwsCloud, Fault
from tests.connectors.aws_inventory.conftest import HOME, Opened, listed, rows, unit_of

Made = Callable[..., Any]
ABROAD = "eu-central-1"


def _by_name(found: list[Resource]) -> dict[str | None, Resource]:
    assert len({r.id for r in found}) == len(found), "a resource was told twice"
    return {r.name: r for r in found}


def test_tagged_resources_come_with_account_region_type_name_and_tags(
    cloud: AwsCloud, opened: Opened, made: Made
) -> None:
    made("sqs").create_queue(QueueName="orders", tags={"CostCenter": "payments"})
    made("dynamodb").create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "env", "Value": "prod"}],
    )
    found, _ = listed(opened(untagged="none"))
    told = _by_name(found)
    assert told["orders"] == Resource(
        *("aws", "123456789012", HOME, "sqs:queue", f"arn:aws:sqs:{HOME}:123456789012:orders", "orders"),
        tags={"CostCenter": "payments"},
    )
    assert (told["ledger"].type, told["ledger"].tags) == ("dynamodb:table", {"env": "prod"})


def test_without_other_sources_resources_that_never_had_a_tag_are_not_there_and_it_says_so(
    cloud: AwsCloud, opened: Opened, made: Made
) -> None:
    made("sqs").create_queue(QueueName="bare")
    lister = opened(untagged="none")
    assert listed(lister) == ([], [])
    assert not lister.lists_untagged


def test_the_services_own_lists_add_what_never_had_a_tag(cloud: AwsCloud, opened: Opened, made: Made) -> None:
    made("sqs").create_queue(QueueName="bare")
    made("sqs").create_queue(QueueName="tagged", tags={"a": "b"})
    made("s3").create_bucket(Bucket="bare-bucket")
    made("logs").create_log_group(logGroupName="/app/log")
    made("kms").create_key()
    made("eks").create_cluster(
        name="c", roleArn="arn:aws:iam::123456789012:role/r", resourcesVpcConfig={}, tags={"team": "x"}
    )
    volume = made("ec2").create_volume(AvailabilityZone=f"{HOME}a", Size=1)["VolumeId"]
    lister = opened(untagged="services")
    found, unseen = listed(lister)
    told = _by_name(found)
    assert unseen == []
    assert lister.lists_untagged
    assert told["tagged"].tags == {"a": "b"}
    assert told["bare"].tags == told[volume].tags == told["bare-bucket"].tags == {}
    assert told["bare-bucket"].also == ("bare-bucket",)
    assert told["c"].tags == {"team": "x"}, "a service that GetResources does not show is asked for its tags"
    assert told["log"].id == f"arn:aws:logs:{HOME}:123456789012:log-group:/app/log"
    assert {"kms:key", "ec2:vpc", "ec2:security-group", "ec2:subnet"} <= {r.type for r in found}


def test_what_lies_in_no_region_and_each_bucket_are_told_once(
    cloud: AwsCloud, opened: Opened, made: Made
) -> None:
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    made("s3").create_bucket(Bucket="at-home")
    made("s3", ABROAD).create_bucket(
        Bucket="abroad", CreateBucketConfiguration={"LocationConstraint": ABROAD}
    )
    made("s3", ABROAD).create_bucket(
        Bucket="abroad-bare", CreateBucketConfiguration={"LocationConstraint": ABROAD}
    )
    made("s3").put_bucket_tagging(Bucket="at-home", Tagging=tags)
    made("s3", ABROAD).put_bucket_tagging(Bucket="abroad", Tagging=tags)
    cloud.buckets = {"at-home": HOME, "abroad": ABROAD}
    made("iam").create_role(
        RoleName="deploy", AssumeRolePolicyDocument="{}", Tags=[{"Key": "k", "Value": "v"}]
    )
    found, unseen = listed(opened(regions=(HOME, ABROAD), untagged="services"))
    told = _by_name(found)
    assert unseen == []
    assert (told["at-home"].region, told["abroad"].region, told["abroad-bare"].region) == (
        HOME,
        ABROAD,
        ABROAD,
    )
    assert (told["deploy"].region, told["deploy"].tags) == ("", {"k": "v"})


def test_a_user_whose_regions_leave_out_the_global_one_still_gets_what_lies_in_none(
    cloud: AwsCloud, opened: Opened, made: Made
) -> None:
    made("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument="{}")
    made("sqs").create_queue(QueueName="not-asked-for", tags={"a": "b"})
    lister = opened(regions=(ABROAD,), untagged="services")
    keys = [u.key for u in lister.units() if isinstance(u, Unit)]
    assert keys == ["aws/123456789012/global", f"aws/123456789012/{ABROAD}"]
    told = _by_name(listed(lister)[0])
    assert "deploy" in told
    assert "not-asked-for" not in told


def test_units_are_the_enabled_regions_with_the_same_keys_every_time(cloud: AwsCloud, opened: Opened) -> None:
    lister = opened(regions=())
    first = [u.key for u in lister.units() if isinstance(u, Unit)]
    assert f"aws/123456789012/{HOME}" in first
    assert len(first) == len(set(first)) > 10
    assert first == [u.key for u in opened(regions=()).units() if isinstance(u, Unit)]


def test_a_region_that_is_asked_for_and_not_enabled_is_a_gap(cloud: AwsCloud, opened: Opened) -> None:
    found = list(opened(regions=(HOME, "eu-nowhere-9")).units())
    (gap,) = [u for u in found if isinstance(u, Unseen)]
    assert (gap.region, gap.kind) == ("eu-nowhere-9", "missing")
    assert [u.region for u in found if isinstance(u, Unit)] == [HOME]


def test_an_account_without_resources_is_listed_and_empty(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load([], page=100)
    lister = opened(untagged="resource-explorer")
    assert listed(lister) == ([], [])
    assert lister.lists_untagged


def test_hostile_tags_arrive_byte_for_byte(cloud: AwsCloud, opened: Opened) -> None:
    hostile = {
        "<script>alert(1)</script>": "=cmd|' /C calc'!A0",
        "bidi\u202e\u2066": "\x1b[31mred\x00nul",
        "  blanks  ": "Ünï🏷️\u200b\r\n",
        "empty": "",
    }
    cloud.load([{**rows(1)[0], "tags": hostile}])
    (resource,), _ = listed(opened(untagged="none"))
    assert dict(resource.tags) == hostile


def test_pages_are_followed_by_their_tokens_an_empty_one_is_not_the_end(
    cloud: AwsCloud, opened: Opened
) -> None:
    token = {"PaginationToken": "next", "ResourceTagMappingList": []}
    arn = f"arn:aws:sqs:{HOME}:123456789012:last"
    last = {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": []}], "PaginationToken": ""}
    cloud.stubs["resourcegroupstaggingapi:GetResources"] = lambda asked: (
        last if (asked.params or {}).get("PaginationToken") == "next" else token
    )
    (resource,), _ = listed(opened(untagged="none"))
    assert (resource.name, resource.tags) == ("last", {})


def test_rows_come_page_by_page_and_not_at_the_end(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(50, a="b"), page=10)
    lister = opened(untagged="none")
    telling = lister.resources(unit_of(lister))
    next(iter(telling))
    assert cloud.count("resourcegroupstaggingapi:GetResources") == 1
    assert len(list(telling)) == 49
    assert cloud.count("resourcegroupstaggingapi:GetResources") == 5


def test_two_threads_list_two_units_at_once(cloud: AwsCloud, opened: Opened) -> None:
    regions = ("us-east-1", "eu-west-1", "eu-central-1", "us-west-2")
    cloud.load([row for region in regions for row in rows(230, region=region, a=region)])
    cloud.faults.append(Fault(("GetResources",), delay=0.02, left=100))
    lister = opened(regions=regions, untagged="resource-explorer")
    units = [u for u in lister.units() if isinstance(u, Unit)]
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda unit: list(lister.resources(unit)), units))
    for unit, found in zip(units, told, strict=True):
        assert len(found) == 230
        assert all(isinstance(r, Resource) and r.tags == {"a": unit.region} for r in found)


def test_the_probe_names_units_that_answer_and_accounts_that_do_not(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(1, a="b") + rows(1, account="222222222222", a="b"))
    cloud.faults.append(Fault(("GetResources", "ASIA222222222222"), "AccessDeniedException", 400, left=9))
    lister = opened(organization=True, role="reader")
    told = list(lister.probe())
    assert [u.account for u in told if isinstance(u, Unit)] == ["123456789012"]
    (gap,) = [u for u in told if isinstance(u, Unseen)]
    assert (gap.account, gap.permission) == ("222222222222", "tag:GetResources")


def test_importing_the_package_and_the_configuration_does_not_import_the_sdk() -> None:
    code = (
        "import sys, connectors.aws.inventory, connectors.aws.inventory.permissions, recon.config.live, "
        "recon.cli.app; print([m for m in ('boto3', 'botocore') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert said.stdout.strip() == "[]"


def test_types_are_spelled_from_arns_as_dumps_of_the_tagging_api_spell_them() -> None:
    expected = {
        "arn:aws:ec2:us-east-1:1:instance/i-0abc": "ec2:instance",
        "arn:aws:s3:::bucket": "s3:bucket",
        "arn:aws:sqs:us-east-1:1:queue": "sqs:queue",
        "arn:aws:sns:us-east-1:1:topic": "sns:topic",
        "arn:aws:rds:us-east-1:1:db:name": "rds:db",
        "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/n/1": "elasticloadbalancing:loadbalancer",
        "arn:aws:apigateway:us-east-1::/restapis/abc": "apigateway:restapis",
        "arn:aws:wafv2:us-east-1:1:regional/webacl/n/1": "wafv2:regional/webacl",
        "arn:aws:logs:us-east-1:1:log-group:/aws/x": "logs:log-group",
        "arn:aws-cn:lambda:cn-north-1:1:function:f": "lambda:function",
        "arn:aws:organizations::1:account/o-1/2": "organizations:account",
    }
    assert {arn: known.type for arn in expected if (known := parse(arn)) is not None} == expected
    assert parse("i-0abc") is None
    assert parse(None) is None


def test_tags_are_read_in_every_spelling_of_the_services() -> None:
    expected = {"k": "v"}
    assert tags_of([{"Key": "k", "Value": "v"}]) == expected
    assert tags_of([{"key": "k", "value": "v", "tag": "k=v"}]) == expected
    assert tags_of([{"TagKey": "k", "TagValue": "v"}]) == expected
    assert tags_of({"k": "v"}) == expected
    assert tags_of(None) == tags_of("text") == {}
