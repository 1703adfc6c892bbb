"""Is a plan a function of what went in: the same bytes from another folder, and the same actions once all is rolled back?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from recon.fix.plan_file import read_plan, sha_of
from tests.clouds.fix_bill import WRONG, configure, lay
from tests.clouds.fixing import NOW, Bench, open_clouds
from tests.clouds.waits import Waits

RUN_ID = re.compile(rb"\d{8}T\d{6}Z-[0-9a-f]{6}")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with open_clouds(tmp_path_factory.mktemp("clouds"), Waits()) as clouds:
        yield Bench(tmp_path_factory.mktemp("first"), clouds, 6)


def planned(bench: Bench, now: str = NOW) -> bytes:
    """The text of a plan of a fresh night. A run's own id is drawn by lot."""
    bench.go("run", now=now)
    bench.go("fix", "plan", "--to", str(bench.plan), now=now)
    return RUN_ID.sub(b"RUN", bench.plan.read_bytes())


def test_the_same_input_in_two_folders_gives_the_same_bytes(opened: Bench, tmp_path: Path) -> None:
    first, second = opened, Bench(tmp_path / "second", opened.clouds, 6)
    second.folder.mkdir()
    for each in (first, second):
        lay(each)
        configure(each)
    text = planned(first)
    assert text == planned(second)
    assert text.count(b"PAYMENTS") >= WRONG
    once = sha_of(first.plan)
    first.go("fix", "plan", "--to", str(first.plan))
    assert sha_of(first.plan) == once, "and of one store with one --now the same to the byte"


def test_what_was_applied_and_rolled_back_is_proposed_again_as_it_was(opened: Bench, tmp_path: Path) -> None:
    bench = Bench(tmp_path, opened.clouds, 6)
    lay(bench)
    configure(bench)
    planned(bench)
    before, first = bench.tags(), read_plan(bench.plan).plan.actions
    assert len(first) == WRONG
    bench.go("fix", "approve", str(bench.plan), by="bea")
    assert set(bench.apply().values()) == {"applied"}
    assert set(bench.roll_back().values()) == {"applied"}
    assert bench.tags() == before
    planned(bench, "2026-11-04T06:00:00Z")
    again = read_plan(bench.plan).plan.actions
    assert [(a.id, a.target, a.changes) for a in again] == [(a.id, a.target, a.changes) for a in first]
