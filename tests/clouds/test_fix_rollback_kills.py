"""Is everything taken back at most once, and in the end, wherever a rollback is killed?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recon.fix.proof import prove
from tests.clouds.fix_kills import CLOUDS, KILLED, Victims, again, check, lay, open_bench, words
from tests.clouds.fixing import Bench


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Victims]]:
    with open_bench(tmp_path_factory.mktemp("clouds")) as both:
        yield both


@pytest.fixture
def bench(opened: tuple[Bench, Victims], tmp_path: Path) -> Bench:
    return Bench(tmp_path, opened[0].clouds)


@pytest.fixture
def victims(opened: tuple[Bench, Victims]) -> Victims:
    return opened[1]


@pytest.mark.parametrize("provider", CLOUDS)
@pytest.mark.parametrize("edge", ["torn", "done", "before", "after"])
def test_killed_anywhere_in_a_rollback(bench: Bench, victims: Victims, provider: str, edge: str) -> None:
    n = 0
    while True:
        n += 1
        lay(bench, victims, provider)
        before = bench.tags()
        assert victims.run(*words(bench, "apply")) == 0
        by_cloud = edge in ("before", "after")
        victims.at = (n, edge) if by_cloud else (0, "")
        if victims.run(*words(bench, "rollback"), edge="" if by_cloud else f"{n}:{edge}") != KILLED:
            break
        victims.at = (0, "")
        again(bench, "rollback", provider)
        check(bench, provider, before, undo=True)
        bench.roll_back()  # what was cut off is taken back now
        assert bench.tags() == before
        assert prove(bench.desk.log).holds
    assert n > 3
