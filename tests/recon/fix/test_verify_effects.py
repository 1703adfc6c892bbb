"""Is it found out whether a change stands, was set back, or met the change of somebody else?"""

from __future__ import annotations

from pathlib import Path

from acting import NOW, PLAN, Engine, action
from cloud import Cloud

from recon.fix.history import Effect
from recon.fix.verify import Found, as_news, look


def applied(tmp_path: Path, *resources: str) -> Engine:
    one = Engine(tmp_path, Cloud({own: {} for own in resources}), [action(own) for own in resources])
    one.apply()
    return one


def verify(one: Engine, foreign: dict[str, list[str]] | None = None) -> dict[str, Found]:
    effects = list(one.history.of_plan(PLAN).values())
    found = look(
        effects,
        {"aws": one.cloud},
        lambda text: text,
        lambda e: (foreign or {}).get(e.action.target.resource_id, []),
    )
    one.log.append(as_news(found, "ana"), NOW)
    return {f.effect.action.target.resource_id: f for f in found}


def effect(one: Engine, resource: str) -> Effect:
    return next(e for e in one.history.effects.values() if e.action.target.resource_id == resource)


def test_what_still_says_what_was_written_is_verified(tmp_path: Path) -> None:
    one = applied(tmp_path, "a")
    assert verify(one)["a"].found == "verified"
    assert (effect(one, "a").state, effect(one, "a").stands) == ("verified", True)


def test_what_does_not_say_it_at_the_first_look_met_somebody_else(tmp_path: Path) -> None:
    one = applied(tmp_path, "a", "b")
    one.cloud.tags["a"]["cost-center"] = "search"
    one.cloud.tags["b"] = {}
    assert {r: f.found for r, f in verify(one).items()} == {"a": "raced", "b": "raced"}


def test_what_held_once_and_is_back_was_reverted(tmp_path: Path) -> None:
    one = applied(tmp_path, "a", "b", "c")
    verify(one)
    one.cloud.tags["a"] = {}
    one.cloud.tags["b"]["cost-center"] = "search"
    del one.cloud.tags["c"]
    assert {r: f.found for r, f in verify(one).items()} == {"a": "reverted", "b": "overwritten", "c": "gone"}
    assert not effect(one, "a").stands


def test_a_foreign_change_in_the_window_is_raced_though_ours_stands(tmp_path: Path) -> None:
    one = applied(tmp_path, "a")
    found = verify(one, {"a": ["carl\n\x1b[31m"]})["a"]
    assert found.found == "raced"
    assert found.reason.startswith("carl")
    assert found.reason.isprintable()
    assert one.cloud.tags["a"] == {"cost-center": "payments"}


def test_what_can_not_be_read_now_stays_as_it_was(tmp_path: Path) -> None:
    one = applied(tmp_path, "a")
    [found] = look(list(one.history.effects.values()), {}, lambda text: text, lambda e: [])
    assert found.found == "unknown"
    assert as_news([found], "ana") == []
