"""Cost allocation tags are read, activated and backfilled, as edits of pseudo resources of the account that pays."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors.aws.writer.activation import BACKFILL, TAG
from recon.fix.writing import Done, Edit, Failed, Seen, Target
from tests.clouds.aws import AwsCloud, Fault
from tests.clouds.waits import Waits
from tests.connectors.aws_writer.conftest import OTHER, OWN, Opened, changed, kinds, sent

TODAY = dt.date(2026, 11, 21)
LIST, UPDATE = "ce:ListCostAllocationTags", "ce:UpdateCostAllocationTagsStatus"
HISTORY, START = "ce:ListCostAllocationTagBackfillHistory", "ce:StartCostAllocationTagBackfill"
PAST = Target("aws", OWN, "", BACKFILL, BACKFILL)
ON, OFF = {"Status": "Active"}, {"Status": "Inactive"}


def key(name: str, account: str = OWN) -> Target:
    return Target("aws", account, "", TAG, f"{TAG}/{name}")


def since(month: str) -> dict[str, str]:
    return {"BackfillFrom": f"{month}-01T00:00:00Z"}


def start(opened: Opened, put: dict[str, str], drop: tuple[str, ...] = ()) -> Done | Failed:
    [said] = opened(today=TODAY).write([(Edit(PAST, put, drop), Seen({}))]).values()
    return said


def test_keys_are_read_activated_and_set_back(cloud: AwsCloud, opened: Opened) -> None:
    cloud.costs.status |= {"team": "Inactive", "env": "Active", "other": "Inactive"}
    writer = opened()
    assert writer.read([key("team"), key("env")]) == {key("team"): Seen(OFF), key("env"): Seen(ON)}
    assert kinds(changed(writer, [key("team")], ON)) == ["done"]
    assert cloud.costs.status == {"team": "Active", "env": "Active", "other": "Inactive"}
    assert kinds(changed(writer, [key("team")], OFF)) == ["done"]
    assert cloud.costs.status == {"team": "Inactive", "env": "Active", "other": "Inactive"}
    assert sent(cloud) == [LIST, LIST, UPDATE, LIST, UPDATE]


def test_a_key_with_slashes_and_its_own_prefix_is_itself(cloud: AwsCloud, opened: Opened) -> None:
    cloud.costs.status |= {"aws:createdBy": "Inactive", "a/b:c d": "Inactive"}
    assert kinds(changed(opened(), [key("aws:createdBy"), key("a/b:c d")], ON)) == ["done"] * 2
    assert set(cloud.costs.status.values()) == {"Active"}


def test_a_key_that_aws_has_not_seen_says_when_it_can_be_activated(cloud: AwsCloud, opened: Opened) -> None:
    [said] = opened().read([key("new")]).values()
    assert said == Failed(
        "gone", "AWS has not seen this key yet; it can be activated up to 24 h after it is first used"
    )


def test_many_keys_are_read_by_hundreds_and_pages_and_written_by_twenties(
    cloud: AwsCloud, opened: Opened
) -> None:
    cloud.costs.status |= {f"k{n:03}": "Inactive" for n in range(130)}
    cloud.costs.page = 30
    writer = opened()
    keys = [key(f"k{n:03}") for n in range(130)]
    assert all(said == Seen(OFF) for said in writer.read(keys).values())
    assert sent(cloud).count(LIST) == 4 + 1
    told = writer.write([(Edit(each, ON), Seen(OFF)) for each in keys])
    assert kinds(told) == ["done"] * 130
    assert [len(a.params["CostAllocationTagsStatus"]) for a in cloud.seen if a.operation.startswith("Update") and a.params] == [*[20] * 6, 10]  # fmt: skip
    assert set(cloud.costs.status.values()) == {"Active"}


def test_one_key_that_fails_leaves_the_others(cloud: AwsCloud, opened: Opened) -> None:
    cloud.costs.status |= {"a": "Inactive", "b": "Inactive", "c": "Inactive", "d": "Inactive"}
    cloud.costs.wrong |= {"b": "TagKeysNotFoundException", "c": "ValidationException"}
    told = changed(opened(), [key(name) for name in "abcd"], ON)
    assert kinds(told) == ["done", "gone", "rejected", "done"]
    assert cloud.costs.status == {"a": "Active", "b": "Inactive", "c": "Inactive", "d": "Active"}


@pytest.mark.parametrize(
    ("fault", "kind", "permission", "took"),
    [
        (Fault((UPDATE,), "AccessDeniedException", 403), "denied", UPDATE, False),
        (Fault((UPDATE,), "ExpiredTokenException", 403), "denied", None, False),
        (Fault((UPDATE,), "LimitExceededException", left=10**6), "throttled", None, False),
        (Fault((UPDATE,), "ValidationException"), "rejected", None, False),
        (Fault((UPDATE,), drop=True), "unreachable", None, False),
        (Fault((UPDATE,), drop=True, done=True), "unreachable", None, True),
        (Fault((UPDATE,), status=200, body=b'{"Errors": [{"TagKey": "other", "Code": "X"}]}'), "unreachable", None, False),
    ],
)  # fmt: skip
def test_a_call_that_fails_as_a_whole_fails_each_key(
    cloud: AwsCloud, opened: Opened, fault: Fault, kind: str, permission: str | None, took: bool
) -> None:
    cloud.costs.status |= {"a": "Inactive", "b": "Inactive"}
    fault.left = fault.left if fault.code.startswith("Limit") else 1
    cloud.faults.append(fault)
    told = changed(opened(), [key("a"), key("b")], ON)
    assert kinds(told) == [kind] * 2
    assert {getattr(said, "permission", None) for said in told.values()} == {permission}
    assert set(cloud.costs.status.values()) == {"Active" if took else "Inactive"}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault((LIST,), "AccessDeniedException", 403, left=9), "denied"),
        (Fault((LIST,), "LimitExceededException", left=10**6), "throttled"),
        (Fault((LIST,), drop=True, left=9), "unreachable"),
    ],
)
def test_a_status_that_can_t_be_read_says_why(
    cloud: AwsCloud, opened: Opened, fault: Fault, kind: str
) -> None:
    cloud.faults.append(fault)
    [said] = opened().read([key("team")]).values()
    assert isinstance(said, Failed) and said.kind == kind


@pytest.mark.parametrize(
    ("put", "drop", "kind"),
    [
        ({"Status": "On"}, (), "rejected"),
        ({"team": "x"}, (), "rejected"),
        ({**ON, "x": "y"}, (), "rejected"),
        ({}, ("Status",), "unsupported"),
        ({}, (), "rejected"),
    ],
)
def test_what_is_no_status_is_not_sent(
    cloud: AwsCloud, opened: Opened, put: dict[str, str], drop: tuple[str, ...], kind: str
) -> None:
    [said] = opened().write([(Edit(key("team"), put, drop), Seen(OFF))]).values()
    assert isinstance(said, Failed) and said.kind == kind
    assert cloud.seen == []


def test_the_account_that_pays_is_asked_by_its_role(cloud: AwsCloud, opened: Opened) -> None:
    cloud.load([])
    cloud.costs.status["team"] = "Inactive"
    writer = opened(role="payer")
    assert kinds(changed(writer, [key("team", OTHER)], ON)) == ["done"]
    assert {a.access_key for a in cloud.seen if a.service == "ce"} == {f"ASIA{OTHER}"}


def test_a_backfill_is_started_and_read_back(cloud: AwsCloud, opened: Opened) -> None:
    cloud.costs.backfills += [
        {"BackfillFrom": "2026-02-01T00:00:00Z", "RequestedAt": "2026-03-02T10:00:00Z", "BackfillStatus": "SUCCEEDED"},
        {"BackfillFrom": "2026-07-01T00:00:00Z", "RequestedAt": "2026-11-01T00:00:00Z", "BackfillStatus": "FAILED"},
        {"BackfillFrom": "2026-05-01T02:00:00+02:00", "RequestedAt": "2026-06-01T00:00:00+02:00", "BackfillStatus": "SUCCEEDED"},
    ]  # fmt: skip
    writer = opened(today=TODAY)
    assert writer.read([PAST]) == {PAST: Seen(since("2026-05"))}
    assert kinds(changed(writer, [PAST], since("2026-10"))) == ["done"]
    assert writer.read([PAST]) == {PAST: Seen(since("2026-10"))}
    assert sent(cloud) == [HISTORY, HISTORY, START, HISTORY]


def test_without_a_backfill_there_is_none(cloud: AwsCloud, opened: Opened) -> None:
    assert opened().read([PAST]) == {PAST: Seen({})}


def test_a_second_backfill_within_a_day_is_told_and_not_waited_for(cloud: AwsCloud, opened: Opened) -> None:
    assert isinstance(start(opened, since("2026-10")), Done)
    waits = Waits()
    [said] = opened(waits, today=TODAY).write([(Edit(PAST, since("2026-09")), Seen({}))]).values()
    assert isinstance(said, Failed)
    assert (said.kind, "one backfill in 24 hours" in said.reason) == ("rejected", True)
    assert waits.slept == []
    assert [each["BackfillFrom"] for each in cloud.costs.backfills] == ["2026-10-01T00:00:00Z"]


@pytest.mark.parametrize(
    ("fault", "kind", "started"),
    [
        (Fault((START,), "LimitExceededException", left=10**6), "rejected", False),
        (Fault((START,), "AccessDeniedException", 403), "denied", False),
        (Fault((START,), "ValidationException"), "rejected", False),
        (Fault((START,), drop=True), "unreachable", False),
        (Fault((START,), drop=True, done=True), "unreachable", True),
    ],
)
def test_a_backfill_that_fails_says_why(
    cloud: AwsCloud, opened: Opened, fault: Fault, kind: str, started: bool
) -> None:
    fault.left = fault.left if fault.code.startswith("Limit") else 1
    cloud.faults.append(fault)
    said = start(opened, since("2026-10"))
    assert isinstance(said, Failed) and said.kind == kind
    assert bool(cloud.costs.backfills) is started


@pytest.mark.parametrize("month", ["2025-10", "2026-12"])
def test_a_backfill_reaches_twelve_months_back_and_never_ahead(
    cloud: AwsCloud, opened: Opened, month: str
) -> None:
    said = start(opened, since(month))
    assert isinstance(said, Failed) and said.kind == "rejected" and "12 months" in said.reason
    assert cloud.seen == []


@pytest.mark.parametrize("month", ["2025-11", "2026-11"])
def test_a_backfill_may_begin_at_either_end_of_its_reach(cloud: AwsCloud, opened: Opened, month: str) -> None:
    assert isinstance(start(opened, since(month)), Done)


@pytest.mark.parametrize("text", ["2026-10-02T00:00:00Z", "2026-10-01", "2026-13-01T00:00:00Z", "soon", ""])
def test_a_backfill_begins_on_the_first_of_a_month(cloud: AwsCloud, opened: Opened, text: str) -> None:
    said = start(opened, {"BackfillFrom": text})
    assert isinstance(said, Failed) and (said.kind, "first of a month" in said.reason) == ("rejected", True)
    assert cloud.seen == []


def test_a_backfill_can_t_be_undone(cloud: AwsCloud, opened: Opened) -> None:
    said = start(opened, {}, ("BackfillFrom",))
    assert isinstance(said, Failed) and said.kind == "unsupported" and "undone" in said.reason
    assert cloud.seen == []


def test_a_history_that_can_t_be_read_is_unreachable(cloud: AwsCloud, opened: Opened) -> None:
    cloud.faults.append(
        Fault((HISTORY,), status=200, body=b'{"BackfillRequests": [{"BackfillStatus": "SUCCEEDED"}]}')
    )
    [said] = opened().read([PAST]).values()
    assert isinstance(said, Failed) and said.kind == "unreachable"
