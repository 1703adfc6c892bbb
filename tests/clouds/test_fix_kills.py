"""Does every change take effect at most once, and does the log say what is true, wherever applying is killed?

A tagrecon in a process of its own is killed with SIGKILL: by the cloud at its n-th request, before and after that takes effect, and
at the n-th writing to its log. No time is waited for. Then the same command, once more, must end well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_by_the_cloud_at_every_request_of_an_apply(
    bench: Bench, victims: Victims, provider: str, when: str
) -> None:
    n = 0
    while True:
        n += 1
        lay(bench, victims, provider)
        before = bench.tags()
        victims.at = (n, when)
        if victims.run(*words(bench, "apply")) != KILLED:
            break
        victims.at = (0, "")
        again(bench, "apply", provider)
        check(bench, provider, before, undo=False)
    assert n > 3, "at least a re-read and a write of each kind"


@pytest.mark.parametrize("provider", CLOUDS)
@pytest.mark.parametrize("edge", ["before", "torn", "written", "done"])
def test_killed_at_every_line_of_the_log_of_an_apply(
    bench: Bench, victims: Victims, provider: str, edge: str
) -> None:
    n, interrupted = 0, 0
    while True:
        n += 1
        lay(bench, victims, provider)
        before = bench.tags()
        if victims.run(*words(bench, "apply"), edge=f"{n}:{edge}") != KILLED:
            break
        again(bench, "apply", provider)
        check(bench, provider, before, undo=False)
        interrupted += any(e.state == "interrupted" for e in bench.history.effects.values())
    assert n > 3, "begin, send and outcome at least"
    # between the line on the disk and the request a change is cut off, and then not sent again
    assert (interrupted > 0) or edge in ("before", "torn")
    assert interrupted == 0 or edge != "before"
