"""Which resources are written, by which calls, and which edits share one?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.aws.inventory.names import parse
from connectors.aws.writer import open_writer
from connectors.aws.writer.activation import BACKFILL, TAG
from connectors.aws.writer.roads import Road, road_to
from connectors.aws.writer.ways import home, named, way_of
from connectors.live.pace import Pace
from recon.config.live import AwsScope
from recon.fix.writing import Edit, Failed, Seen, Target
from tests.clouds.aws import AwsCloud
from tests.connectors.aws_writer.conftest import HOME, OTHER, OWN, Opened, sent, target

_STACK = f"arn:aws:cloudformation:{HOME}:{OWN}"


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (target(f"{_STACK}:stack/app/1a2b"), "its template"),
        (target(f"{_STACK}:stackset/app:1a2b"), "its template"),
        (target(f"arn:aws:autoscaling:{HOME}:{OWN}:autoScalingGroup:1:autoScalingGroupName/a"), "at its source"),
        (target(f"arn:aws:iam::{OWN}:user/anna"), "in IAM"),
        (target("arn:aws:s3:::ledger/2026/file"), "as a whole"),
        (target("i-0123456789abcdef0"), "no ARN"),
        (target("arn:aws:s3:::ledger", region=""), "region is not known"),
        (target("arn:aws:s3:::ledger", account=""), "account is not known"),
        (target(f"arn:aws:ec2:{HOME}:{OTHER}:volume/vol-1"), "belongs to account 222222222222"),
        (target("", account="", kind=TAG), "account that pays"),
    ],
)  # fmt: skip
def test_what_is_never_written_says_why_and_nobody_is_asked(
    cloud: AwsCloud, opened: Opened, thing: Target, words: str
) -> None:
    writer = opened()
    why = writer.refuses(thing)
    assert why is not None and words in why
    assert writer.read([thing]) == {thing: Failed("unsupported", why)}
    assert writer.write([(Edit(thing, {"team": "a"}), Seen({}))]) == {thing: Failed("unsupported", why)}
    assert sent(cloud) == [] and cloud.seen == []


@pytest.mark.parametrize(
    ("arn", "service", "words"),
    [
        (f"arn:aws:ec2:{HOME}:{OWN}:volume/vol-1", None, {}),
        ("arn:aws:s3:::ledger", None, {}),
        (f"arn:aws:ssm:{HOME}:{OWN}:document/run", None, {}),
        (f"arn:aws:iam::{OWN}:policy/p", None, {}),
        (f"arn:aws:ssm:{HOME}:{OWN}:parameter/a", "ssm", {"ResourceType": "Parameter", "ResourceId": "a"}),
        (f"arn:aws:ssm:{HOME}:{OWN}:parameter/a/b", "ssm", {"ResourceType": "Parameter", "ResourceId": "/a/b"}),
        (f"arn:aws:iam::{OWN}:role/deep/{{arn}}", "iam", {"RoleName": "{arn}"}),
        (f"arn:aws:elasticloadbalancing:{HOME}:{OWN}:loadbalancer/old", "elb", {"LoadBalancerNames": ["old"]}),
        (
            f"arn:aws:elasticloadbalancing:{HOME}:{OWN}:targetgroup/t/1",
            "elbv2",
            {"ResourceArns": [f"arn:aws:elasticloadbalancing:{HOME}:{OWN}:targetgroup/t/1"]},
        ),
        (f"arn:aws:organizations::{OWN}:ou/o-1/ou-1-2", "organizations", {"ResourceId": "ou-1-2"}),
    ],
)  # fmt: skip
def test_each_resource_has_one_way(arn: str, service: str | None, words: dict[str, object]) -> None:
    parsed = parse(arn)
    assert parsed is not None
    way = way_of(parsed)
    assert (way.service if way else None) == service
    assert way is None or named(way, parsed) == words


@pytest.mark.parametrize(
    ("arn", "region", "asked"),
    [
        (f"arn:aws:iam::{OWN}:role/r", "", "us-east-1"),
        (f"arn:aws-us-gov:iam::{OWN}:role/r", "eu-west-1", "us-gov-west-1"),
        (f"arn:aws-cn:iam::{OWN}:role/r", "", "cn-northwest-1"),
        (f"arn:aws:ec2:eu-west-1:{OWN}:volume/v", "us-east-1", "eu-west-1"),
        ("arn:aws:s3:::ledger", "eu-west-1", "eu-west-1"),
    ],
)
def test_the_region_is_the_resource_s_own(arn: str, region: str, asked: str) -> None:
    parsed = parse(arn)
    assert parsed is not None and home(parsed, region) == asked


def test_a_bucket_lies_in_the_account_and_region_of_the_inventory() -> None:
    road = road_to(target("arn:aws:s3:::ledger", OTHER, "eu-west-1"))
    assert isinstance(road, Road) and (road.account, road.region, road.way) == (OTHER, "eu-west-1", None)


_ARNS = (
    *(f"arn:aws:ec2:{region}:{account}:volume/vol-{n}" for region in ("us-east-1", "eu-west-1") for account in (OWN, OTHER) for n in range(12)),
    *(f"arn:aws:sqs:{HOME}:{OWN}:q{n}" for n in range(3)),
    f"arn:aws:iam::{OWN}:user/never",
)  # fmt: skip


def _target(arn: str) -> Target:
    return Target("aws", arn.split(":")[4] or OWN, arn.split(":")[3], "", arn)


_EDITS = st.builds(
    Edit,
    st.sampled_from(
        [*map(_target, _ARNS), *(Target("aws", OWN, "", TAG, f"{TAG}/k{n}") for n in range(45)), Target("aws", OWN, "", BACKFILL, BACKFILL)]
    ),
    st.sampled_from([{"team": "a"}, {"team": "b"}, {}]),
    st.sampled_from([(), ("old",), ("old", "older"), ("older", "old")]),
)  # fmt: skip


@given(st.lists(_EDITS, max_size=120))
def test_batches_hold_every_edit_once_in_order_and_what_one_call_takes(edits: list[Edit]) -> None:
    writer = open_writer(AwsScope(), Pace())
    batches = writer.batches(edits)
    assert sorted(map(id, edits)) == sorted(id(edit) for batch in batches for edit in batch)
    for batch in batches:
        places = [next(n for n, e in enumerate(edits) if e is edit) for edit in batch]
        assert places == sorted(places)
        ids = [edit.target.resource_id for edit in batch]
        assert len(set(ids)) == len(ids) <= 20
        arns = [edit for edit in batch if edit.target.resource_type != TAG]
        assert not arns or len(arns) == len(batch)
        if arns:
            alike = {(*sorted(e.put.items()), *sorted(e.drop)) for e in batch}
            assert len(alike) == 1
            assert len({(e.target.account_id, e.target.region) for e in batch}) == 1
        if len(batch) > 1:
            assert all(id_.startswith(("arn:aws:ec2", TAG)) for id_ in ids)
    assert writer.batches(edits) == batches
