"""What becomes of a listing of Azure that is denied, throttled, cut off, or answered with nonsense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.azure.inventory import lister as lister_module
from recon.config.live import AzureScope
from recon.errors import Unreachable
from recon.snapshot.listing import Resource, Unit, Unseen
from tests.clouds.azure import GRAPH, Azure, Fault
from tests.clouds.waits import Waits
from tests.connectors.azure_inventory.conftest import Open

ONE, TWO, THREE = (f"{n}0000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
_IN_RESOURCES = '"resources | project'


@pytest.fixture
def estate(cloud: Azure) -> Azure:
    """One subscription, with a group, and three pages of resources."""
    cloud.add_subscription(ONE)
    cloud.add_group(ONE, "g")
    for n in range(30):
        cloud.add(
            f"/subscriptions/{ONE}/resourceGroups/g/providers/a/b/{n}", "a/b", f"{n}", tags={"t": "x" * 900}
        )
    cloud.graph_page = 10
    cloud.page = 10
    return cloud


def both(lister: Any) -> tuple[set[str], list[Unseen]]:
    found, unseen = set[str](), list[Unseen]()
    for unit in lister.units():
        for one in lister.resources(unit) if isinstance(unit, Unit) else [unit]:
            if isinstance(one, Resource):
                found.add(one.id.lower())
            else:
                unseen.append(one)
    return found, unseen


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "7"}, 7),
        ({"x-ms-user-quota-resets-after": "00:00:05"}, 5),
        ({"x-ms-retry-after-ms": "3500"}, 3.5),
        ({}, 0.5),
    ],
    ids=["Retry-After", "quota", "ms", "nothing"],
)
def test_throttling_is_waited_out_as_long_as_azure_says(
    estate: Azure, lister: Open, clock: Waits, headers: dict[str, str], waited: float
) -> None:
    estate.faults = [Fault(GRAPH, 429, "RateLimiting", headers, after=2)]
    one = lister()
    assert both(one) == (both_ids(estate), [])
    assert waited <= max(clock.slept) < waited * 1.25 + 2.5
    assert one.calls["resourcegraph:Resources"] == estate.count(GRAPH) == 5
    assert estate.count("/resourcegroups?") == 0


def both_ids(estate: Azure) -> set[str]:
    return {f"/subscriptions/{own}" for own in estate.subscriptions} | {r["id"].lower() for r in estate.rows}


def test_a_spent_quota_is_waited_for_before_it_is_refused(estate: Azure, lister: Open, clock: Waits) -> None:
    estate.headers = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:00:04"}
    assert both(lister()) == (both_ids(estate), [])
    assert estate.count(GRAPH) == 4
    assert sum(clock.slept) >= 12


def test_where_graph_is_throttled_to_the_end_the_lists_take_its_place(
    estate: Azure, lister: Open, clock: Waits
) -> None:
    estate.faults = [Fault(GRAPH, 429, "RateLimiting", left=999, after=2)]
    assert both(lister()) == (both_ids(estate), [])
    assert 30 < sum(clock.slept) < 140


def test_throttling_of_all_ways_is_given_up_as_throttled(estate: Azure, lister: Open) -> None:
    one = lister()
    (unit,) = one.units()
    estate.faults = [Fault("/", 429, "TooManyRequests", left=9999)]
    with pytest.raises(Unreachable, match="throttled to the end") as told:
        list(one.resources(unit))
    assert (told.value.kind, told.value.permission) == ("throttled", None)


def test_where_graph_is_denied_the_lists_take_its_place(estate: Azure, lister: Open) -> None:
    estate.faults = [Fault(GRAPH, 403, "AuthorizationFailed", left=999)]
    assert both(lister()) == (both_ids(estate), [])
    assert estate.count(GRAPH) == 1


def test_a_denied_subscription_is_its_own_gap_and_others_go_on(estate: Azure, lister: Open) -> None:
    estate.add_subscription(TWO)
    estate.hidden = {TWO}
    estate.faults = [Fault(f"{TWO}/resource", 403, "AuthorizationFailed\x1b[31m", left=99)]
    found, (gap,) = both(lister())
    assert found == both_ids(estate)
    assert (gap.account, gap.kind) == (TWO, "denied")
    assert gap.permission == "Microsoft.Resources/subscriptions/resourceGroups/read"
    assert "left out in silence" in gap.reason and "\x1b" not in gap.reason


def test_a_denied_unit_of_one_subscription_is_unreachable(estate: Azure, lister: Open) -> None:
    one = lister()
    (unit,) = one.units()
    estate.faults = [Fault("/", 403, "AuthorizationFailed", left=999)]
    with pytest.raises(Unreachable, match=f"subscription {ONE}: access denied") as told:
        list(one.resources(unit))
    assert told.value.kind == "denied"


def test_what_is_wrong_with_all_is_not_waited_for_in_each(cloud: Azure, lister: Open) -> None:
    accounts = [f"{n}0000000-0000-4000-8000-000000000000" for n in range(8)]
    for own in accounts:
        cloud.add_subscription(own)
    one = lister(again=0)
    (unit,) = one.units()
    cloud.faults = [Fault("/", 500, left=9999)]
    gaps = [told for told in one.resources(unit) if isinstance(told, Unseen)]
    assert [gap.account for gap in gaps] == accounts
    assert cloud.count("/resourcegroups") == 3


def test_without_the_list_of_subscriptions_nothing_can_be_told(estate: Azure, lister: Open) -> None:
    estate.faults = [Fault("/subscriptions?", 401, "ExpiredAuthenticationToken", left=9)]
    with pytest.raises(Unreachable, match="list of subscriptions") as told:
        list(lister().units())
    assert (told.value.kind, told.value.permission) == ("denied", "Microsoft.Resources/subscriptions/read")


@pytest.mark.parametrize(
    "fault",
    [Fault(GRAPH, after=2, cut=3000), Fault(GRAPH, 503, after=2), Fault(GRAPH, after=2, delay=0.6)],
    ids=["reset", "503", "silence"],
)
def test_a_page_that_breaks_is_asked_again(estate: Azure, lister: Open, fault: Fault) -> None:
    estate.faults = [fault]
    assert both(lister(read=0.3)) == (both_ids(estate), [])
    assert (estate.count(GRAPH), fault.left) == (5, 0)


def test_a_list_that_breaks_in_mid_page_is_asked_again(estate: Azure, lister: Open) -> None:
    estate.hidden = {ONE}
    estate.faults = [Fault("$skiptoken=10", cut=3000)]
    assert both(lister()) == (both_ids(estate), [])
    assert estate.count(f"{ONE}/resources?") == 4


@pytest.mark.parametrize(
    "fault", [{"cut": 3000}, {"delay": 0.3}, {"status": 500}], ids=["reset", "silence", "500"]
)
def test_what_always_breaks_is_never_a_short_list(estate: Azure, lister: Open, fault: dict[str, Any]) -> None:
    one = lister(read=0.1)
    (unit,) = one.units()
    estate.faults = [
        Fault(GRAPH, left=999, after=2, **fault),
        Fault(f"{ONE}/resources", left=999, after=1, **fault),
    ]
    with pytest.raises(Unreachable) as told:
        list(one.resources(unit))
    assert told.value.kind == "unreadable"


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", '{"data": 7}', '{"data": [7]}', '{"data": [{"name": "x"}]}', '{"data": {"columns": [], "rows": []}}',
     '{"data": [{"id": "/a", "type": "t", "tags": {"a": {"b": 1}}}]}'],
)  # fmt: skip
def test_an_answer_of_graph_that_can_not_be_read_leads_to_the_lists(
    estate: Azure, lister: Open, text: str
) -> None:
    estate.faults = [Fault(GRAPH, text=text, after=1, left=99)]
    assert both(lister()) == (both_ids(estate), [])


@pytest.mark.parametrize("text", ["{", "[]", '{"value": 7}', '{"value": [{"name": "x"}]}', "<html>"])
def test_a_list_that_can_not_be_read_is_unreachable(estate: Azure, lister: Open, text: str) -> None:
    estate.hidden = {ONE}
    one = lister()
    (unit,) = one.units()
    estate.faults = [Fault(f"{ONE}/resources?", text=text, left=99)]
    with pytest.raises(Unreachable) as told:
        list(one.resources(unit))
    assert told.value.kind == "unreadable"


def test_an_expired_skip_token_leads_to_the_lists(estate: Azure, lister: Open) -> None:
    estate.faults = [Fault(GRAPH, 400, "BadRequest", after=2)]
    assert both(lister()) == (both_ids(estate), [])


@pytest.mark.parametrize(
    ("more", "headers"),
    [
        ({"resultTruncated": "true", "totalRecords": None, "$skipToken": None}, {}),
        ({"totalRecords": 31, "$skipToken": None}, {}),
        ({}, {"x-ms-tenant-subscription-limit-hit": "true"}),
    ],
    ids=["truncated", "fewer than there are", "subscription limit"],
)
def test_a_cut_answer_is_a_gap_of_each_subscription(
    estate: Azure, lister: Open, more: dict[str, Any], headers: dict[str, str]
) -> None:
    estate.more, estate.headers = more, headers
    _, unseen = both(lister())
    assert {gap.account for gap in unseen} == {ONE}


def test_a_cut_management_group_is_a_gap_of_all(estate: Azure, lister: Open) -> None:
    estate.parents = {ONE: {"shop"}}
    estate.headers = {"x-ms-tenant-subscription-limit-hit": "true"}
    gaps = [u for u in lister(AzureScope(management_groups=("shop",))).units() if isinstance(u, Unseen)]
    assert [gap.account for gap in gaps] == [""]


def test_a_denied_management_group_is_a_gap_and_others_go_on(estate: Azure, lister: Open) -> None:
    estate.faults = [Fault('"managementGroups": ["shop"]', 403, "AuthorizationFailed", left=9)]
    gap, unit = lister(AzureScope(management_groups=("shop",), subscriptions=(ONE,))).units()
    assert isinstance(gap, Unseen) and isinstance(unit, Unit)
    assert (gap.kind, gap.permission, unit.account) == (
        "denied",
        "Microsoft.ResourceGraph/resources/read",
        ONE,
    )


def test_our_token_goes_to_no_other_host(estate: Azure, lister: Open) -> None:
    estate.hidden, estate.next_host = {ONE}, "https://localhost:1"
    one = lister()
    (unit,) = one.units()
    with pytest.raises(Unreachable, match="leads away from Resource Manager"):
        list(one.resources(unit))


@pytest.mark.parametrize("kind", ["graph", "list"])
def test_a_page_that_leads_to_itself_ends_the_listing(estate: Azure, lister: Open, kind: str) -> None:
    if kind == "graph":
        estate.more = {"$skipToken": "YXQ6MTA="}
        estate.faults = [Fault(f"{ONE}/resource", 403, left=9)]
    else:
        link = f"{estate.url}/subscriptions/{ONE}/resources?api-version=2025-04-01&$skiptoken=10"
        estate.hidden = {ONE}
        estate.faults = [Fault(f"{ONE}/resources?", text=f'{{"value": [], "nextLink": "{link}"}}', left=99)]
    one = lister()
    (unit,) = one.units()
    with pytest.raises(Unreachable, match="again and again"):
        list(one.resources(unit))


def test_a_missing_resource_provider_is_never_registered(estate: Azure, lister: Open) -> None:
    """The SDK's own pipeline answers this code with a POST that registers the provider."""
    estate.faults = [Fault(GRAPH, 409, "MissingSubscriptionRegistration", left=9)]
    assert both(lister()) == (both_ids(estate), [])
    assert estate.wrote == []


def test_the_probe_tells_what_answers_and_what_does_not(
    estate: Azure, lister: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lister_module, "BATCH", 1)
    estate.add_subscription(TWO)
    estate.faults = [Fault(f'"subscriptions": ["{TWO}"]', 403, "AuthorizationFailed")]
    silent, one, two = lister(AzureScope(subscriptions=(ONE, TWO, THREE))).probe()
    assert isinstance(silent, Unseen) and silent.account == THREE
    assert isinstance(one, Unit) and one.account == ONE
    assert isinstance(two, Unseen) and (two.account, two.kind) == (TWO, "denied")


def test_without_credentials_the_gap_says_so(
    estate: Azure, lister: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID", "AZURE_USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    with pytest.raises(Unreachable, match="no credentials") as told:
        list(lister().units())
    assert (told.value.kind, estate.asked) == ("denied", [])


def test_a_server_whose_certificate_nobody_knows_is_not_spoken_to(
    estate: Azure, lister: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(Unreachable, match="no connection"):
        list(lister().units())
    assert estate.asked == []
