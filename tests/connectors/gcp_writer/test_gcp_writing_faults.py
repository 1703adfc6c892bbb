"""What does the writer of Google Cloud say of a label that was refused, lost, raced or answered with nonsense?"""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.gcp.writer.writer import GcpWriter
from recon.fix.writing import Done, Failed, FailKind, Seen
from tests.clouds.between import Between
from tests.clouds.gcp import GET_PROJECT, GoogleCloud
from tests.clouds.gcp_faults import Fault, RestFault
from tests.clouds.gcp_manager import (
    CREATE_BINDING,
    DELETE_BINDING,
    EFFECTIVE_TAGS,
    GET_OPERATION,
    UPDATE_PROJECT,
)
from tests.clouds.waits import Waits
from tests.connectors.gcp_writer.conftest import (
    BUCKET,
    CLUSTER,
    DATABASE,
    DATASET,
    FOLDER,
    LABELLED,
    PROJECT,
    VM,
    Open,
    change,
    edit,
    everything,
    lay,
    read,
    target,
    write,
)

Code = grpc.StatusCode
FOREVER = 1 << 30
KEY = "123456789012/cost-center"


@pytest.mark.parametrize("name", [VM, BUCKET])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (RestFault("", 400, "invalid"), "rejected"),
        (RestFault("", 400, "", "FAILED_PRECONDITION"), "changed"),
        (RestFault("", 400, "failedPrecondition", "FAILED_PRECONDITION"), "changed"),
        (RestFault("", 401, "authError"), "denied"),
        (RestFault("", 403, "forbidden"), "denied"),
        (RestFault("", 404, "notFound"), "gone"),
        (RestFault("", 409, "", "ABORTED"), "changed"),
        (RestFault("", 409, "operationInProgress"), "rejected"),
        (RestFault("", 412, "conditionNotMet"), "changed"),
        (RestFault("", 302), "unreachable"),
        (RestFault("", 500, "backendError"), "unreachable"),
        (RestFault("", 503, "", "UNAVAILABLE"), "unreachable"),
        (RestFault("", text="<html>"), "unreachable"),
        (RestFault("", text="[]"), "unreachable"),
    ],
    ids=lambda each: (
        f"{each.status}{each.reason}{each.word}{each.text or ''}" if isinstance(each, RestFault) else ""
    ),
)
def test_each_refusal_has_its_kind(
    cloud: GoogleCloud, writer: GcpWriter, name: str, fault: RestFault, kind: FailKind
) -> None:
    seen = read(writer, name)
    cloud.rest.faults = [RestFault("", fault.status, fault.reason, fault.word, FOREVER, text=fault.text)]
    told = write(writer, edit(name, a="s3cret"), seen)
    assert isinstance(told, Failed)
    assert (told.kind, "s3cret" in repr(told)) == (kind, False)
    noun = {VM: "compute.instances.setLabels", BUCKET: "storage.buckets.update"}[name]
    assert told.permission == (noun if kind == "denied" else None)
    assert len(cloud.rest.wrote) == 1, "a write is sent once"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (Code.INVALID_ARGUMENT, "rejected"), (Code.PERMISSION_DENIED, "denied"), (Code.UNAUTHENTICATED, "denied"),
        (Code.NOT_FOUND, "gone"), (Code.ABORTED, "changed"), (Code.FAILED_PRECONDITION, "changed"),
        (Code.UNAVAILABLE, "unreachable"), (Code.INTERNAL, "unreachable"), (Code.RESOURCE_EXHAUSTED, "throttled"),
    ],
)  # fmt: skip
def test_each_refusal_of_a_project_has_its_kind(
    cloud: GoogleCloud, opened: Open, code: grpc.StatusCode, kind: FailKind
) -> None:
    writer = opened(patience=10)
    seen = read(writer, PROJECT)
    cloud.faults = [Fault(UPDATE_PROJECT, code, "s3cret", left=FOREVER)]
    told = write(writer, edit(PROJECT, a="b"), seen)
    assert isinstance(told, Failed)
    assert (told.kind, "s3cret" in repr(told)) == (kind, False)
    assert told.permission == ("resourcemanager.projects.update" if kind == "denied" else None)
    assert (cloud.called.count(UPDATE_PROJECT) == 1) == (kind != "throttled")


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (403, "denied", "forbidden"),
        (404, "gone", "notFound"),
        (500, "unreachable", ""),
        (429, "throttled", ""),
    ],
)
def test_each_refusal_of_a_read_has_its_kind(
    cloud: GoogleCloud, writer: GcpWriter, status: int, kind: FailKind, reason: str
) -> None:
    cloud.rest.faults = [RestFault("instances/web", status, reason, left=FOREVER)]
    told = writer.read([target(VM), target(BUCKET)])
    failed = told[target(VM)]
    assert isinstance(failed, Failed) and failed.kind == kind
    assert failed.permission == ("compute.instances.get" if kind == "denied" else None)
    assert isinstance(told[target(BUCKET)], Seen)


