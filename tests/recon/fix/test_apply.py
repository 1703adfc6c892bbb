"""Does applying change just what was approved, refuse what has changed, and say of each action what became of it?"""

from __future__ import annotations

from pathlib import Path

import pytest
from acting import PLAN, Engine, action, names
from cloud import Cloud, Killed

from recon.fix.order import GOOD
from recon.fix.writing import Failed


def engine(tmp_path: Path, tags: dict[str, dict[str, str]], **more: object) -> Engine:
    cloud = Cloud({own: dict(each) for own, each in tags.items()}, **more)  # type: ignore[arg-type]
    return Engine(tmp_path, cloud, [action(own) for own in tags])


def test_an_action_sets_its_key_and_leaves_every_other_alone(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {"team": "x"}, "b": {}, "c": {"Name": "c"}})
    assert names(one.apply()) == {"a": "applied", "b": "applied", "c": "applied"}
    assert one.cloud.tags == {
        "a": {"team": "x", "cost-center": "payments"},
        "b": {"cost-center": "payments"},
        "c": {"Name": "c", "cost-center": "payments"},
    }


def test_a_dry_run_reads_and_neither_writes_nor_logs(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {}, "b": {"cost-center": "search"}})
    assert names(one.apply(write=False)) == {"a": "would-apply", "b": "changed"}
    assert not one.cloud.writes
    assert one.cloud.reads > 0
    assert not one.log.path.exists()


def test_what_somebody_changed_since_the_plan_is_refused_alone(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {"cost-center": "search"}, "b": {}})
    assert names(one.apply()) == {"a": "changed", "b": "applied"}
    assert one.cloud.tags["a"] == {"cost-center": "search"}


def test_what_says_so_already_is_not_written_again(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {"cost-center": "payments"}})
    assert names(one.apply()) == {"a": "already"}
    assert not one.cloud.writes


def test_one_failure_loses_none_of_the_others(tmp_path: Path) -> None:
    denied = Failed("denied", "access denied", "ec2:CreateTags")
    one = engine(tmp_path, {"a": {}, "b": {}, "c": {}}, fails={"a": denied, "b": Failed("gone", "gone")})
    outcomes = one.apply()
    assert names(outcomes) == {"a": "denied", "b": "gone", "c": "applied"}
    assert outcomes[0].permission == "ec2:CreateTags"


def test_a_second_apply_sends_nothing_that_was_done(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {}, "b": {}})
    one.apply()
    before = list(one.cloud.writes)
    assert names(one.apply()) == {"a": "already", "b": "already"}
    assert one.cloud.writes == before


def test_what_was_denied_can_be_tried_again_under_the_same_approval(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {}}, fails={"a": Failed("denied", "access denied", "x")})
    one.apply()
    one.cloud.fails.clear()
    assert names(one.apply()) == {"a": "applied"}


def test_a_kill_before_the_write_is_recorded_as_it_is_and_not_sent_again(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {}, "b": {}, "c": {}}, kill_before_write=True)
    with pytest.raises(Killed):
        one.apply()
    one.cloud.kill_before_write = False
    assert names(one.apply()) == {"a": "interrupted", "b": "interrupted", "c": "applied"}
    assert [resource for resource, _, _ in one.cloud.writes] == ["c"]


def test_a_kill_after_the_write_finds_what_was_written(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {}, "b": {}, "c": {}}, kill_after_write=True)
    with pytest.raises(Killed):
        one.apply()
    one.cloud.kill_after_write = False
    assert names(one.apply()) == {"a": "applied", "b": "applied", "c": "applied"}
    assert [resource for resource, _, _ in one.cloud.writes] == ["a", "b", "c"]
    assert {e.state for e in one.history.of_plan(PLAN).values()} == {"applied"}


def test_an_answer_that_was_lost_is_found_out_by_reading(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {}, "b": {}}, lost={"a"})
    assert names(one.apply()) == {"a": "applied", "b": "applied"}
    two = Engine(
        tmp_path / "two", Cloud({"a": {}}, fails={"a": Failed("unreachable", "no connection")}), [action("a")]
    )
    assert names(two.apply()) == {"a": "interrupted"}


