"""Is plan, apply, rollback the identity, whatever others do in between?"""

from __future__ import annotations

import tempfile
from copy import deepcopy
from pathlib import Path

import pytest
from acting import PLAN, Engine, action, names
from cloud import Cloud, Killed
from hypothesis import given
from hypothesis import strategies as st

from recon.fix.planned import Action

KEYS = ("cost-center", "environment", "team")
VALUES = ("payments", "search", "prod", "")
TAGS = st.dictionaries(st.sampled_from([*KEYS, "Name", "owner"]), st.sampled_from(VALUES), max_size=5)
ESTATES = st.dictionaries(st.sampled_from("abcdefg"), TAGS, min_size=1)


def plan_of(estate: dict[str, dict[str, str]], wanted: list[tuple[str, str, str]]) -> list[Action]:
    """Actions that set keys to values; one per resource and key, none that changes nothing."""
    found: dict[tuple[str, str], Action] = {}
    for resource, key, after in wanted:
        if resource in estate and estate[resource].get(key) != after:
            found[resource, key] = action(resource, estate[resource].get(key), after, key)
    return list(found.values())


WANTED = st.lists(
    st.tuples(st.sampled_from("abcdefg"), st.sampled_from(KEYS), st.sampled_from(VALUES)), max_size=12
)


@given(ESTATES, WANTED, st.integers(1, 4))
def test_applying_and_rolling_back_leaves_the_estate_as_it_was(
    estate: dict[str, dict[str, str]], wanted: list[tuple[str, str, str]], size: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(deepcopy(estate), size=size)
        one = Engine(Path(folder), cloud, plan_of(estate, wanted))
        assert set(names(one.apply()).values()) <= {"applied"}
        after = deepcopy(estate)
        for each in one.actions:
            after[each.target.resource_id][each.key] = str(each.changes[0].after)
        assert cloud.tags == after
        one.roll_back()
        assert cloud.tags == estate


@given(ESTATES, WANTED, st.integers(0, 6), st.booleans(), st.integers(1, 3))
def test_a_kill_anywhere_loses_nothing_and_repeats_nothing(
    estate: dict[str, dict[str, str]], wanted: list[tuple[str, str, str]], at: int, after: bool, size: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(deepcopy(estate), size=size)
        one = Engine(Path(folder), cloud, plan_of(estate, wanted))
        calls = 0

        def count() -> None:
            nonlocal calls
            calls += 1
            cloud.kill_before_write = calls == at + 1 and not after
            cloud.kill_after_write = calls == at + 1 and after

        cloud.between = count
        try:
            one.apply()
        except Killed:
            cloud.between, cloud.kill_before_write, cloud.kill_after_write = (lambda: None), False, False
            outcomes = one.apply()
            assert {o.outcome for o in outcomes} <= {"applied", "already", "interrupted"}
        cloud.between = lambda: None
        sent = [(resource, key) for resource, put, _ in cloud.writes for key in put]
        assert len(sent) == len(set(sent))
        for effect in one.history.of_plan(PLAN).values():
            value = cloud.tags[effect.action.target.resource_id].get(effect.action.key)
            assert (value == effect.action.changes[0].after) == (effect.state == "applied")
        one.roll_back()
        assert cloud.tags == estate


def test_a_value_that_was_changed_since_is_not_rolled_back(tmp_path: Path) -> None:
    one = Engine(tmp_path, Cloud({"a": {}, "b": {}}), [action("a"), action("b")])
    one.apply()
    one.cloud.tags["a"]["cost-center"] = "search"
    assert names(one.roll_back()) == {"b": "applied", "a": "changed"}
    assert one.cloud.tags == {"a": {"cost-center": "search"}, "b": {}}


def test_a_rollback_that_was_killed_goes_on(tmp_path: Path) -> None:
    one = Engine(tmp_path, Cloud({"a": {}, "b": {}, "c": {}}, size=1), [action(own) for own in "abc"])
    one.apply()
    writes = 0

    def stop_at_the_second() -> None:
        nonlocal writes
        writes += 1
        one.cloud.kill_after_write = writes == 2

    one.cloud.between = stop_at_the_second
    with pytest.raises(Killed):
        one.roll_back()
    one.roll_back()
    assert one.cloud.tags == {"a": {}, "b": {}, "c": {}}
    assert {e.undo for e in one.history.of_plan(PLAN).values()} == {"applied"}


def test_what_was_rolled_back_or_set_back_is_not_written_again_under_the_same_plan(tmp_path: Path) -> None:
    one = Engine(tmp_path, Cloud({"a": {}, "b": {}}), [action("a"), action("b")])
    one.apply()
    one.roll_back()
    assert names(one.apply()) == {"a": "skipped", "b": "skipped"}
    assert one.cloud.tags == {"a": {}, "b": {}}
    assert {n for n, _, _ in one.cloud.writes} == {"a", "b"}
    assert len(one.cloud.writes) == 4


def test_a_rollback_that_was_cut_off_before_its_write_can_be_tried_again(tmp_path: Path) -> None:
    one = Engine(tmp_path, Cloud({"a": {}}), [action("a")])
    one.apply()
    one.cloud.kill_before_write = True
    with pytest.raises(Killed):
        one.roll_back()
    one.cloud.kill_before_write = False
    one.roll_back()
    one.roll_back()
    assert one.cloud.tags == {"a": {}}