def test_a_read_that_broke_is_asked_again(cloud: GoogleCloud, writer: GcpWriter) -> None:
    cloud.rest.faults = [RestFault("instances/web", 503), RestFault("instances/web", cut=5)]
    assert read(writer, VM).tags == {"team": "shop", "tier": "1"}


@pytest.mark.parametrize(
    "text", ["{}", '{"labels": []}', '{"labelFingerprint": ""}', '{"labelFingerprint": 7, "labels": 7}']
)
def test_an_answer_without_a_lock_is_no_read(cloud: GoogleCloud, writer: GcpWriter, text: str) -> None:
    cloud.rest.faults = [RestFault("instances/web", text=text)]
    told = writer.read([target(VM)])[target(VM)]
    assert isinstance(told, Failed) and told.kind == "unreachable"


def test_what_is_gone_is_gone(cloud: GoogleCloud, writer: GcpWriter) -> None:
    for name in (f"{VM}0", f"{BUCKET}0", "//cloudresourcemanager.googleapis.com/folders/9"):
        told = writer.read([target(name)])[target(name)]
        assert isinstance(told, Failed) and told.kind == "gone"


@pytest.mark.parametrize("name", [VM, BUCKET])
@pytest.mark.parametrize(("status", "reason"), [(429, ""), (403, "rateLimitExceeded")])
def test_throttling_is_waited_out_as_long_as_the_service_says(
    cloud: GoogleCloud, writer: GcpWriter, clock: Waits, name: str, status: int, reason: str
) -> None:
    seen = read(writer, name)
    cloud.rest.faults = [RestFault("", status, reason, left=2, headers={"Retry-After": "7"})]
    assert isinstance(write(writer, edit(name, a="b"), seen), Done)
    assert (len(cloud.rest.wrote), cloud.labels.of(name)["a"]) == (3, "b")
    assert 14 <= sum(clock.slept) < 25


def test_throttling_without_end_is_given_up(cloud: GoogleCloud, opened: Open) -> None:
    writer = opened(patience=20)
    seen = read(writer, VM)
    cloud.rest.faults = [RestFault("", 429, left=FOREVER)]
    told = write(writer, edit(VM, a="b"), seen)
    assert isinstance(told, Failed) and told.kind == "throttled"
    assert "a" not in cloud.labels.of(VM) and len(cloud.rest.wrote) > 1


@pytest.mark.parametrize("name", [VM, BUCKET])
def test_a_connection_that_drops_after_the_effect_is_unclear_and_not_sent_again(
    cloud: GoogleCloud, writer: GcpWriter, name: str
) -> None:
    seen = read(writer, name)
    cloud.rest.faults = [RestFault("", cut=3, left=FOREVER)]
    told = write(writer, edit(name, a="b"), seen)
    assert isinstance(told, Failed) and told.kind == "unreachable" and "not known" in told.reason
    assert (len(cloud.rest.wrote), cloud.labels.of(name)["a"]) == (1, "b")


def test_a_connection_that_drops_before_the_effect_is_as_unclear(
    cloud: GoogleCloud, writer: GcpWriter
) -> None:
    seen = read(writer, VM)
    cloud.rest.faults = [RestFault("", 500, cut=3, left=FOREVER)]
    told = write(writer, edit(VM, a="b"), seen)
    assert isinstance(told, Failed) and told.kind == "unreachable"
    assert (len(cloud.rest.wrote), "a" in cloud.labels.of(VM)) == (1, False)


def test_silence_is_unclear(cloud: GoogleCloud, opened: Open) -> None:
    """What comes too late is a refusal, so that it changes nothing in a test after this one."""
    writer = opened(timeout=0.3)
    seen = {name: read(writer, name) for name in (VM, PROJECT)}
    cloud.rest.faults = [RestFault("", 500, delay=1, left=FOREVER)]
    cloud.faults = [Fault(UPDATE_PROJECT, Code.ABORTED, delay=1, left=FOREVER)]
    for name in (VM, PROJECT):
        told = write(writer, edit(name, a="b"), seen[name])
        assert isinstance(told, Failed) and told.kind == "unreachable"
    assert (len(cloud.rest.wrote), cloud.called.count(UPDATE_PROJECT)) == (1, 1)


