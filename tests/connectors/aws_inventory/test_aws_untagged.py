"""What shows resources that never had a tag. moto has neither Resource Explorer nor recorded configuration: stubs
answer, held to botocore's models; the services' own lists are moto's (test_aws_listing)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recon.snapshot.listing import Resource, Unseen
from tests.clouds.aws import AwsCloud, Fault
from tests.clouds.aws_wire import Asked
from tests.connectors.aws_inventory.conftest import HOME, Opened, listed, rows, unit_of

_EXPLORER, _CONFIG = "resource-explorer-2", "config"


def _arn(name: str) -> str:
    return f"arn:aws:sqs:{HOME}:123456789012:{name}"


def _config(cloud: AwsCloud, *found: dict[str, Any], recording: bool = True, everything: bool = True) -> None:
    recorder = {"name": "default", "recordingGroup": {"allSupported": everything}}
    cloud.stubs |= {
        f"{_CONFIG}:DescribeConfigurationRecorders": lambda _: {"ConfigurationRecorders": [recorder]},
        f"{_CONFIG}:DescribeConfigurationRecorderStatus": lambda _: {
            "ConfigurationRecordersStatus": [{"name": "default", "recording": recording}]
        },
        f"{_CONFIG}:SelectResourceConfig": lambda asked: _selected(asked, found),
        f"{_CONFIG}:SelectAggregateResourceConfig": lambda asked: _selected(asked, found),
    }


def _selected(asked: Asked, found: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """One row per page."""
    at = int((asked.params or {}).get("NextToken", 0))
    more = {"NextToken": str(at + 1)} if at + 1 < len(found) else {}
    return {"Results": [json.dumps(row) for row in found[at : at + 1]], **more}


def _sqs(name: str, **tags: str) -> dict[str, Any]:
    listed = [{"key": k, "value": v, "tag": f"{k}={v}"} for k, v in tags.items()]
    return {"resourceType": "AWS::SQS::Queue", "arn": _arn(name), "tags": listed}


def test_stub_explorer_adds_what_never_had_a_tag_page_after_page(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load([*rows(30, a="b"), *({**r, "id": f"{r['id']}-bare", "tags": {}} for r in rows(30))], page=7)
    lister = opened(untagged="resource-explorer")
    found, unseen = listed(lister)
    assert unseen == []
    assert lister.lists_untagged
    assert len({r.id for r in found}) == len(found) == 60
    assert sum(not r.tags for r in found) == 30


def test_stub_explorer_is_never_asked_for_a_thousand_at_once(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load(rows(1500), page=2000)
    found, _ = listed(opened(untagged="resource-explorer"))
    assert len(found) == 1500, "with 1000 a page there is no token for the next one"
    sizes = {(a.params or {})["MaxResults"] for a in cloud.seen if a.operation == "ListResources"}
    assert sizes == {999}


def test_stub_tags_of_a_source_that_lags_never_replace_those_of_the_tagging_api(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.load(rows(1, owner="new"))
    stale = {
        "Arn": rows(1)[0]["id"],
        "Properties": [{"Name": "tags", "Data": [{"Key": "owner", "Value": "old"}]}],
    }
    assert cloud.estate is not None
    cloud.estate.say_resource_explorer_2_listresources = lambda *_: {"Resources": [stale]}  # type: ignore[method-assign]
    (resource,), _ = listed(opened(untagged="resource-explorer"))
    assert resource.tags == {"owner": "new"}


def test_stub_explorers_tags_count_for_what_the_tagging_api_does_not_show(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.load([])
    role = "arn:aws:iam::123456789012:role/deploy"
    data = [{"Key": "team", "Value": "search"}]
    assert cloud.estate is not None
    cloud.estate.say_resource_explorer_2_listresources = lambda *_: {  # type: ignore[method-assign]
        "Resources": [{"Arn": role, "Properties": [{"Name": "tags", "Data": data}]}]
    }
    (resource,), _ = listed(opened(untagged="resource-explorer"))
    assert (resource.id, resource.region, resource.tags) == (role, "", {"team": "search"})


@pytest.mark.parametrize(
    "view",
    [{}, {"IncludedProperties": [{"Name": "tags"}], "Filters": {"FilterString": "service:ec2"}}],
    ids=["without tags", "of a part"],
)
def test_stub_a_view_that_proves_nothing_is_no_source(
    cloud: AwsCloud, opened: Opened, view: dict[str, Any]
) -> None:
    cloud.load(rows(2, a="b"))
    assert cloud.estate is not None
    cloud.estate.say_resource_explorer_2_getview = lambda *_: {"View": view}  # type: ignore[method-assign]
    lister = opened(untagged="resource-explorer")
    found, unseen = listed(lister)
    assert len(found) == 2
    assert not lister.lists_untagged
    assert [(u.region, u.kind) for u in unseen] == [(HOME, "missing")]


def test_stub_a_source_that_was_asked_for_and_is_denied_is_a_gap_with_its_permission(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.load(rows(2, a="b"))
    cloud.faults.append(Fault((f"{_EXPLORER}:ListResources",), "AccessDeniedException", 403, left=9))
    lister = opened(untagged="resource-explorer")
    found, (gap,) = listed(lister)
    assert len(found) == 2
    assert (gap.kind, gap.permission) == ("denied", "resource-explorer-2:ListResources")
    assert not lister.lists_untagged


def test_stub_left_out_the_first_source_that_answers_counts(cloud: AwsCloud, opened: Opened) -> None:
    _config(cloud, _sqs("recorded"), _sqs("also-recorded", team="x"))
    lister = opened()
    found, unseen = listed(lister)
    assert unseen == []
    assert {r.name: r.tags for r in found} == {"recorded": {}, "also-recorded": {"team": "x"}}
    assert lister.lists_untagged
    assert cloud.count("ec2:DescribeVolumes") == 0


def test_stub_a_source_that_breaks_in_the_middle_is_followed_by_the_next(
    cloud: AwsCloud, opened: Opened
) -> None:
    _config(cloud, _sqs("first"), _sqs("second"))
    cloud.faults.append(Fault(("SelectResourceConfig",), "InternalError", 500, left=99, skip=1))
    lister = opened()
    found, unseen = listed(lister)
    assert "first" in {r.name for r in found}
    assert cloud.count("ec2:DescribeVolumes") == 1
    assert (unseen, lister.lists_untagged) == ([], True)


@pytest.mark.parametrize(
    "state", [{"recording": False}, {"everything": False}], ids=["does not record", "records some types"]
)
def test_stub_config_that_does_not_record_everything_is_no_source(
    cloud: AwsCloud, opened: Opened, state: dict[str, bool]
) -> None:
    _config(cloud, _sqs("recorded"), **state)
    lister = opened(untagged="config")
    found, (gap,) = listed(lister)
    assert (found, gap.kind, lister.lists_untagged) == ([], "missing", False)


def test_stub_an_aggregator_is_asked_with_the_own_credentials_for_each_account(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.load(rows(1, account="222222222222", a="b"))
    queue = {**_sqs("x"), "arn": f"arn:aws:sqs:{HOME}:222222222222:x"}
    _config(cloud, queue)
    lister = opened(accounts=("222222222222",), role="reader", untagged="config", aggregator="all")
    found, unseen = listed(lister)
    assert {r.name for r in found} == {"x", "vol-00000000000000000"}
    assert unseen == []
    (asked,) = [a for a in cloud.seen if a.operation == "SelectAggregateResourceConfig"]
    assert asked.access_key == "testing"
    assert "accountId = '222222222222'" in (asked.params or {})["Expression"]


def test_stub_an_aggregator_that_does_not_know_the_region_is_no_source(
    cloud: AwsCloud, opened: Opened
) -> None:
    _config(cloud)
    lister = opened(untagged="config", aggregator="all")
    _, (gap,) = listed(lister)
    assert (gap.kind, lister.lists_untagged) == ("missing", False)


def test_stub_rows_of_config_without_arn_are_a_gap_of_their_type(cloud: AwsCloud, opened: Opened) -> None:
    nameless = {"resourceType": "AWS::Odd::Thing", "tags": []}
    compliance = {"resourceType": "AWS::Config::ResourceCompliance", "tags": []}
    _config(cloud, _sqs("recorded"), nameless, nameless, compliance)
    found, unseen = listed(opened(untagged="config"))
    assert [r.name for r in found] == ["recorded"]
    assert [(u.type, u.region) for u in unseen] == [("AWS::Odd::Thing", HOME)]


def test_stub_a_row_of_config_that_is_no_json_is_not_passed_over(cloud: AwsCloud, opened: Opened) -> None:
    _config(cloud, _sqs("recorded"))
    cloud.stubs[f"{_CONFIG}:SelectResourceConfig"] = lambda _: {"Results": ["{broken"]}
    lister = opened(untagged="config")
    (gap,) = lister.resources(unit_of(lister))
    assert isinstance(gap, Unseen)
    assert "can't be read" in gap.reason


def test_stub_what_another_account_shares_is_left_to_that_account(cloud: AwsCloud, opened: Opened) -> None:
    foreign = {**_sqs("x"), "arn": f"arn:aws:ec2:{HOME}:999999999999:subnet/subnet-1"}
    _config(cloud, _sqs("own"), foreign)
    found, _ = listed(opened(untagged="config"))
    assert [(r.name, r.account) for r in found if isinstance(r, Resource)] == [("own", "123456789012")]
