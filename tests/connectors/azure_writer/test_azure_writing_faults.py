"""What does the writer of Azure say of a tag that was refused, lost, raced or answered with nonsense?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.azure.writer.writer import AzureWriter
from recon.fix.writing import Done, Failed, FailKind, Seen
from tests.clouds.azure import Azure, Fault
from tests.clouds.between import Between
from tests.clouds.waits import Waits
from tests.connectors.azure_writer.conftest import (
    DISK,
    GROUP,
    SUBSCRIPTION,
    Open,
    change,
    edit,
    read,
    target,
    write,
)

_TAGS = "tags/default"
FOREVER = 1 << 30


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidTagNameCharacters", "rejected"),
        (400, "TooManyTags", "over-limit"),
        (401, "InvalidAuthenticationToken", "denied"),
        (403, "AuthorizationFailed", "denied"),
        (404, "ResourceNotFound", "gone"),
        (403, "RequestDisallowedByPolicy", "rejected"),
        (409, "ScopeLocked", "rejected"),
        (412, "PreconditionFailed", "changed"),
        (500, "InternalServerError", "unreachable"),
        (503, "ServiceUnavailable", "unreachable"),
    ],
)
def test_each_refusal_has_its_kind(
    cloud: Azure, writer: AzureWriter, status: int, code: str, kind: FailKind
) -> None:
    seen = read(writer, DISK)
    cloud.faults = [Fault(_TAGS, status, code, {"Retry-After": "1"}, left=FOREVER)]
    told = write(writer, edit(DISK, a="s3cret"), seen)
    assert isinstance(told, Failed)
    assert (told.kind, code in told.reason, "s3cret" in repr(told)) == (kind, True, False)
    assert told.permission == ("Microsoft.Resources/tags/write" if kind == "denied" else None)
    assert cloud.tags_of(DISK) == {}
    assert len(cloud.wrote) == 1, "a write is sent once, whatever the answer proposes"


@pytest.mark.parametrize(
    ("status", "kind"), [(403, "denied"), (404, "gone"), (500, "unreachable"), (429, "throttled")]
)
def test_each_refusal_of_a_read_has_its_kind(
    cloud: Azure, writer: AzureWriter, status: int, kind: FailKind
) -> None:
    cloud.faults = [Fault("disks/d1", status, left=FOREVER)]
    told = writer.read([target(DISK), target(SUBSCRIPTION)])
    failed = told[target(DISK)]
    assert isinstance(failed, Failed) and failed.kind == kind
    assert failed.permission == ("Microsoft.Resources/tags/read" if kind == "denied" else None)
    assert told[target(SUBSCRIPTION)] == Seen({"team": "shop"})


def test_what_is_gone_is_gone(writer: AzureWriter) -> None:
    gone = f"{DISK}0"
    told = writer.read([target(gone)])[target(gone)]
    assert isinstance(told, Failed) and told.kind == "gone"


@pytest.mark.parametrize(
    ("fault", "least"),
    [
        (Fault(_TAGS, 409, "Conflict"), 5),
        (Fault(_TAGS, 429, "TooManyRequests", {"Retry-After": "7"}), 7),
    ],
)  # fmt: skip
def test_what_must_wait_is_told_at_once_and_the_next_read_waits(
    cloud: Azure, writer: AzureWriter, clock: Waits, fault: Fault, least: float
) -> None:
    seen = read(writer, DISK)
    cloud.faults = [replace(fault)]
    told = write(writer, edit(DISK, a="b"), seen)
    assert isinstance(told, Failed) and told.kind == "throttled"
    assert (cloud.tags_of(DISK), len(cloud.wrote), clock.slept) == ({}, 1, [])
    assert isinstance(write(writer, edit(DISK, a="b"), read(writer, DISK)), Done)
    assert sum(clock.slept) >= least
    assert cloud.tags_of(DISK) == {"a": "b"}


@pytest.mark.parametrize("cut", [0, 20])
def test_a_connection_that_drops_after_the_effect_is_unclear_and_not_sent_again(
    cloud: Azure, writer: AzureWriter, cut: int
) -> None:
    seen = read(writer, DISK)
    cloud.faults = [Fault(_TAGS, cut=cut, left=FOREVER)]
    told = write(writer, edit(DISK, a="b"), seen)
    assert isinstance(told, Failed) and told.kind == "unreachable"
    assert "not known" in told.reason
    assert (len(cloud.wrote), cloud.tags_of(DISK)) == (1, {"a": "b"})


def test_a_connection_that_drops_before_the_effect_is_as_unclear(cloud: Azure, writer: AzureWriter) -> None:
    seen = read(writer, DISK)
    cloud.faults = [Fault(_TAGS, 500, cut=10, left=FOREVER)]
    told = write(writer, edit(DISK, a="b"), seen)
    assert isinstance(told, Failed) and told.kind == "unreachable"
    assert (len(cloud.wrote), cloud.tags_of(DISK)) == (1, {})


def test_silence_is_unclear(cloud: Azure, opened: Open) -> None:
    """What comes too late is a refusal, so that it changes nothing in a test after this one."""
    writer = opened(read=0.3)
    seen = read(writer, DISK)
    cloud.faults = [Fault(_TAGS, 500, delay=1, left=FOREVER)]
    told = write(writer, edit(DISK, a="b"), seen)
    assert isinstance(told, Failed) and told.kind == "unreachable"
    assert len(cloud.wrote) == 1


@pytest.mark.parametrize(
    "text", ["<html>", "[]", '{"properties": 7}', "null", '{"error": {"code": "a b"}}', ""]
)
def test_an_answer_that_is_none_is_unclear(cloud: Azure, writer: AzureWriter, text: str) -> None:
    seen = read(writer, DISK)
    cloud.faults = [Fault(_TAGS, text=text, left=FOREVER)]
    told = write(writer, edit(DISK, a="b"), seen)
    assert isinstance(told, Failed) and told.kind == "unreachable"
    again = writer.read([target(DISK)])[target(DISK)]
    assert isinstance(again, Failed) and again.kind == "unreachable"


def test_no_connection_says_that_nothing_was_sent(
    cloud: Azure, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_RESOURCE_MANAGER_URL", "https://127.0.0.1:9")
    told = write(opened(), edit(DISK, a="b"), Seen({}))
    assert isinstance(told, Failed) and told.kind == "unreachable"
    assert "no connection" in told.reason and cloud.wrote == []


@pytest.mark.parametrize(
    ("ends", "kind"),
    [
        ((409, "Conflict"), "rejected"),
        ((400, "InvalidTags"), "rejected"),
        ((412, "PreconditionFailed"), "changed"),
        ((403, "AuthorizationFailed"), "unreachable"),
        ((404, "OperationNotFound"), "unreachable"),
        ((500, "InternalServerError"), "unreachable"),
    ],
)
def test_a_long_running_update_that_fails_says_what_is_known(
    cloud: Azure, writer: AzureWriter, ends: tuple[int, str], kind: FailKind
) -> None:
    cloud.at_scope.polls, cloud.at_scope.ends = 2, ends
    told = change(writer, DISK, a="b")
    assert isinstance(told, Failed)
    assert (told.kind, cloud.tags_of(DISK), len(cloud.wrote)) == (kind, {}, 1)


def test_a_throttled_poll_is_asked_again_and_the_write_is_not(cloud: Azure, writer: AzureWriter) -> None:
    cloud.at_scope.polls = 2
    cloud.faults = [Fault("tagOperationResults", 429, left=2)]
    assert isinstance(change(writer, DISK, a="b"), Done)
    assert (len(cloud.wrote), cloud.tags_of(DISK)) == (1, {"a": "b"})


def test_a_long_running_update_without_end_is_unclear(cloud: Azure, opened: Open) -> None:
    cloud.at_scope.polls = FOREVER
    told = change(opened(patience=30), DISK, a="b")
    assert isinstance(told, Failed) and told.kind == "unreachable"
    assert len(cloud.wrote) == 1


def test_a_poll_that_leads_away_is_not_followed(cloud: Azure, writer: AzureWriter) -> None:
    cloud.at_scope.polls = 1
    seen = read(writer, DISK)
    cloud.url, own = "https://elsewhere.example", cloud.url
    try:
        told = write(writer, edit(DISK, a="b"), seen)
    finally:
        cloud.url = own
    assert isinstance(told, Failed) and told.kind == "unreachable"


def test_half_of_an_edit_is_told_as_unclear(cloud: Azure, writer: AzureWriter) -> None:
    seen = read(writer, GROUP)
    cloud.faults = [Fault(_TAGS, 403, "AuthorizationFailed", after=1)]
    told = write(writer, edit(GROUP, "CostCenter", owner="me"), seen)
    assert isinstance(told, Failed) and told.kind == "unreachable"
    assert "Merge" in told.reason and told.permission == "Microsoft.Resources/tags/write"
    assert cloud.tags_of(GROUP) == {"CostCenter": "7", "hidden-title": "x", "owner": "me"}


def test_one_failure_of_several_loses_no_other(cloud: Azure, writer: AzureWriter) -> None:
    edits = [edit(each, a="b") for each in (DISK, GROUP, SUBSCRIPTION)]
    pairs = [(each, read(writer, each.target.resource_id)) for each in edits]
    cloud.faults = [Fault("Shop%20(prod)/providers/Microsoft.Resources", 403, left=FOREVER)]
    told = writer.write(pairs)
    kinds = {each.resource_id: getattr(how, "kind", "done") for each, how in told.items()}
    assert kinds == {DISK: "done", GROUP: "denied", SUBSCRIPTION: "done"}
    assert [cloud.tags_of(each).get("a") for each in (DISK, GROUP, SUBSCRIPTION)] == ["b", None, "b"]


# ── another writer ──────────────────────────────────────────────────────────────────────────────────────────────────

_NAMES = st.sampled_from(["team", "Env", "x y", "é", "n0", "n1"])
_TAG_SETS = st.dictionaries(_NAMES, st.text("abc ", max_size=3), max_size=5)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=_TAG_SETS, theirs=_TAG_SETS, gone=st.sets(_NAMES), early=st.booleans())
def test_whatever_somebody_else_does_meanwhile_no_other_key_is_touched(
    cloud: Azure,
    writer: AzureWriter,
    before: dict[str, str],
    theirs: dict[str, str],
    gone: set[str],
    early: bool,
) -> None:
    """The estate is laid anew for each example; client and server stay."""
    cloud.clear()
    cloud.add(DISK, "Microsoft.Compute/disks", "d1", tags={**before, "old": "ours"})
    gone -= {*theirs}
    seen = read(writer, DISK)
    cloud.between = [
        Between("PATCH", lambda: cloud.retag(DISK, theirs, gone), "before" if early else "after")
    ]
    assert isinstance(write(writer, edit(DISK, "old", owner="us"), seen), Done)
    others = {name: value for name, value in before.items() if name not in gone} | theirs
    assert cloud.tags_of(DISK) == {**others, "owner": "us"}


def test_a_tag_to_drop_that_somebody_changed_meanwhile_stays(cloud: Azure, writer: AzureWriter) -> None:
    cloud.between = [Between("PATCH", lambda: cloud.retag(GROUP, {"CostCenter": "theirs"}))]
    told = change(writer, GROUP, "CostCenter")
    assert isinstance(told, Failed) and told.kind == "changed"
    assert cloud.tags_of(GROUP) == {"CostCenter": "theirs", "hidden-title": "x"}


def test_the_same_key_in_the_window_is_the_only_loss_and_the_answer_hides_it(
    cloud: Azure, writer: AzureWriter
) -> None:
    """One call can't be fenced on Azure: only the order of events tells who lost."""
    cloud.between = [Between("PATCH", lambda: cloud.retag(GROUP, {"CostCenter": "theirs", "team": "x"}))]
    told = change(writer, GROUP, CostCenter="ours")
    assert isinstance(told, Done)
    assert told.tags == {"CostCenter": "ours", "hidden-title": "x", "team": "x"} == cloud.tags_of(GROUP)


def test_a_change_after_ours_is_not_in_the_answer_but_in_the_next_read(
    cloud: Azure, writer: AzureWriter
) -> None:
    cloud.between = [Between("PATCH", lambda: cloud.retag(GROUP, {"CostCenter": "theirs"}), "after")]
    change(writer, GROUP, CostCenter="ours")
    assert read(writer, GROUP).tags["CostCenter"] == "theirs"
