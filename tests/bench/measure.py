"""What does a command cost as a whole process: wall, CPU, peak memory?

Commands that are compared run in turn, A B A B …, and the median of each figure counts: a machine's speed drifts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

RUNS = int(os.environ.get("BENCH_RUNS", "3"))


@dataclass(frozen=True)
class Figures:
    """Wall and CPU seconds, peak memory in MB, and whether every run ended with exit code 0."""

    wall: float
    cpu: float
    peak: int
    ended_well: bool = True

    @property
    def failed(self) -> str:
        return "" if self.ended_well else " (failed)"


@dataclass(frozen=True)
class Case:
    """A command, and what must be done before each run of it."""

    command: Sequence[str]
    before: Callable[[], None] = lambda: None
    seconds: float = 600


def stage(name: str, folder: Path) -> list[str]:
    """The command of one of `cases.py`."""
    return [sys.executable, "-m", "tests.bench.cases", name, str(folder)]


def measure(case: Case) -> Figures:
    """One run. A command that takes longer than its seconds is ended, and counts as failed."""
    case.before()
    started = time.monotonic()
    process = subprocess.Popen(case.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() - started > case.seconds:
            process.kill()
            _, status, usage = os.wait4(process.pid, 0)
            break
        time.sleep(0.005)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - started
    return Figures(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, process.returncode == 0)


def in_turn(cases: Mapping[str, Case], runs: int = RUNS) -> dict[str, Figures]:
    """The medians of `runs` rounds after one that warms the file cache."""
    rounds = [{name: measure(case) for name, case in cases.items()} for _ in range(runs + 1)][1:]
    return {name: _middle([found[name] for found in rounds]) for name in cases}


def _middle(figures: Sequence[Figures]) -> Figures:
    return Figures(
        median(f.wall for f in figures),
        median(f.cpu for f in figures),
        int(median(f.peak for f in figures)),
        all(f.ended_well for f in figures),
    )


def table(*columns: str) -> None:
    """The head of a table of figures."""
    row(*columns)
    row(*("---" for _ in columns))


def row(*cells: object) -> None:
    sys.stdout.write(f"| {' | '.join(str(cell) for cell in cells)} |\n")
    sys.stdout.flush()


def say(text: str) -> None:
    sys.stdout.write(f"\n{text}\n\n")
    sys.stdout.flush()