def test_without_credentials_it_is_denied(
    cloud: GoogleCloud, opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE", "https://127.0.0.1:9")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    told = opened().read([target(VM)])[target(VM)]
    assert isinstance(told, Failed)
    assert (told.kind, told.permission) == ("denied", "compute.instances.get")


# ── changes that go on after their answer ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "ends", "kind"),
    [
        (VM, {"error": {"errors": [{"code": "CONDITION_NOT_MET"}]}, "httpErrorStatusCode": 412}, "changed"),
        (VM, {"error": {"errors": [{"code": "QUOTA_EXCEEDED"}]}, "httpErrorStatusCode": 403}, "denied"),
        (CLUSTER, {"error": {"code": 9, "message": "s3cret"}}, "changed"),
        (CLUSTER, {"error": {"code": 13, "message": "s3cret"}}, "rejected"),
        (DATABASE, {"error": {"errors": [{"code": "INTERNAL_ERROR", "message": "s3cret"}]}}, "rejected"),
    ],
)
def test_an_operation_that_fails_says_how(
    cloud: GoogleCloud, writer: GcpWriter, name: str, ends: dict[str, Any], kind: FailKind
) -> None:
    cloud.rest.polls, cloud.rest.ends = 2, ends
    before = everything(cloud)
    told = change(writer, name, a="b")
    assert isinstance(told, Failed)
    assert (told.kind, "s3cret" in repr(told), everything(cloud)) == (kind, False, before)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(Code.ABORTED, "changed"), (Code.PERMISSION_DENIED, "denied"), (Code.INTERNAL, "unreachable")],
)
def test_a_projects_change_that_fails_says_how(
    cloud: GoogleCloud, writer: GcpWriter, code: grpc.StatusCode, kind: FailKind
) -> None:
    cloud.manager.polls, cloud.manager.ends = 2, code.value[0]
    told = change(writer, PROJECT, a="b")
    assert isinstance(told, Failed)
    assert (told.kind, cloud.labels.of(PROJECT)) == (kind, {"team": "shop"})


@pytest.mark.parametrize("name", [VM, CLUSTER, DATABASE, PROJECT])
def test_a_change_whose_end_is_not_known_is_unclear(cloud: GoogleCloud, opened: Open, name: str) -> None:
    """Whatever a question about its end meets, a refusal of that is none of the change."""
    cloud.rest.polls = cloud.manager.polls = 1
    cloud.rest.faults = [RestFault("/operations/", 403, "forbidden")]
    cloud.faults = [Fault(GET_OPERATION, Code.PERMISSION_DENIED)]
    told = change(opened(patience=30), name, a="b")
    assert isinstance(told, Failed) and told.kind == "unreachable"
    assert cloud.labels.of(name)["a"] == "b"


@pytest.mark.parametrize("name", [VM, CLUSTER, DATABASE, PROJECT])
def test_a_change_without_end_is_unclear(cloud: GoogleCloud, opened: Open, name: str) -> None:
    cloud.rest.polls = cloud.manager.polls = FOREVER
    told = change(opened(patience=30), name, a="b")
    assert isinstance(told, Failed) and told.kind == "unreachable"
    assert len(cloud.rest.wrote) + cloud.called.count(UPDATE_PROJECT) == 1


# ── tags ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_tags_that_can_not_be_read_do_not_hinder_labels(cloud: GoogleCloud, writer: GcpWriter) -> None:
    cloud.faults = [Fault(EFFECTIVE_TAGS, Code.PERMISSION_DENIED, left=FOREVER)]
    assert isinstance(change(writer, VM, a="b"), Done)
    told = change(writer, VM, **{KEY: "cc-1"})
    assert isinstance(told, Failed) and told.kind == "denied"
    assert told.permission == "resourcemanager.hierarchyNodes.listEffectiveTags"
    alone = writer.read([target(FOLDER)])[target(FOLDER)]
    assert isinstance(alone, Failed) and alone.kind == "denied"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (Code.PERMISSION_DENIED, "denied"), (Code.NOT_FOUND, "rejected"), (Code.ALREADY_EXISTS, "changed"),
        (Code.FAILED_PRECONDITION, "changed"), (Code.UNAVAILABLE, "unreachable"), (Code.INVALID_ARGUMENT, "rejected"),
    ],
)  # fmt: skip
def test_each_refusal_of_a_tag_has_its_kind(
    cloud: GoogleCloud, writer: GcpWriter, code: grpc.StatusCode, kind: FailKind
) -> None:
    cloud.faults = [Fault(CREATE_BINDING, code, "s3cret", left=FOREVER)]
    told = change(writer, VM, **{KEY: "cc-1"})
    assert isinstance(told, Failed)
    assert (told.kind, "s3cret" in repr(told)) == (kind, False)
    assert cloud.called.count(CREATE_BINDING) == 1