def test_too_many_failures_stop_the_rest(tmp_path: Path) -> None:
    tags: dict[str, dict[str, str]] = {f"r{n:02}": {} for n in range(30)}
    denied = Failed("denied", "access denied")
    one = engine(tmp_path, tags, fails={f"r{n:02}": denied for n in range(6)})
    outcomes = one.apply()
    assert [o.outcome for o in outcomes].count("skipped") == 20
    assert len(one.cloud.writes) == 4


def test_the_first_few_are_looked_at_before_the_rest(tmp_path: Path) -> None:
    tags: dict[str, dict[str, str]] = {f"r{n}": {} for n in range(6)}
    one = engine(tmp_path, tags, fails={"r0": Failed("rejected", "no such value")})
    assert [o.outcome for o in one.apply(canary=2)] == ["rejected", "applied", *["skipped"] * 4]
    reverting = engine(tmp_path / "two", tags)
    reverting.cloud.between = lambda: reverting.cloud.tags["r0"].pop("cost-center", None)  # type: ignore[assignment]
    original = reverting.cloud.read

    def read_after_a_policy(targets):  # type: ignore[no-untyped-def]
        if reverting.cloud.writes:
            reverting.cloud.tags["r0"].pop("cost-center", None)
        return original(targets)

    reverting.cloud.read = read_after_a_policy  # type: ignore[method-assign]
    assert [o.outcome for o in reverting.apply(canary=2)][2:] == ["skipped"] * 4


def test_a_frozen_provider_is_left_alone_and_says_why(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {}})
    [outcome] = one.apply(frozen={"aws": "a freeze holds: end of year"})
    assert (outcome.outcome, outcome.reason) == ("skipped", "a freeze holds: end of year")
    assert not one.cloud.writes
    assert one.cloud.reads == 0


def test_a_mark_whose_value_is_not_known_is_never_written(tmp_path: Path) -> None:
    mark = "‹masked:0123456789ab›"
    one = Engine(tmp_path, Cloud({"a": {}}), [action("a", after=mark)])
    assert names(one.apply()) == {"a": "rejected"}
    known = Engine(tmp_path / "two", Cloud({"a": {}}), [action("a", after=mark)], {mark: "ana@example.com"})
    assert names(known.apply()) == {"a": "applied"}
    assert known.cloud.tags["a"] == {"cost-center": "ana@example.com"}
    assert "ana@example.com" not in known.log.path.read_text()


def test_a_stale_fingerprint_refuses_up_to_the_write(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {}}, fenced=True)
    one.cloud.between = lambda: one.cloud.tags["a"].update(other="x")
    assert names(one.apply()) == {"a": "changed"}
    assert one.cloud.tags["a"] == {"other": "x"}


def test_a_resource_that_can_carry_no_more_tags_is_not_written(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {f"k{n}": "v" for n in range(50)}})
    [outcome] = one.apply()
    assert outcome.outcome == "over-limit"
    assert "50" in outcome.reason
    assert not one.cloud.writes


def test_a_cloud_that_is_not_set_up_is_said_so(tmp_path: Path) -> None:
    one = Engine(tmp_path, Cloud({"a": {}}), [action("a", provider="oci")])
    [outcome] = one.apply()
    assert outcome.outcome == "unsupported"
    assert "fix.oci" in outcome.reason


def test_good_outcomes_are_those_that_leave_nothing_to_do() -> None:
    assert {"applied", "already", "would-apply", "verified", "kept"} == GOOD


def test_what_is_throttled_is_read_again_before_it_is_written_again(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {}, "b": {}, "c": {}}, throttled={"a": 3})
    assert names(one.apply()) == {"a": "applied", "b": "applied", "c": "applied"}
    assert one.cloud.reads == 5
    two = engine(tmp_path / "two", {"a": {}, "b": {}}, throttled={"a": 3})
    tried = 0

    def somebody() -> None:
        nonlocal tried
        tried += 1
        if tried == 3:
            two.cloud.tags["a"]["cost-center"] = "search"

    two.cloud.between = somebody
    assert names(two.apply()) == {"a": "changed", "b": "applied"}
    assert two.cloud.tags["a"] == {"cost-center": "search"}


def test_throttling_without_end_is_given_up_and_can_be_tried_again(tmp_path: Path) -> None:
    one = engine(tmp_path, {"a": {}, "b": {}}, throttled={"a": 99})
    assert names(one.apply()) == {"a": "throttled", "b": "applied"}
    one.cloud.throttled.clear()
    assert names(one.apply()) == {"a": "applied", "b": "already"}
