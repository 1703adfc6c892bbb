"""Accounts: an organization of moto's, roles that are assumed, accounts that can't be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recon.errors import Unreachable
from recon.snapshot.listing import Activation, Unit, Unseen
from tests.clouds.aws import AwsCloud, Fault
from tests.connectors.aws_inventory.conftest import HOME, Opened, listed, rows

Made = Callable[..., Any]
OTHER = "222222222222"
_ORG = "aws/organization"


def _as(made: Made, account: str, service: str) -> Any:
    got = made("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/setup", RoleSessionName="setup")
    keys = got["Credentials"]
    return made(
        service,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def test_an_organization_is_listed_with_its_units_accounts_and_their_tags(
    cloud: AwsCloud, opened: Opened, made: Made
) -> None:
    org = made("organizations")
    org.create_organization(FeatureSet="ALL")
    root = org.list_roots()["Roots"][0]
    outer = org.create_organizational_unit(ParentId=root["Id"], Name="products")["OrganizationalUnit"]
    inner = org.create_organizational_unit(ParentId=outer["Id"], Name="payments")["OrganizationalUnit"]
    member = org.create_account(AccountName="payments-prod", Email="a@example.com")["CreateAccountStatus"][
        "AccountId"
    ]
    for n in range(11):  # more than a page
        org.create_account(AccountName=f"more-{n}", Email=f"m{n}@example.com")
    org.move_account(AccountId=member, SourceParentId=root["Id"], DestinationParentId=inner["Id"])
    org.tag_resource(ResourceId=member, Tags=[{"Key": "CostCenter", "Value": "payments"}])
    org.tag_resource(ResourceId=outer["Id"], Tags=[{"Key": "area", "Value": "products"}])
    _as(made, member, "sqs").create_queue(QueueName="orders", tags={"a": "b"})

    found, unseen = listed(opened(organization=True, role="reader", untagged="none"))

    told = {r.id: r for r in found}
    assert unseen == []
    accounts = [r for r in found if r.type == "organizations:account"]
    assert len(accounts) == 13
    account = next(r for r in accounts if r.account == member)
    assert (account.name, account.tags, account.region) == ("payments-prod", {"CostCenter": "payments"}, "")
    assert account.container == inner["Arn"]
    assert (told[inner["Arn"]].type, told[inner["Arn"]].container) == ("organizations:ou", outer["Arn"])
    assert (told[outer["Arn"]].tags, told[outer["Arn"]].container) == ({"area": "products"}, root["Arn"])
    assert told[root["Arn"]].container is None
    queue = told[f"arn:aws:sqs:{HOME}:{member}:orders"]
    assert (queue.account, queue.container) == (member, account.id)


def test_accounts_are_units_only_while_they_answer(cloud: AwsCloud, opened: Opened) -> None:
    closed = {"account": OTHER, "type": "organizations:account", "state": "SUSPENDED"}
    arn = f"arn:aws:organizations::123456789012:account/o-exampleorgid/{OTHER}"
    cloud.load([*rows(1, a="b"), {**closed, "id": arn, "name": "old"}])
    told = list(opened(organization=True, role="reader").units())
    assert [u.key for u in told if isinstance(u, Unit)] == [_ORG, f"aws/123456789012/{HOME}"]
    assert not [u for u in told if isinstance(u, Unseen)]

    named = list(opened(organization=True, role="reader", accounts=(OTHER,)).units())
    (gap,) = [u for u in named if isinstance(u, Unseen)]
    assert (gap.account, gap.kind) == (OTHER, "missing")
    assert "SUSPENDED" in gap.reason


def test_a_role_that_is_denied_is_a_gap_of_that_account_and_the_others_go_on(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.load(rows(1, account=OTHER, a="b") + rows(1, account="333333333333", a="b"))
    cloud.faults.append(Fault(("sts:AssumeRole", OTHER), "AccessDenied", 403, left=99))
    found, (gap,) = listed(opened(accounts=(OTHER, "333333333333"), role="reader", untagged="none"))
    assert [r.account for r in found] == ["333333333333"]
    assert (gap.account, gap.region, gap.kind) == (OTHER, "", "denied")
    assert gap.permission == f"sts:AssumeRole on arn:aws:iam::{OTHER}:role/reader"


def test_an_account_without_a_role_to_read_it_is_a_gap(cloud: AwsCloud, opened: Opened) -> None:
    (gap,) = opened(accounts=(OTHER,)).units()
    assert isinstance(gap, Unseen)
    assert (gap.account, gap.kind) == (OTHER, "denied")
    assert "no role is configured" in gap.reason


@pytest.mark.parametrize(
    "role", ["audit/reader", "arn:aws:iam::{account}:role/audit/reader"], ids=["name", "template"]
)
def test_a_role_is_assumed_by_name_or_arn_with_the_external_id(
    cloud: AwsCloud, opened: Opened, role: str
) -> None:
    cloud.load(rows(1, account=OTHER, a="b"))
    listed(opened(accounts=(OTHER,), role=role, external_id="e-17", untagged="none"))
    (asked,) = [a.params for a in cloud.seen if a.operation == "AssumeRole"]
    assert asked is not None
    assert asked["RoleArn"] == f"arn:aws:iam::{OTHER}:role/audit/reader"
    assert (asked["ExternalId"], asked["RoleSessionName"]) == ("e-17", "tagrecon")


def test_the_own_account_is_read_with_the_own_credentials(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(1, a="b"))
    found, _ = listed(opened(accounts=("123456789012",), role="reader", untagged="none"))
    assert len(found) == 1
    assert cloud.count("sts:AssumeRole") == 0


def test_a_role_is_assumed_again_before_its_credentials_expire(
    cloud: AwsCloud, opened: Opened, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    # moto hands out what is asked for; with 15 minutes left the SDK takes new ones at each request
    monkeypatch.setattr("connectors.aws.inventory.session.DURATION", 900)
    _as(made, OTHER, "sqs").create_queue(QueueName="orders", tags={"a": "b"})
    lister = opened(accounts=(OTHER,), role="reader", untagged="none")
    (resource,), _ = listed(lister)
    assert resource.account == OTHER
    assert lister.calls["sts:AssumeRole"] == cloud.count("sts:AssumeRole") >= 2


def test_an_organization_that_can_not_be_asked_stops_the_source_with_its_permission(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.faults.append(Fault(("organizations:ListAccounts",), "AccessDeniedException", left=99))
    with pytest.raises(Unreachable) as caught:
        list(opened(organization=True).units())
    assert (caught.value.kind, caught.value.permission) == ("denied", "organizations:ListAccounts")


def test_accounts_that_were_named_are_listed_without_the_organization_and_that_is_a_gap(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.load(rows(1, a="b"))
    cloud.faults.append(Fault(("organizations:ListAccounts",), "AccessDeniedException", left=99))
    found, (gap,) = listed(opened(organization=True, accounts=("123456789012",), untagged="none"))
    assert len(found) == 1
    assert (gap.type, gap.permission) == ("organizations:account", "organizations:ListAccounts")


def test_an_account_whose_tags_can_not_be_read_is_unknown_and_not_untagged(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.load(rows(1, a="b") + rows(1, account=OTHER, a="b"))
    cloud.faults.append(Fault(("organizations:ListTagsForResource", OTHER), "AccessDeniedException", left=99))
    found, unseen = listed(opened(organization=True, role="reader", untagged="none"))
    assert [r.account for r in found if r.type == "organizations:account"] == ["123456789012"]
    assert [(u.account, u.type) for u in unseen] == [(OTHER, "organizations:account")]


def test_units_that_can_not_be_read_are_a_gap_and_accounts_keep_their_tags(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.load(rows(1, a="b"))
    cloud.faults.append(Fault(("organizations:ListRoots",), "AccessDeniedException", left=99))
    found, (gap,) = listed(opened(organization=True, untagged="none"))
    assert gap.type == "organizations:ou"
    assert [(r.type, r.container) for r in found if "organizations" in r.type] == [
        ("organizations:account", None)
    ]


def test_an_account_whose_regions_are_denied_is_a_gap(cloud: AwsCloud, opened: Opened) -> None:
    cloud.faults.append(Fault(("ec2:DescribeRegions",), "UnauthorizedOperation", 403, left=99))
    (gap,) = opened(regions=()).units()
    assert isinstance(gap, Unseen)
    assert (gap.kind, gap.permission) == ("denied", "ec2:DescribeRegions")
    assert [u.region for u in opened().units() if isinstance(u, Unit)] == [HOME], "named ones are tried"


def test_stub_cost_allocation_tags_say_which_keys_reach_the_bill(cloud: AwsCloud, opened: Opened) -> None:
    def tags(asked: Any) -> dict[str, Any]:
        tag = {"TagKey": "CostCenter", "Type": "UserDefined", "Status": "Active"}
        if "NextToken" in (asked.params or {}):
            return {"CostAllocationTags": [{**tag, "TagKey": "env", "Status": "Inactive"}]}
        return {"CostAllocationTags": [tag], "NextToken": "more"}

    cloud.stubs["ce:ListCostAllocationTags"] = tags
    cloud.faults.append(Fault(("ce:",), "LimitExceededException"))  # Cost Explorer's word for throttling
    assert list(opened().activations()) == [
        Activation("aws", "123456789012", "CostCenter", "active"),
        Activation("aws", "123456789012", "env", "inactive"),
    ]


def test_stub_denied_activations_are_a_gap_of_their_own_and_not_of_the_account(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.faults.append(Fault(("ce:",), "AccessDeniedException", left=9))
    (gap,) = opened().activations()
    assert isinstance(gap, Unseen)
    assert (gap.type, gap.permission) == ("ce:cost-allocation-tag", "ce:ListCostAllocationTags")