def test_a_value_that_does_not_exist_is_rejected(cloud: GoogleCloud, writer: GcpWriter) -> None:
    told = change(writer, VM, **{KEY: "nobody"})
    assert isinstance(told, Failed) and told.kind == "rejected"


def test_a_tag_that_somebody_attached_meanwhile_stays(cloud: GoogleCloud, writer: GcpWriter) -> None:
    cloud.manager.values = {f"{KEY}/cc-1"}
    for theirs in ("cc-1", "cc-2"):
        cloud.between = [Between(CREATE_BINDING, lambda theirs=theirs: cloud.manager.retag(VM, KEY, theirs))]
        cloud.manager.retag(VM, KEY, None)
        told = change(writer, VM, **{KEY: "cc-1"})
        assert isinstance(told, Failed) and told.kind == "changed"
        assert cloud.manager.tags_of(VM) == {KEY: theirs}


@pytest.mark.parametrize("theirs", ["cc-2", None])
def test_a_tag_to_detach_that_somebody_changed_meanwhile_stays(
    cloud: GoogleCloud, writer: GcpWriter, theirs: str | None
) -> None:
    cloud.manager.retag(VM, KEY, "cc-1")
    cloud.between = [Between(DELETE_BINDING, lambda: cloud.manager.retag(VM, KEY, theirs))]
    told = change(writer, VM, KEY)
    assert isinstance(told, Failed) and told.kind == "changed"
    assert cloud.manager.tags_of(VM) == ({KEY: theirs} if theirs else {})


def test_half_of_an_edit_is_told_as_unclear(cloud: GoogleCloud, writer: GcpWriter) -> None:
    told = change(writer, VM, a="b", **{KEY: "nobody"})
    assert isinstance(told, Failed) and told.kind == "unreachable" and "rejected" in told.reason
    assert cloud.labels.of(VM)["a"] == "b"


def test_one_failure_of_several_loses_no_other(cloud: GoogleCloud, writer: GcpWriter) -> None:
    pairs = [(edit(name, a="b"), read(writer, name)) for name in LABELLED]
    cloud.rest.faults = [RestFault("clusters/main", 403, "forbidden"), RestFault("/b/bills", 404, "notFound")]
    cloud.labels.touch(DATASET)
    kinds = {each.resource_id: getattr(how, "kind", "done") for each, how in writer.write(pairs).items()}
    assert kinds == {**dict.fromkeys(LABELLED, "done"), CLUSTER: "denied", BUCKET: "gone", DATASET: "changed"}
    assert {name for name in LABELLED if "a" in cloud.labels.of(name)} == {*LABELLED} - {
        CLUSTER,
        BUCKET,
        DATASET,
    }


# ── another writer ──────────────────────────────────────────────────────────────────────────────────────────────────

_KEYS = st.sampled_from(["team", "tier", "owner", "n0"])
_LABELS = st.dictionaries(_KEYS, st.text("abc-", max_size=3), max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from([*LABELLED]), theirs=_LABELS, gone=st.sets(_KEYS), again=st.booleans())
def test_whatever_somebody_else_does_after_the_read_makes_the_cloud_refuse(
    cloud: GoogleCloud, writer: GcpWriter, name: str, theirs: dict[str, str], gone: set[str], again: bool
) -> None:
    """A change of any key, of ours too, and even one back to what was read; right before the write is served."""
    lay(cloud)
    seen, before = read(writer, name), everything(cloud)

    def race() -> None:
        cloud.labels.relabel(name, theirs, gone)
        if again:
            cloud.labels.write(name, before[name][0])

    expected = (
        before[name][0]
        if again
        else {**{k: v for k, v in before[name][0].items() if k not in gone}, **theirs}
    )
    cloud.rest.between = [Between(line, race) for line in ("POST", "PATCH")]
    cloud.between = [Between(UPDATE_PROJECT, race)]
    told = write(writer, edit(name, "tier", owner="us"), seen)
    assert isinstance(told, Failed) and told.kind == "changed"
    assert everything(cloud) == {**before, name: (expected, {})}
    gets = [each for each in cloud.rest.asked if each[0] == "GET"]
    assert len(gets) + cloud.called.count(GET_PROJECT) == 1, "the lock is never asked for again"


@pytest.mark.parametrize("name", LABELLED)
def test_a_change_after_ours_stands(cloud: GoogleCloud, writer: GcpWriter, name: str) -> None:
    def race() -> None:
        cloud.labels.relabel(name, {"owner": "them", "more": "x"}, ["team"])

    cloud.rest.between = [Between(line, race, "after") for line in ("POST", "PATCH")]
    cloud.between = [Between(UPDATE_PROJECT, race, "after")]
    assert isinstance(change(writer, name, "tier", owner="us"), Done)
    assert cloud.labels.of(name) == {"owner": "them", "more": "x"}
