"""Is no key of anybody else ever touched, whoever writes in between, and is a change refused that somebody else came before?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clouds.between import Between
from tests.clouds.fixing import RAW, Bench, action, open_clouds, resource
from tests.clouds.waits import Waits

CLOUDS = ("aws", "azure", "gcp")
READS = {
    "aws": "resourcegroupstaggingapi:GetResources",
    "azure": "GET /subscriptions",
    "gcp": "GET /compute",
}
WRITES = {
    "aws": "resourcegroupstaggingapi:TagResources",
    "azure": "PATCH /subscriptions",
    "gcp": "POST /compute",
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Bench]]:
    waits = Waits()
    folder = tmp_path_factory.mktemp("clouds")
    with open_clouds(folder, waits) as clouds:
        yield folder, Bench(folder, clouds)


@pytest.fixture
def bench(opened: tuple[Path, Bench], tmp_path: Path) -> Bench:
    one = Bench(tmp_path, opened[1].clouds)
    one.lay()
    one.configure()
    return one


def at(bench: Bench, provider: str, call: str, run: Callable[[], object], when: str = "before") -> None:
    """`run`, once, right before or after the next such call takes effect."""
    if provider == "aws":
        hooks = bench.clouds.aws.before if when == "before" else bench.clouds.aws.after

        def once(_: object) -> None:
            hooks.pop(call)
            run()

        hooks[call] = once
    elif provider == "azure":
        bench.clouds.azure.between.append(Between(call, run, when))  # type: ignore[arg-type]
    else:
        bench.clouds.gcp.rest.between.append(Between(call, run, when))  # type: ignore[arg-type]


def other_keys(bench: Bench, provider: str) -> None:
    """Another writer changes, adds and removes keys that are none of ours."""
    bench.retag(provider, 0, {"added": "x", "team": "other"}, ("gone",))


@pytest.mark.parametrize("provider", CLOUDS)
@pytest.mark.parametrize("moment", ["after the plan", "before the re-read", "after the write"])
def test_other_keys_of_other_writers_stay(bench: Bench, provider: str, moment: str) -> None:
    bench.retag(provider, 0, {"gone": "soon"})
    bench.write_plan([action(provider, 0), action(provider, 1)])
    if moment == "after the plan":
        other_keys(bench, provider)
    elif moment == "before the re-read":
        at(bench, provider, READS[provider], lambda: other_keys(bench, provider))
    else:
        at(bench, provider, WRITES[provider], lambda: other_keys(bench, provider), "after")
    assert set(bench.apply().values()) == {"applied"}
    assert bench.tags_of(provider, 0) == {"added": "x", "team": "other", RAW[provider]: "payments"}
    assert {found for found, _ in bench.verify().values()} == {"verified"}


@pytest.mark.parametrize("provider", ["aws", "azure"])
def test_other_keys_changed_in_the_window_stay_where_the_cloud_can_not_refuse(
    bench: Bench, provider: str
) -> None:
    bench.retag(provider, 0, {"gone": "soon"})
    bench.write_plan([action(provider, 0)])
    at(bench, provider, WRITES[provider], lambda: other_keys(bench, provider))
    assert bench.apply() == {resource(provider, 0): "applied"}
    assert bench.tags_of(provider, 0) == {"added": "x", "team": "other", RAW[provider]: "payments"}


@pytest.mark.parametrize(
    "put, drop",
    [({"added": "x"}, ()), ({}, ("team",)), ({"team": "other"}, ()), ({"cost_center": "data"}, ())],
)
def test_google_refuses_any_change_up_to_the_write(
    bench: Bench, put: dict[str, str], drop: tuple[str, ...]
) -> None:
    bench.write_plan([action("gcp", 0), action("gcp", 1)])
    at(bench, "gcp", WRITES["gcp"], lambda: bench.retag("gcp", 0, put, drop))
    assert bench.apply(3) == {resource("gcp", 0): "changed", resource("gcp", 1): "applied"}
    before = {"team": "vm-0"} | put
    assert bench.tags_of("gcp", 0) == {k: v for k, v in before.items() if k not in drop}


@pytest.mark.parametrize("provider", CLOUDS)
@pytest.mark.parametrize("moment", ["after the plan", "before the re-read"])
@pytest.mark.parametrize("before", [None, "search"])
def test_a_foreign_change_of_the_key_before_the_re_read_is_refused(
    bench: Bench, provider: str, moment: str, before: str | None
) -> None:
    """The key is added, or changed, by somebody else; what else the plan holds is done."""
    key = RAW[provider]
    if before is not None:
        bench.retag(provider, 0, {key: before})
    bench.write_plan([action(provider, 0, before=before), action(provider, 1)])
    change = lambda: bench.retag(provider, 0, {key: "data"})  # noqa: E731
    if moment == "after the plan":
        change()
    else:
        at(bench, provider, READS[provider], change)
    assert bench.apply(3) == {resource(provider, 0): "changed", resource(provider, 1): "applied"}
    assert bench.tags_of(provider, 0)[key] == "data"


@pytest.mark.parametrize("provider", CLOUDS)
def test_a_key_that_somebody_took_away_before_the_re_read_is_not_set(bench: Bench, provider: str) -> None:
    bench.retag(provider, 0, {RAW[provider]: "search"})
    bench.write_plan([action(provider, 0, before="search")])
    at(bench, provider, READS[provider], lambda: bench.retag(provider, 0, drop=(RAW[provider],)))
    assert bench.apply(3) == {resource(provider, 0): "changed"}
    assert RAW[provider] not in bench.tags_of(provider, 0)
    assert bench.written()[provider] == 0


@pytest.mark.parametrize("provider", CLOUDS)
def test_an_overwrite_right_after_the_write_is_found_without_any_log(bench: Bench, provider: str) -> None:
    bench.write_plan([action(provider, 0), action(provider, 1)])
    overwrite = lambda: bench.retag(provider, 0, {RAW[provider]: "data"})  # noqa: E731
    at(bench, provider, WRITES[provider], overwrite, "after")
    assert bench.apply()[resource(provider, 0)] == "applied"
    found = bench.verify(3)
    assert found[resource(provider, 0)][0] == "raced"
    assert found[resource(provider, 1)][0] == "verified"
    assert bench.effect(provider, 0).state == "raced"
    assert bench.tags_of(provider, 0)[RAW[provider]] == "data"


@pytest.mark.parametrize("provider", CLOUDS)
def test_rolling_back_leaves_alone_what_somebody_changed_since(bench: Bench, provider: str) -> None:
    bench.write_plan([action(provider, 0), action(provider, 1)])
    bench.apply()
    before_undo = lambda: bench.retag(provider, 0, {RAW[provider]: "data", "added": "x"})  # noqa: E731
    at(bench, provider, READS[provider], before_undo)
    # undone from the last to the first: the first re-read may be of either
    assert bench.roll_back(3) == {resource(provider, 0): "changed", resource(provider, 1): "applied"}
    assert bench.tags_of(provider, 0)[RAW[provider]] == "data"
    assert RAW[provider] not in bench.tags_of(provider, 1)
