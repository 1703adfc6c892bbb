"""Do we name the same live resources as a tag policy of Cloud Custodian, on the same account?

Both ask one moto over their real SDKs, in a network namespace that has only loopback: moto is no AWS, and what agrees
here agrees about the same answers of the same services.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from tests.custodian import namespace
from tests.custodian.estate import STATES
from tests.custodian.inside import main as inside
from tests.custodian.judged import coverage_by_count, live
from tests.custodian.kinds import HOME, KEY, KINDS, STRAY
from tests.custodian.namespace import beside, both, missing

DAY = dt.date(2026, 11, 3)
# Valid where a registry folds case, as it does unless told otherwise; Custodian compares letter by letter.
SPELLED = {"spelled-key", "spelled-value"}
Live = dict[str, dict[str, bool]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if why := missing():
        pytest.skip(why)
    return both(tmp_path_factory.mktemp("custodian"))


@pytest.fixture(scope="module")
def ours(said: dict[str, Any]) -> Live:
    return live(Path(said["store"]), Path(said["registry"]), KEY, DAY)


def of_kind(said: dict[str, Any], kind: str, *states: str) -> set[str]:
    """What was made of a kind in one of these states."""
    prefix, _, word = kind.partition(":")
    return {
        arn
        for arn, state in said["planted"].items()
        if state in states and arn.split(":")[2] == prefix and (prefix != "ec2" or f":{word}/" in arn)
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.ours)
def test_both_name_the_same_resources(said: dict[str, Any], ours: Live, kind: Any) -> None:
    wrong = {arn for arn, valid in ours[kind.ours].items() if not valid}
    assert wrong == set(said["theirs"][kind.theirs])
    assert wrong >= of_kind(said, kind.ours, *(set(STATES) - {"valid"})), "planted, and named by neither"
    assert len(of_kind(said, kind.ours, *(set(STATES) - {"valid"}))) >= len(STATES) - 1
    right = set(ours[kind.ours]) - wrong
    assert right == of_kind(said, kind.ours, "valid"), "neither names what is right, and we did see it"


def test_coverage_by_count_is_the_share_of_the_same_resources(said: dict[str, Any], ours: Live) -> None:
    valid = [good for found in ours.values() for good in found.values()]
    share, basis = coverage_by_count(Path(said["store"]), KEY)
    assert basis == "inventory"
    assert share == pytest.approx(sum(valid) / len(valid))
    assert 0 < sum(valid) < len(valid)


def test_they_differ_in_spellings_alone_where_the_registry_folds_case(
    said: dict[str, Any], ours: Live, tmp_path: Path
) -> None:
    folding = tmp_path / "registry.yaml"
    folding.write_text(Path(said["registry"]).read_text("utf-8").replace("case: exact, ", ""), "utf-8")
    folded = live(Path(said["store"]), folding, KEY, DAY)
    for kind in KINDS:
        more = {arn for arn, valid in folded[kind.ours].items() if valid} - {
            arn for arn, valid in ours[kind.ours].items() if valid
        }
        assert more == of_kind(said, kind.ours, *SPELLED), kind.ours
        assert more <= set(said["theirs"][kind.theirs])


def test_custodian_asks_queues_past_the_endpoint_that_it_is_told(said: dict[str, Any], ours: Live) -> None:
    """Why this must not run beside a network. Where this fails a newer Custodian may be told: take STRAY into KINDS."""
    assert said["interfaces"] == ["lo"]
    assert said["broke"] == [STRAY.policy]
    assert said["reached"] == [f"https://sqs.{HOME}.amazonaws.com/"]
    assert set(ours[STRAY.ours]) == of_kind(said, STRAY.ours, *STATES)


def test_the_requests_of_both_are_counted_and_ours_only_read(said: dict[str, Any], ours: Live) -> None:
    listed = {
        "custodian": sum(len(ours[kind.ours]) for kind in KINDS),
        "tagrecon": sum(len(found) for found in ours.values()),
    }
    print(beside(said, listed))
    for who in listed:
        assert {"ec2:DescribeInstances", "rds:DescribeDBInstances", "iam:ListRoles"} <= set(
            said["requests"][who]
        )
    operations = {call.partition(":")[2] for call in said["requests"]["tagrecon"]}
    assert [each for each in operations if not each.startswith(("Describe", "Get", "List"))] == []


def test_it_refuses_to_start_where_there_is_more_than_loopback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("socket.if_nameindex", lambda: [(1, "lo"), (2, "eth0")])
    with pytest.raises(SystemExit, match="nothing but loopback"):
        inside(Path("custodian"), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("installed", "path", "why"),
    [(False, "", "not installed"), (True, "nowhere", "no unshare and no ip")],
    ids=["not installed", "no programs"],
)
def test_where_it_can_not_be_had_the_reason_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: bool, path: str, why: str
) -> None:
    if installed:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "custodian").touch()
    monkeypatch.setattr(namespace, "ENVIRONMENT", tmp_path)
    monkeypatch.setenv("PATH", path)
    assert why in missing.__wrapped__()
