"""When AWS is slow, denies, breaks off or talks nonsense: through a front that does so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from recon.errors import Unreachable
from recon.snapshot.listing import Resource, Unseen
from tests.clouds.aws import AwsCloud, Fault
from tests.connectors.aws_inventory.conftest import HOME, Opened, listed, rows, unit_of

_PAGE = ("GetResources", HOME)


def _all(opened: Opened) -> list[Resource | Unseen]:
    lister = opened(untagged="none")
    return list(lister.resources(unit_of(lister)))


def _broken(opened: Opened) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        _all(opened)
    return caught.value


def test_throttling_is_waited_out_and_every_request_counts(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(25, a="b"), page=10)
    cloud.faults.append(Fault(_PAGE, "ThrottledException", left=3, skip=1))
    lister = opened(untagged="none")
    assert len(list(lister.resources(unit_of(lister)))) == 25
    assert lister.calls["resourcegroupstaggingapi:GetResources"] == 3 + 3
    assert cloud.count("resourcegroupstaggingapi:GetResources") == 3 + 3


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"]
)
def test_throttling_is_known_by_every_services_word_for_it(
    cloud: AwsCloud, opened: Opened, code: str
) -> None:
    cloud.load(rows(1, a="b"))
    cloud.faults.append(Fault(_PAGE, code))
    assert len(_all(opened)) == 1


def test_throttling_without_end_is_given_up_as_throttled(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(1, a="b"))
    cloud.faults.append(Fault(_PAGE, "ThrottledException", left=10_000))
    error = _broken(opened)
    assert (error.kind, error.permission) == ("throttled", None)


def test_a_denied_region_is_denied_with_the_permission_that_it_needs(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(1, a="b"))
    cloud.faults.append(Fault(_PAGE, "AccessDeniedException", left=9, message="\x1b[31mno"))
    error = _broken(opened)
    assert (error.kind, error.permission) == ("denied", "tag:GetResources")
    assert "\x1b" not in error.reason
    assert cloud.count("resourcegroupstaggingapi:GetResources") == 1, "what is denied is not asked again"


def test_a_denial_in_mid_listing_is_never_a_short_listing(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(30, a="b"), page=10)
    cloud.faults.append(Fault(_PAGE, "AccessDeniedException", left=9, skip=2))
    assert _broken(opened).kind == "denied"


@pytest.mark.parametrize("how", [{"drop": True}, {"cut": 30}], ids=["before the answer", "in mid-page"])
def test_a_page_whose_connection_breaks_is_asked_again(
    cloud: AwsCloud, opened: Opened, how: dict[str, int]
) -> None:
    cloud.load(rows(30, a="b"), page=10)
    cloud.faults.append(Fault(_PAGE, left=1, skip=1, **how))  # type: ignore[arg-type]
    told = _all(opened)
    assert len({r.id for r in told if isinstance(r, Resource)}) == len(told) == 30


def test_a_connection_that_always_breaks_makes_the_unit_unreachable(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(30, a="b"), page=10)
    cloud.faults.append(Fault(_PAGE, left=99, skip=1, drop=True))
    assert _broken(opened).kind == "unreadable"


def test_a_request_that_is_never_answered_ends_by_its_timeout(
    cloud: AwsCloud, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.aws.inventory.session.READ", 0.1)
    cloud.load(rows(1, a="b"))
    cloud.faults.append(Fault(_PAGE, left=9, delay=0.3))
    assert "timeout" in _broken(opened).reason.lower()


@pytest.mark.parametrize("status", [500, 503])
def test_trouble_inside_aws_is_asked_again_a_few_times(cloud: AwsCloud, opened: Opened, status: int) -> None:
    cloud.load(rows(1, a="b"))
    cloud.faults.append(Fault(_PAGE, "InternalServiceException", status, left=2))
    assert len(_all(opened)) == 1


@pytest.mark.parametrize(
    "body",
    [b"<html>busy</html>", b"{}", b'{"ResourceTagMappingList": null}', b'{"ResourceTagMappingList": [', b""],
    ids=["another page", "an empty map", "no list", "a cut one", "nothing"],
)
def test_an_answer_that_makes_no_sense_is_never_an_empty_region(
    cloud: AwsCloud, opened: Opened, body: bytes
) -> None:
    cloud.load(rows(1, a="b"))
    cloud.faults.append(Fault(_PAGE, status=200, body=body, left=99))
    error = _broken(opened)
    assert (error.kind, "can't be read" in error.reason) == ("unreadable", True)


def test_a_page_token_that_comes_twice_does_not_go_on_for_ever(cloud: AwsCloud, opened: Opened) -> None:
    cloud.stubs["resourcegroupstaggingapi:GetResources"] = lambda _: {
        "PaginationToken": "again",
        "ResourceTagMappingList": [],
    }
    assert "same page token" in _broken(opened).reason


def test_an_expired_page_token_begins_the_listing_anew_and_tells_nothing_twice(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.load(rows(30, a="b"), page=10)
    cloud.faults.append(Fault(_PAGE, "PaginationTokenExpiredException", skip=2))
    told = _all(opened)
    assert len({r.id for r in told if isinstance(r, Resource)}) == len(told) == 30
    assert cloud.count("resourcegroupstaggingapi:GetResources") == 2 + 1 + 3


def test_page_tokens_that_always_expire_make_the_unit_unreachable(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(30, a="b"), page=10)
    cloud.faults.append(
        Fault(("GetResources", "'PaginationToken'"), "PaginationTokenExpiredException", left=99)
    )
    assert "PaginationTokenExpired" in _broken(opened).reason


def test_clocks_that_disagree_are_named(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(1, a="b"))
    theirs = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    cloud.faults.append(
        Fault(_PAGE, "InvalidSignatureException", 403, left=9, headers={"Date": theirs}, message="expired")
    )
    error = _broken(opened)
    assert "this machine's clock is" in error.reason
    assert "behind AWS's" in error.reason
    assert error.permission is None


def test_expired_credentials_are_told_from_missing_permissions(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(1, a="b"))
    cloud.faults.append(Fault(_PAGE, "ExpiredTokenException", 400, left=9))
    error = _broken(opened)
    assert (error.kind, error.permission) == ("denied", None)
    assert "sign in again" in error.reason


def test_no_credentials_are_unreachable_and_not_a_traceback(
    cloud: AwsCloud, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Unreachable, match="no usable credentials"):
        list(opened().units())


def test_a_profile_that_is_not_there_is_unreachable(cloud: AwsCloud, opened: Opened) -> None:
    with pytest.raises(Unreachable, match="nobody"):
        list(opened(profile="nobody").units())


def test_one_denied_type_is_a_gap_and_the_others_go_on(cloud: AwsCloud, opened: Opened) -> None:
    cloud.faults.append(Fault(("ec2:DescribeVolumes",), "UnauthorizedOperation", 403, left=9))
    cloud.faults.append(Fault(("sqs:ListQueues",), "AccessDenied", 403, left=9))
    lister = opened(untagged="services")
    found, unseen = listed(lister)
    assert {(u.type, u.region, u.kind, u.permission) for u in unseen} == {
        ("ec2:volume", HOME, "denied", "ec2:DescribeVolumes"),
        ("sqs:queue", HOME, "denied", "sqs:ListQueues"),
    }
    assert {"ec2:vpc", "ec2:subnet"} <= {r.type for r in found}
    assert lister.lists_untagged
