"""What becomes of a listing of Google Cloud that is denied, throttled, cut off, or answered with nonsense."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from connectors.gcp.inventory.clients import address_of
from recon.errors import Unreachable
from recon.snapshot.listing import Resource, Unit, Unseen
from tests.clouds.gcp import GET_PROJECT, SEARCH, SEARCH_PROJECTS, GoogleCloud
from tests.clouds.gcp_faults import Fault
from tests.connectors.gcp_inventory.conftest import Open
from tests.connectors.gcp_inventory.cut_proxy import CutProxy

Code = grpc.StatusCode


@pytest.fixture
def estate(cloud: GoogleCloud) -> GoogleCloud:
    """Three pages."""
    cloud.add_project("shop-prod", 42)
    for n in range(29):
        cloud.add(f"//s/projects/shop-prod/t/{n}", "s/T", "projects/42", labels={"long": "x" * 4000})
    cloud.page = 10
    return cloud


def ids(lister: object, scope: str = "organizations/1") -> list[str]:
    found = list(lister.resources(Unit(scope, "gcp", "")))  # type: ignore[attr-defined]
    assert all(isinstance(one, Resource) for one in found)
    return [one.id for one in found]


def test_throttling_is_waited_out_and_every_attempt_counted(estate: GoogleCloud, lister: Open) -> None:
    estate.faults = [Fault(SEARCH, Code.RESOURCE_EXHAUSTED, after=1, left=2)]
    one = lister()
    assert len(ids(one)) == 30
    assert one.calls["cloudasset:SearchAllResources"] == estate.called.count(SEARCH) == 5


def test_throttling_without_end_is_given_up_as_throttled(estate: GoogleCloud, lister: Open) -> None:
    estate.faults = [Fault(SEARCH, Code.RESOURCE_EXHAUSTED, "Quota exceeded", left=999)]
    with pytest.raises(Unreachable, match="Quota exceeded") as told:
        ids(lister())
    assert (told.value.kind, told.value.permission) == ("throttled", None)
    assert 2 < estate.called.count(SEARCH) < 60


def test_a_wait_that_the_service_names_is_kept_to(estate: GoogleCloud, lister: Open) -> None:
    """A wait longer than our patience is not sat out: one request, and the reason."""
    estate.faults = [Fault(SEARCH, Code.RESOURCE_EXHAUSTED, left=999, wait=30)]
    with pytest.raises(Unreachable) as told:
        ids(lister())
    assert (told.value.kind, estate.called.count(SEARCH)) == ("throttled", 1)


def test_a_denied_scope_names_its_permission_and_others_go_on(estate: GoogleCloud, lister: Open) -> None:
    one = lister("organizations/1", "organizations/2")
    assert len(list(one.units())) == 2
    estate.faults = [Fault(SEARCH, Code.PERMISSION_DENIED, "The caller does not have permission\x1b[31m")]
    with pytest.raises(Unreachable, match="organizations/2: access denied") as told:
        ids(one, "organizations/2")
    assert (told.value.kind, told.value.permission) == ("denied", "cloudasset.assets.searchAllResources")
    assert "\x1b" not in str(told.value)
    assert estate.called.count(SEARCH) == 1
    assert len(ids(one)) == 30


def test_a_scope_that_is_not_there_is_missing(estate: GoogleCloud, lister: Open) -> None:
    estate.faults = [Fault(SEARCH, Code.NOT_FOUND, "no such folder")]
    with pytest.raises(Unreachable) as told:
        ids(lister())
    assert told.value.kind == "missing"


def test_silence_ends_with_the_timeout_and_is_asked_again(estate: GoogleCloud, lister: Open) -> None:
    estate.faults = [Fault(SEARCH, delay=2.5, after=1)]
    assert len(ids(lister(timeout=1, within=20))) == 30
    assert estate.called.count(SEARCH) == 4


def test_silence_without_end_is_unreachable(estate: GoogleCloud, lister: Open) -> None:
    estate.faults = [Fault(SEARCH, delay=0.3, left=4)]
    with pytest.raises(Unreachable, match="no answer in time") as told:
        ids(lister(timeout=0.05, within=0.1))
    assert told.value.kind == "unreadable"


@pytest.mark.parametrize("code", [Code.UNAVAILABLE, Code.INTERNAL])
def test_what_breaks_once_is_asked_again(estate: GoogleCloud, lister: Open, code: grpc.StatusCode) -> None:
    estate.faults = [Fault(SEARCH, code, after=1)]
    assert len(ids(lister())) == 30


def test_a_page_that_breaks_off_is_asked_again(
    estate: GoogleCloud, lister: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = CutProxy(estate.address)
    proxy.cuts, proxy.after = 1, 50_000  # in the middle of the second page
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDASSET", f"http://{proxy.address}")
    found = ids(lister(within=5))
    proxy.close()
    assert (proxy.made, len(found), len(set(found))) == (1, 30, 30)
    assert estate.called.count(SEARCH) == 4


def test_a_connection_that_always_breaks_is_never_a_short_list(
    estate: GoogleCloud, lister: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = CutProxy(estate.address)
    proxy.cuts, proxy.after = 10_000, 50_000
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDASSET", f"http://{proxy.address}")
    estate.page = 20
    with pytest.raises(Unreachable):
        ids(lister())
    proxy.close()
    assert proxy.made


def test_an_answer_that_is_no_message_is_unreadable(estate: GoogleCloud, lister: Open) -> None:
    estate.faults = [Fault(SEARCH, garbage=True, left=999)]
    with pytest.raises(Unreachable) as told:
        ids(lister())
    assert told.value.kind == "unreadable"


def test_an_expired_page_token_starts_the_search_anew(estate: GoogleCloud, lister: Open) -> None:
    estate.faults = [Fault(SEARCH, Code.INVALID_ARGUMENT, "page token expired", after=2)]
    found = ids(lister())
    assert len(set(found)) == 30
    assert estate.called.count(SEARCH) == 6


def test_a_token_that_is_refused_every_time_is_unreachable(estate: GoogleCloud, lister: Open) -> None:
    estate.faults = [Fault(SEARCH, Code.INVALID_ARGUMENT, "page token expired", after=1) for _ in range(9)]
    with pytest.raises(Unreachable, match="refused 3 times"):
        ids(lister())


def test_a_pattern_that_is_no_type_is_told_at_once(estate: GoogleCloud, lister: Open) -> None:
    estate.faults = [Fault(SEARCH, Code.INVALID_ARGUMENT, "Unknown asset type foo")]
    with pytest.raises(Unreachable, match="Unknown asset type foo"):
        ids(lister(types=("foo",)))
    assert estate.called.count(SEARCH) == 1


def test_a_page_that_leads_to_itself_ends_the_search(
    estate: GoogleCloud, lister: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GoogleCloud, "_page", lambda self, rows, request, size, context: (rows[:1], "at:1"))
    with pytest.raises(Unreachable, match="again and again"):
        ids(lister())


def test_without_resource_manager_the_search_tells_the_projects(estate: GoogleCloud, lister: Open) -> None:
    estate.add("//run.googleapis.com/projects/42/x", "run.googleapis.com/Job", "projects/42")
    estate.faults = [Fault(SEARCH_PROJECTS, Code.PERMISSION_DENIED, "API has not been used", left=9)]
    one = lister()
    (unit,) = one.units()
    assert isinstance(unit, Unit)
    assert {r.account for r in one.resources(unit)} == {"shop-prod"}


def test_a_project_that_can_not_be_read_is_told_by_its_own_search(estate: GoogleCloud, lister: Open) -> None:
    one = lister("projects/other-one")
    (unit,) = one.units()
    assert isinstance(unit, Unit) and unit.account == "other-one"
    assert estate.called == [GET_PROJECT]
    estate.faults = [Fault(SEARCH, Code.PERMISSION_DENIED)]
    with pytest.raises(Unreachable):
        ids(one, unit.key)


def test_the_probe_tells_what_answers_and_what_does_not(estate: GoogleCloud, lister: Open) -> None:
    estate.faults = [
        Fault(SEARCH_PROJECTS, Code.PERMISSION_DENIED, "API has not been used"),
        Fault(SEARCH, Code.PERMISSION_DENIED, after=1),
    ]
    manager, first, second = lister("organizations/1", "projects/other-one").probe()
    assert isinstance(manager, Unseen) and manager.permission == "resourcemanager.projects.get"
    assert isinstance(first, Unit) and first.key == "organizations/1"
    assert isinstance(second, Unseen)
    assert (second.account, second.kind) == ("other-one", "denied")
    assert second.permission == "cloudasset.assets.searchAllResources"


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ("http://127.0.0.1:8080/", True),
        ("http://localhost:8080", True),
        ("http://[::1]:8080", True),
        ("https://127.0.0.1:8080", False),
        ("http://127.0.0.1.example.com:80", False),
        ("http://10.0.0.1:80", False),
        ("cloudasset.googleapis.com", False),
    ],
)
def test_only_this_machine_is_spoken_to_without_tls(address: str, bare: bool) -> None:
    assert address_of(address)[1] is bare


def test_without_credentials_the_gap_says_so(
    estate: GoogleCloud, lister: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDASSET", f"https://{estate.address}")
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(Unreachable, match="no credentials") as told:
        ids(lister())
    assert told.value.kind == "denied"
    assert estate.called.count(SEARCH) == 0
