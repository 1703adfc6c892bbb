"""What does the nightly run fix by itself? Just what a standing approval covers, once, and nothing without one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from recon.cli.app import app
from recon.fix.log import News
from recon.fix.order import Order, detail_of
from recon.fix.proof import prove
from recon.run.fixing.nightly import apply_standing
from recon.run.fixing.settling import settle_alone
from tests.clouds.fix_bill import FOLDS, WRONG, configure, lay
from tests.clouds.fixing import AT, Bench, action, open_clouds, resource, said
from tests.clouds.waits import Waits

NIGHTS = [f"2026-11-{day:02}T06:00:00Z" for day in range(3, 12)]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("clouds")
    with open_clouds(folder, Waits()) as clouds:
        one = Bench(folder, clouds, 6)
        lay(one)
        configure(one)
        one.go("run", now="2026-11-02T06:00:00Z")
        yield one


@pytest.fixture
def bench(opened: Bench, tmp_path: Path) -> Bench:
    """The morning after the first night, on which nothing may be fixed yet."""
    one = Bench(tmp_path, opened.clouds, 6)
    for part in ("var", "exports"):
        shutil.copytree(opened.folder / part, tmp_path / part)
    lay(one)
    configure(one)
    return one


def sign(bench: Bench, *more: str, until: str = "2026-11-20T00:00:00Z", verdict: str = "variant") -> str:
    words = ("--standing", "--verdict", verdict, "--key", "cost-center", "--until", until)
    return str(bench.go("fix", "approve", *words, *more, now=NIGHTS[0], by="bea")["standing"])


def night(bench: Bench, at: int, code: int = 0) -> None:
    assert said(bench.config, "run", code=None, now=NIGHTS[at])["exit"] == code


def folded(bench: Bench) -> list[int]:
    """The databases that say the right value now."""
    values = [bench.tags_of("aws", n)["cost-center"] for n in range(WRONG)]
    assert set(values) <= {FOLDS, "payments"}
    return [n for n, value in enumerate(values) if value == "payments"]


def test_without_a_standing_approval_a_night_only_plans(bench: Bench) -> None:
    night(bench, 0)
    assert folded(bench) == []
    assert bench.events == []
    bench.go("fix", "plan", "--to", str(bench.plan), now=NIGHTS[0])
    assert bench.plan.read_text().count("PAYMENTS") >= WRONG


def test_a_night_applies_what_is_covered_within_the_caps_the_dearest_first(bench: Bench) -> None:
    sign(bench, "--most", "3", "--most-money", "USD=75")  # 40 + 30, and 20 would be too much; 10 still is not
    night(bench, 0)
    assert folded(bench) == [2, 3]
    assert {e.by for e in bench.history.effects.values()} == {"tagrecon run"}
    assert prove(bench.desk.log).holds


def test_what_is_not_covered_or_no_longer_is_left(bench: Bench) -> None:
    """Another account, cloud, resource or verdict; one that has ended by then, and one that was taken back."""
    for more in (("--account", "333333333333"), ("--provider", "gcp"), ("--resource", "*db-9")):
        sign(bench, *more)
    sign(bench, verdict="untagged")
    sign(bench, until="2026-11-03T18:00:00Z")
    own = sign(bench, "--comment", "to be taken back")
    bench.go("fix", "approve", own, "--revoke", now=NIGHTS[0], by="bea")
    night(bench, 1)
    assert folded(bench) == []
    assert bench.history.effects == {}


def test_nothing_in_a_freeze_and_the_night_says_so(bench: Bench) -> None:
    configure(bench, freeze=[{"from": "2026-11-03", "until": "2026-11-03", "reason": "month end"}])
    sign(bench)
    night(bench, 0, code=3)
    assert folded(bench) == []
    night(bench, 1)
    assert folded(bench) == [0, 1, 2, 3]


def test_nothing_of_what_is_protected(bench: Bench) -> None:
    configure(bench, protected={"resources": ["*:db-0"], "keys": []})
    sign(bench)
    night(bench, 0)
    assert folded(bench) == [1, 2, 3]
    configure(bench, protected={"keys": ["cost-center"]})
    bench.retag("aws", 1, {"cost-center": FOLDS})
    night(bench, 1)
    assert folded(bench) == [2, 3]


def test_a_night_that_could_not_write_ends_with_3(bench: Bench) -> None:
    sign(bench)
    assert bench.clouds.aws.estate is not None
    bench.clouds.aws.estate.writes.failing[resource("aws", 1)] = [(403, "AccessDeniedException", "no")] * 50
    night(bench, 0, code=3)
    assert folded(bench) == [0, 2, 3]
    assert bench.effect("aws", 1).state == "denied"
    bench.clouds.aws.estate.writes.failing.clear()
    night(bench, 1)
    assert folded(bench) == [0, 1, 2, 3]


def test_what_something_sets_back_is_not_set_again_and_its_owner_is_told(bench: Bench) -> None:
    sign(bench)
    night(bench, 0)
    bench.retag("aws", 2, {"cost-center": FOLDS})
    written = bench.written()["aws"]
    night(bench, 1)
    night(bench, 2)
    assert bench.written()["aws"] == written
    assert folded(bench) == [0, 1, 3]
    with duckdb.connect(str(bench.desk.paths.published), read_only=True) as con:
        asked = "SELECT resource_id, key, owner FROM base.finding WHERE check_id = 'fix-reverted' AND status = 'open'"
        assert con.execute(asked).fetchall() == [(resource("aws", 2), "cost-center", "payments")]


def test_a_nights_plan_can_be_verified_and_rolled_back_like_any_other(bench: Bench) -> None:
    before = bench.tags()
    sign(bench)
    night(bench, 0)
    [plan] = (bench.folder / "var").glob("**/*.yaml")
    assert {row["found"] for row in bench.go("fix", "verify", str(plan))["verified"]} == {"verified"}
    bench.go("fix", "rollback", str(plan), "--write")
    assert bench.tags() == before


def cut_off(bench: Bench, *numbers: int) -> None:
    """A night that was killed between the calls and their outcomes."""
    order = Order("f" * 64, "tagrecon run", "standing-of-then", write=True)
    sent = [action("aws", n, before=FOLDS) for n in numbers]
    bench.desk.log.append(
        [News(order.by, "send", a.target.resource_id, detail_of(order, a)) for a in sent], AT
    )


def states(bench: Bench, plan: str) -> dict[str, str]:
    return {e.action.target.resource_id: e.state for e in bench.history.of_plan(plan).values()}


def test_a_night_that_was_killed_is_never_settled(bench: Bench) -> None:
    bench.retag("aws", 0, {"cost-center": "payments"})  # that call went through, the other did not
    cut_off(bench, 0, 1)
    sign(bench)
    night(bench, 0)
    assert states(bench, "f" * 64) == {resource("aws", 0): "applied", resource("aws", 1): "interrupted"}
    assert folded(bench) == [0, 1, 2, 3]
    assert prove(bench.desk.log).holds
    said_before = len(bench.events)
    settle_alone(bench.desk, "ana")
    assert len(bench.events) == said_before, "once is enough"


def test_another_plan_that_is_applied_settles_what_was_cut_off(bench: Bench) -> None:
    cut_off(bench, 1)
    bench.write_plan([action("gcp", 0)])
    assert bench.apply() == {resource("gcp", 0): "applied"}
    assert states(bench, "f" * 64) == {resource("aws", 1): "interrupted"}


def test_what_was_cut_off_and_can_not_be_read_stays_unclear(bench: Bench) -> None:
    configure(bench, aws=None)
    cut_off(bench, 1)
    assert settle_alone(bench.desk, "ana")[0].outcome == "sent"
    assert states(bench, "f" * 64) == {resource("aws", 1): "sent"}


def test_a_standing_approval_is_used_after_its_signer_lost_the_role(bench: Bench) -> None:
    own = sign(bench)
    configure(bench, roles={"approve": ["carl"]})
    told: list[str] = []
    night(bench, 0)
    assert folded(bench) == []
    desk = bench.desk
    desk.tell = told.append
    assert apply_standing(desk) == []
    assert told[0] == (
        f"standing approval {own} was not used: bea, who signed it, may not approve any more (fix.roles.approve)"
    )
    configure(bench, roles={"approve": ["bea"]})
    night(bench, 1)
    assert folded(bench) == [0, 1, 2, 3]


def test_a_run_as_json_is_silent_about_what_it_applied(bench: Bench) -> None:
    sign(bench)
    words = ["run", "--config", str(bench.config), "--now", NIGHTS[0], "--json"]
    got = CliRunner().invoke(app, words)
    assert "tagrecon: under standing approvals: 4 applied; tagrecon fix audit --json tells each" in got.stderr
    assert json.loads(got.stdout) == json.loads((bench.folder / "out/latest/summary.json").read_text("utf-8"))


def test_status_shows_the_plan_of_a_night_as_not_approved(bench: Bench) -> None:
    own = sign(bench, "--most-money", "USD=99.50")
    night(bench, 0)
    answer = bench.go("fix", "status")
    [plan] = answer["plans"]
    assert plan["approval"] == {
        "by": "bea", "until": "2026-11-20T00:00:00Z", "state": "holds", "standing": own,
    }  # fmt: skip
    got = CliRunner().invoke(app, ["fix", "status", "--config", str(bench.config), "--now", NIGHTS[1]])
    flat = "".join(got.stdout.split())
    assert "not approved" not in got.stdout
    assert f"standing:{own}" in flat
    assert "USD99.50" in flat
