"""What becomes of a listing of a cluster that is denied, throttled, cut off, or answered with nonsense."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from kubernetes.config import incluster_config

from connectors.kubernetes.inventory.kinds import KINDS
from recon.errors import Unreachable
from recon.snapshot.listing import Resource, Unit, Unseen
from tests.clouds.kubernetes import TOKEN, Cluster, Fault
from tests.clouds.waits import Waits
from tests.connectors.kubernetes_inventory.conftest import Open

DEPLOYMENTS = Unit("prod/deployment", "k8s", "prod")


@pytest.fixture
def estate(cluster: Cluster) -> Cluster:
    for n in range(25):
        cluster.add("deployment", f"d{n:02}", "shop", {"n": "x" * 200})
    cluster.add("pod", "p", "shop")
    return cluster


def ids(rows: Any) -> list[str]:
    return [row.id.rpartition("/")[2] for row in rows if isinstance(row, Resource)]


ALL = [f"d{n:02}" for n in range(25)]


def test_throttling_is_waited_out_as_long_as_the_server_says(
    estate: Cluster, lister: Open, clock: Waits
) -> None:
    estate.faults = [Fault("/deployments", 429, "TooManyRequests", {"Retry-After": "7"}, after=1)]
    one = lister(page=10)
    assert ids(one.resources(DEPLOYMENTS)) == ALL
    assert 7 <= max(clock.slept) < 9
    assert one.calls["kubernetes:list deployments"] == estate.count("/deployments") == 4


def test_throttling_is_given_up_in_the_end(estate: Cluster, lister: Open, clock: Waits) -> None:
    estate.faults = [Fault("/deployments", 429, left=999)]
    with pytest.raises(Unreachable, match="throttled to the end") as told:
        list(lister().resources(DEPLOYMENTS))
    assert (told.value.kind, told.value.permission) == ("throttled", None)
    assert sum(clock.slept) > 30


def test_an_expired_token_restarts_the_kind(estate: Cluster, lister: Open) -> None:
    estate.faults = [Fault("continue=at-10", 410, "Expired")]
    found = ids(lister(page=10).resources(DEPLOYMENTS))
    assert found == [*ALL[:10], *ALL]
    assert [path.partition("continue=")[2].partition("&")[0] for _, path, _ in estate.asked] == [
        "",
        "at-10",
        "",
        "at-10",
        "at-20",
    ]


def test_a_token_that_always_expires_is_unreachable(estate: Cluster, lister: Open) -> None:
    estate.faults = [Fault("continue=", 410, "Expired", left=99)]
    with pytest.raises(Unreachable, match="expires again and again"):
        list(lister(page=10).resources(DEPLOYMENTS))
    assert estate.count("/deployments") == 8


def test_a_denied_kind_is_a_gap_of_that_kind_with_its_rule(estate: Cluster, lister: Open) -> None:
    estate.denied = {"deployments"}
    one = lister()
    (gap,) = one.resources(DEPLOYMENTS)
    assert isinstance(gap, Unseen)
    assert (gap.account, gap.type, gap.kind) == ("prod", "k8s:deployment", "denied")
    assert gap.permission == 'list deployments (apiGroups: ["apps"])'
    assert ids(one.resources(Unit("prod/pod", "k8s", "prod"))) == ["p"]


def test_a_namespace_that_is_denied_or_missing_is_a_gap_and_others_go_on(
    estate: Cluster, lister: Open
) -> None:
    estate.add("namespace", "shop")
    estate.faults = [Fault("/namespaces/closed/", 403, "forbidden", left=99)]
    one = lister(namespaces=("closed", "shop"))
    gap, *rows = one.resources(DEPLOYMENTS)
    assert isinstance(gap, Unseen) and "in namespace closed" in gap.reason
    assert ids(rows) == ALL
    missing, found = one.resources(Unit("prod/namespace", "k8s", "prod"))
    assert isinstance(missing, Unseen) and (missing.kind, missing.type) == ("missing", "k8s:namespace")
    assert isinstance(found, Resource) and found.id == "k8s://prod/shop"


def test_a_kind_that_the_server_does_not_know_is_a_gap(estate: Cluster, lister: Open) -> None:
    estate.faults = [Fault("/cronjobs", 404, "not found", left=9)]
    (gap,) = lister().resources(Unit("prod/cronjob", "k8s", "prod"))
    assert isinstance(gap, Unseen) and (gap.kind, gap.type) == ("missing", "k8s:cronjob")


@pytest.mark.parametrize(
    "fault",
    [{"cut": 900}, {"cut": 0}, {"delay": 3}, {"status": 503}],
    ids=["reset in mid-page", "reset", "silence", "503"],
)
def test_a_page_that_breaks_is_asked_again_or_the_unit_is_unreachable(
    estate: Cluster, lister: Open, fault: dict[str, Any]
) -> None:
    estate.faults = [Fault("/deployments", after=1, **fault)]
    one = lister(page=10, read=1.2)
    assert ids(one.resources(DEPLOYMENTS)) == ALL
    assert one.calls["kubernetes:list deployments"] == 4
    estate.faults = [Fault("/deployments", after=1, left=9, **fault)]
    with pytest.raises(Unreachable) as told:
        list(lister(page=10, read=1.2).resources(DEPLOYMENTS))
    assert told.value.kind == "unreadable"


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", "<html>", "{}", '{"metadata": {}}', '{"metadata": {}, "items": 7}',
     '{"metadata": {}, "items": [7]}', '{"metadata": {}, "items": [{"metadata": {"name": "x"}}]}',
     '{"metadata": {}, "items": [{"metadata": {"name": "x", "namespace": "y", "labels": {"a": 1}}}]}'],
)  # fmt: skip
def test_an_answer_that_is_no_list_is_unreachable(estate: Cluster, lister: Open, text: str) -> None:
    estate.faults = [Fault("/deployments", text=text)]
    with pytest.raises(Unreachable) as told:
        list(lister().resources(DEPLOYMENTS))
    assert told.value.kind == "unreadable"


def test_a_page_that_leads_to_itself_ends_the_listing(estate: Cluster, lister: Open) -> None:
    estate.faults = [Fault("/deployments", text='{"metadata": {"continue": "at-10"}, "items": []}', left=99)]
    with pytest.raises(Unreachable, match="again and again"):
        list(lister().resources(DEPLOYMENTS))


def test_our_token_follows_no_redirect(estate: Cluster, lister: Open) -> None:
    estate.faults = [Fault("/deployments", 302, headers={"Location": f"{estate.url}/elsewhere"}, left=9)]
    with pytest.raises(Unreachable, match="answered 302"):
        list(lister().resources(DEPLOYMENTS))
    assert estate.count("/elsewhere") == 0


def test_no_token_stands_in_any_message(
    estate: Cluster, lister: Open, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    estate.faults = [Fault("/", 403, f"\x1b[31mBearer {TOKEN} is not allowed", left=99)]
    (gap,) = lister().resources(DEPLOYMENTS)
    assert isinstance(gap, Unseen) and "is not allowed" in gap.reason
    assert TOKEN not in gap.reason + caplog.text and "\x1b" not in gap.reason


def test_refused_credentials_are_denied(estate: Cluster, lister: Open) -> None:
    with pytest.raises(Unreachable, match="credentials are refused") as told:
        list(lister(kubeconfig=estate.kubeconfig("wrong-token-0000")).resources(DEPLOYMENTS))
    assert told.value.kind == "denied" and "wrong-token" not in str(told.value)


@pytest.mark.parametrize(
    "text", [None, "users: [{name: u, user: {token: s3cret-token", "[]", "", "current-context: x"]
)
def test_a_kubeconfig_that_can_not_be_used_is_named_and_never_quoted(
    lister: Open, tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "config"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(Unreachable) as told:
        list(lister(kubeconfig=path).resources(DEPLOYMENTS))
    assert told.value.kind == "denied" and "s3cret" not in str(told.value)


def test_a_context_that_is_not_there_is_named(estate: Cluster, lister: Open) -> None:
    with pytest.raises(Unreachable, match="nowhere"):
        list(lister(context="nowhere").resources(DEPLOYMENTS))
    assert ids(lister(context="here").resources(DEPLOYMENTS)) == ALL


def test_the_environment_names_the_kubeconfig(
    estate: Cluster, lister: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(estate.kubeconfig()))
    assert ids(lister(kubeconfig=None).resources(DEPLOYMENTS)) == ALL


def test_in_a_pod_its_service_account_asks(
    estate: Cluster, lister: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The paths at which a pod finds its account are the client's own constants: they are led elsewhere."""
    (tmp_path / "token").write_text(TOKEN, "utf-8")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(estate.certificate))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", estate.url.rpartition(":")[2])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    assert ids(lister(kubeconfig=None).resources(DEPLOYMENTS)) == ALL


def test_a_server_whose_certificate_nobody_knows_is_not_spoken_to(
    estate: Cluster, lister: Open, tmp_path: Path
) -> None:
    text = estate.kubeconfig().read_text("utf-8")
    config = tmp_path / "config"
    config.write_text(text.replace("certificate-authority", "x-left-out"), "utf-8")
    with pytest.raises(Unreachable, match="connection broke"):
        list(lister(kubeconfig=config, again=0).resources(DEPLOYMENTS))
    assert estate.asked == []


def test_the_probe_tells_what_does_not_answer(estate: Cluster, lister: Open) -> None:
    estate.faults = [Fault("/", 500, left=999)]
    gaps = list(lister(again=0).probe())
    assert [gap.type for gap in gaps if isinstance(gap, Unseen)] == [kind.type for kind in KINDS]
