"""Do decisions act at once, and does the next run do the same with them?"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from recon.config import load_config
from recon.errors import InputError, InputErrors
from recon.fix.proof import prove
from recon.review.queue import Item
from recon.run import run
from recon.run.fixing.desk import Desk
from recon.run.fixing.planning import Narrow, make_plan
from recon.run.fixing.reviewing import Wanted, export, queue_of, take_answers

NOW = datetime(2026, 11, 3, 6, tzinfo=UTC)
Answers = dict[str, dict[str, str]]


@pytest.fixture
def desk(estate_copy: Path) -> Desk:
    return Desk(load_config(estate_copy / "tagrecon.yaml"), NOW, lambda: NOW)


@pytest.fixture
def fill_in(desk: Desk, tmp_path: Path) -> Callable[..., tuple[int, int]]:
    """Export the queue, fill in answers by action, take them."""

    def done(
        answers: Answers, by: str = "ana", kind: str = "csv", of: Desk | None = None, **more: Any
    ) -> tuple[int, int]:
        to = tmp_path / f"{by}.{kind}"
        export(of or desk, to, queue_of(of or desk, Wanted(adjudicate=more.get("adjudicate", False))))
        filled(to, answers)
        return take_answers(of or desk, to, by, **more)

    return done


def filled(path: Path, answers: Answers) -> None:
    if path.suffix == ".yaml":
        said = yaml.safe_load(path.read_text("utf-8"))
        for each in said["items"]:
            each.update(answers.get(each["action"], {}))
        path.write_text(yaml.safe_dump(said), "utf-8")
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows({**each, **answers.get(each["action"], {})} for each in rows)


def plan_of(desk: Desk, folder: Path) -> dict[str, Any]:
    """The plan of now: its actions, and what is held back, by id."""
    make_plan(desk, folder / "plan.yaml", "ana", Narrow())
    said: dict[str, Any] = yaml.safe_load((folder / "plan.yaml").read_text("utf-8"))
    return {
        name: {each["id"]: each for each in said[name]} for name in ("actions", "held_back", "code_changes")
    }


def four(desk: Desk) -> list[Item]:
    """Suggestions of one value, where the resource says none, or none that is valid."""
    lacks = ("untagged", "unknown-resource", "invalid")
    found = [
        each
        for each in queue_of(desk).waiting
        if each.key == "cost-center" and len(each.values) == 1 and each.verdict in lacks
    ]
    assert len(found) >= 4
    return found[:4]


def test_decisions_change_the_plan_at_once_and_the_next_run_s_alike(
    desk: Desk, fill_in: Callable[..., tuple[int, int]], tmp_path: Path
) -> None:
    yes, no, other, later = four(desk)
    value = next(v for v in ("payments", "search") if v != other.value)
    taken = fill_in(
        {
            yes.id: {"decision": "accept"}, no.id: {"decision": "reject"}, other.id: {"decision": "correct", "value": value},
            later.id: {"decision": "defer", "until": "2026-12-01", "comment": "ask the owner"},
        }
    )  # fmt: skip
    assert taken == (4, 0)
    plan = plan_of(desk, tmp_path)
    assert {c["after"] for c in plan["actions"][yes.id]["changes"]} == {yes.value}
    assert plan["actions"][yes.id]["signals"][0] == "reviewed"
    assert {c["after"] for c in plan["actions"][other.id]["changes"]} == {value}
    assert no.id not in {*plan["actions"], *plan["held_back"], *plan["code_changes"]}
    assert plan["held_back"][later.id]["why"] == "Put off until 2026-12-01 by ana."
    assert {yes.id, no.id, other.id, later.id}.isdisjoint(each.id for each in queue_of(desk).waiting)
    run(desk.cfg, NOW)
    again = plan_of(desk, tmp_path)
    # other suggestions may have become surer or less sure: decisions are ground truth for their signals
    assert [again["actions"][each.id] for each in (yes, other)] == [
        plan["actions"][each.id] for each in (yes, other)
    ]
    assert again["held_back"][later.id] == plan["held_back"][later.id]
    assert no.id not in {*again["actions"], *again["held_back"], *again["code_changes"]}
    with duckdb.connect(str(desk.cfg.store), read_only=True) as con:
        told = con.execute(
            "SELECT action_id, reviewer, decision, value, until FROM reviews ORDER BY event_no"
        ).fetchall()
        shown = con.execute(
            "SELECT value, state FROM suggestions WHERE signal = 'reviewed' ORDER BY 1"
        ).fetchall()
    assert {(own, who, kind) for own, who, kind, _, _ in told} == {
        (yes.id, "ana", "accept"), (no.id, "ana", "reject"), (other.id, "ana", "correct"), (later.id, "ana", "defer"),
    }  # fmt: skip
    assert shown == sorted([(yes.value, "leading"), (value, "leading")])


def test_a_deferred_suggestion_is_back_on_its_day(
    desk: Desk, fill_in: Callable[..., tuple[int, int]]
) -> None:
    first = four(desk)[0]
    fill_in({first.id: {"decision": "defer", "until": "2026-11-05"}})
    for days, back in ((1, False), (2, True)):
        later = replace(desk, now=NOW + timedelta(days=days))
        assert (first.id in {each.id for each in queue_of(later).waiting}) is back


def test_taking_a_file_twice_changes_nothing_also_after_a_run(
    desk: Desk, fill_in: Callable[..., tuple[int, int]], tmp_path: Path
) -> None:
    yes, no, *_ = four(desk)
    assert fill_in({yes.id: {"decision": "accept"}, no.id: {"decision": "reject"}}) == (2, 0)
    before = desk.log.path.read_bytes()
    assert take_answers(desk, tmp_path / "ana.csv", "ana") == (0, 2)
    assert desk.log.path.read_bytes() == before
    run(desk.cfg, NOW)
    assert take_answers(desk, tmp_path / "ana.csv", "ana") == (0, 2)


def test_who_rejected_can_still_accept(
    desk: Desk, fill_in: Callable[..., tuple[int, int]], tmp_path: Path
) -> None:
    no = four(desk)[0]
    fill_in({no.id: {"decision": "reject", "comment": "surely not"}})
    run(desk.cfg, NOW)
    filled(tmp_path / "ana.csv", {no.id: {"decision": "accept", "comment": "it is"}})
    assert take_answers(desk, tmp_path / "ana.csv", "ana") == (1, 0)
    assert no.id in plan_of(desk, tmp_path)["actions"]


@pytest.mark.parametrize("kind", ["csv", "yaml"])
def test_one_wrong_line_and_none_is_taken(
    desk: Desk, fill_in: Callable[..., tuple[int, int]], tmp_path: Path, kind: str
) -> None:
    first, second, third, _ = four(desk)
    answers = {
        first.id: {"decision": "accept"}, second.id: {"decision": "maybe"}, third.id: {"decision": "accept", "suggested": "x"}
    }  # fmt: skip
    with pytest.raises(InputErrors) as refused:
        fill_in(answers, kind=kind)
    said = str(refused.value).splitlines()
    assert len(said) == 2
    assert any('unknown decision "maybe"' in each for each in said)
    assert any("the suggestion has changed since the export" in each for each in said)
    assert not desk.log.path.exists()


def test_two_reviewers_where_the_registry_asks_for_two(
    desk: Desk, fill_in: Callable[..., tuple[int, int]], tmp_path: Path
) -> None:
    path = desk.cfg.registry
    text = path.read_text("utf-8")
    assert "  cost-center:\n" in text
    path.write_text(
        text.replace("  cost-center:\n", "  cost-center:\n    fixes: {reviewers: 2}\n", 1), "utf-8"
    )
    desk = Desk(desk.cfg, NOW, lambda: NOW)
    same, other, *_ = four(desk)
    fill_in({same.id: {"decision": "accept"}, other.id: {"decision": "accept"}}, by="ana", of=desk)
    plan = plan_of(desk, tmp_path)
    assert "other one's word is awaited" in plan["held_back"][same.id]["why"]
    assert same.id not in plan["actions"]
    assert {same.id, other.id} <= {each.id for each in queue_of(desk, Wanted("ben")).waiting}
    assert {same.id, other.id}.isdisjoint(each.id for each in queue_of(desk, Wanted("ana")).waiting)
    fill_in({same.id: {"decision": "accept"}, other.id: {"decision": "reject"}}, by="ben", of=desk)
    plan = plan_of(desk, tmp_path)
    assert same.id in plan["actions"]
    assert "third person" in plan["held_back"][other.id]["why"]
    assert [each.id for each in queue_of(desk, Wanted("cy", adjudicate=True)).waiting] == [other.id]
    fill_in({other.id: {"decision": "accept"}}, by="cy", of=desk, adjudicate=True)
    assert "between two reviewers" in plan_of(desk, tmp_path)["actions"][other.id]["why"]


def test_only_who_has_the_role_decides(desk: Desk, fill_in: Callable[..., tuple[int, int]]) -> None:
    roles = desk.cfg.fix.roles.model_copy(update={"review": ("ben",)})
    strict = replace(
        desk, cfg=desk.cfg.model_copy(update={"fix": desk.cfg.fix.model_copy(update={"roles": roles})})
    )
    with pytest.raises(InputError, match=r"ana may not review: fix.roles.review names ben"):
        fill_in({four(desk)[0].id: {"decision": "accept"}}, of=strict)


def test_sensitive_values_stand_as_marks_in_log_export_and_plan(
    desk: Desk, fill_in: Callable[..., tuple[int, int]], tmp_path: Path
) -> None:
    path = desk.cfg.registry
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("  cost-center:\n", "  cost-center:\n    sensitivity: personal\n", 1), "utf-8"
    )
    run(desk.cfg, NOW)
    desk = Desk(desk.cfg, NOW, lambda: NOW)
    own = next(each for each in queue_of(desk).waiting if each.key == "cost-center" and each.value)
    assert (own.value or "").startswith("‹masked:")
    taken = "storefront" if desk.masker.raw(own.value or "") != "storefront" else "mobile"
    fill_in({own.id: {"decision": "correct", "value": taken}}, of=desk)
    [event] = [each for each in desk.events() if each.what == "review"]
    mark = event.detail["value"]
    assert mark.startswith("‹masked:")
    assert taken not in json.dumps(event.detail["suggested"])
    assert Desk(desk.cfg, NOW, lambda: NOW).masker.raw(mark) == taken
    plan = plan_of(Desk(desk.cfg, NOW, lambda: NOW), tmp_path)
    assert mark in {c["after"] for c in plan["actions"][own.id]["changes"]}
    assert prove(desk.log).holds
