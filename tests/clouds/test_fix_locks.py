"""Can only one at a time apply, and only what was approved, as it was approved, here, and not too late?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recon.fix.document import write_plan
from recon.fix.history import Approval
from recon.fix.planned import Header, Plan
from recon.fix.proof import prove
from tests.clouds.fix_kills import KILLED, Victims, open_bench, words
from tests.clouds.fixing import NOW, Bench, action, resource, said

LATER = "2026-11-04T06:00:00Z"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Victims]]:
    """With a store that a night has made."""
    with open_bench(tmp_path_factory.mktemp("clouds")) as (bench, victims):
        bench.lay()
        bench.configure()
        bench.go("run")
        yield bench, victims


@pytest.fixture
def bench(opened: tuple[Bench, Victims], tmp_path: Path) -> Bench:
    one = Bench(tmp_path, opened[0].clouds)
    shutil.copytree(opened[0].folder / "var", tmp_path / "var")
    one.lay()
    one.configure(fix={"caps": {"share": 1}})
    return one


@pytest.fixture
def victims(opened: tuple[Bench, Victims]) -> Victims:
    opened[1].at = (0, "")
    return opened[1]


def plan(bench: Bench, approve: bool = True, until: str = "2026-11-03T12:00:00Z") -> None:
    write_plan(
        bench.plan, Plan(Header("ana", "run-1", NOW, "c0ffee", "1"), [action("aws", 0), action("azure", 0)])
    )
    if approve:
        bench.go("fix", "approve", str(bench.plan), "--until", until, by="bea")


def refused(bench: Bench, config: Path | None = None, now: str = NOW) -> str:
    """Why applying is refused; nothing was written, nor asked of a cloud."""
    bench.clouds.aws.seen.clear()
    got = said(config or bench.config, "fix", "apply", str(bench.plan), "--write", code=2, now=now)
    assert bench.written().total() == 0
    assert bench.clouds.aws.seen == []
    return str(got["text"])


def test_of_two_that_apply_at_once_one_is_told_to_wait(bench: Bench, victims: Victims) -> None:
    plan(bench)
    second: list[dict[str, Any]] = []

    def meanwhile(_: object) -> None:
        second.append(said(bench.config, "fix", "apply", str(bench.plan), "--write", code=None))

    bench.clouds.aws.before["resourcegroupstaggingapi:TagResources"] = meanwhile
    assert victims.run(*words(bench, "apply")) == 0
    assert [each["exit"] for each in second] == [5]
    assert "another tagrecon applies fixes now" in second[0]["text"]
    assert {e.state for e in bench.history.effects.values()} == {"applied"}
    assert bench.written() == {"aws": 1, "azure": 1, "gcp": 0}
    assert set(bench.apply().values()) == {"already"}, "the lock went with its process"


def test_a_rollback_waits_for_an_apply_as_well(bench: Bench, victims: Victims) -> None:
    plan(bench)
    second: list[int] = []

    def meanwhile(_: object) -> None:
        second.append(said(bench.config, "fix", "rollback", str(bench.plan), "--write", code=None)["exit"])

    bench.clouds.azure.between.clear()
    bench.clouds.aws.after["resourcegroupstaggingapi:TagResources"] = meanwhile
    assert victims.run(*words(bench, "apply")) == 0
    assert second == [5]
    bench.clouds.aws.after.clear()
    bench.roll_back()


def test_applying_goes_on_beside_a_nightly_run(bench: Bench, victims: Victims) -> None:
    plan(bench)
    beside: list[dict[str, Any]] = []

    def meanwhile(_: object) -> None:
        if not beside:
            beside.append({})
            beside[0] |= said(bench.config, "fix", "apply", str(bench.plan), "--write", code=None)

    bench.clouds.aws.before["resourcegroupstaggingapi:GetResources"] = meanwhile
    assert victims.run("run", "--config", str(bench.config), "--now", LATER, "--quiet") == 0
    assert beside[0]["exit"] == 0
    assert {each["outcome"] for each in beside[0]["outcomes"]} == {"applied"}
    assert {found for found, _ in bench.verify().values()} == {"verified"}
    bench.go("run", now="2026-11-05T06:00:00Z")
    back = bench.go("fix", "rollback", str(bench.plan), "--write", now="2026-11-05T07:00:00Z")
    assert {row["outcome"] for row in back["outcomes"]} == {"applied"}


def test_an_approval_that_has_ended_lets_nothing_be_applied(bench: Bench) -> None:
    plan(bench, until="2026-11-03T12:00:00Z")
    assert "ended at 2026-11-03T12:00:00Z" in refused(bench, now="2026-11-03T12:00:01Z")
    assert set(outcomes_at(bench, "2026-11-03T12:00:00Z").values()) == {"applied"}


def outcomes_at(bench: Bench, now: str) -> dict[str, str]:
    got = said(bench.config, "fix", "apply", str(bench.plan), "--write", now=now)
    return {row["resource"]: row["outcome"] for row in got["outcomes"]}


def test_an_approval_that_was_taken_back_lets_nothing_be_applied(bench: Bench) -> None:
    plan(bench)
    bench.go("fix", "approve", str(bench.plan), "--revoke", by="bea")
    assert "was revoked by bea" in refused(bench)


def test_any_edit_voids_an_approval(bench: Bench) -> None:
    plan(bench)
    text = bench.plan.read_text()
    for edited in (
        f"{text}# a comment\n",
        text.replace('"payments"', '"search"'),
        text.replace("\n", "\r\n"),
    ):
        assert edited != text
        bench.plan.write_text(edited, newline="")
        assert "not approved" in refused(bench)
    bench.plan.write_text(text, newline="")
    assert bench.apply() == {resource("aws", 0): "applied", resource("azure", 0): "applied"}


def test_a_plan_that_was_approved_beside_another_store_is_not_approved_here(
    bench: Bench, tmp_path: Path
) -> None:
    plan(bench)
    other = tmp_path / "other"
    other.mkdir()
    elsewhere = Bench(other, bench.clouds)
    elsewhere.configure()
    shutil.copy(bench.plan, elsewhere.plan)
    assert "not approved" in refused(elsewhere)
    assert "not approved" in refused(bench, elsewhere.config)


@pytest.mark.parametrize("edge", ["before", "torn", "written", "done"])
def test_killed_while_approving_the_log_holds_and_says_the_truth(
    bench: Bench, victims: Victims, edge: str
) -> None:
    plan(bench, approve=False)
    bench.go("fix", "plan", "--edited", str(bench.plan))
    given = ("--by", "bea", "--config", str(bench.config), "--now", NOW, "--quiet")
    assert victims.run("fix", "approve", str(bench.plan), *given, edge=f"1:{edge}") == KILLED
    approvals: list[Approval] = [*bench.history.approvals.values()]
    assert len(approvals) == (edge in ("written", "done"))
    if not approvals:
        assert "not approved" in refused(bench)
        bench.go("fix", "approve", str(bench.plan), by="bea")
    assert set(bench.apply().values()) == {"applied"}
    assert prove(bench.desk.log).problems == ()
    assert bench.go("fix", "audit", "--verify")["holds"] is True
    mended = [event.what for event in bench.events].count("log.mended")
    assert mended == (edge == "torn")
