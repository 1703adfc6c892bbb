"""What do allocation rules cost, beside a plain group-by of the same charges, and how does it grow?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.folders import BASE
from tests.bench.measure import Case, in_turn, row, say, table

CASES = ("group", "start", "post")
_COMMAND = (sys.executable, "-m", "tests.bench.rules_case")


def rules(charges: int) -> None:
    """A row per number of rules and of charges: 100 and 1,000 rules, a quarter of `charges` and all of them; and
    of charges of which hardly two are alike."""
    say(
        "Rules: posting one judged book. `start` loads rules and libraries and opens the store; `group` is DuckDB's "
        "group-by of the same charges by account; the ratio is of CPU, `post` without `start`."
    )
    table(
        *(
            "rules",
            "charges",
            "to rules",
            "post wall s",
            "start wall s",
            "post CPU s",
            "start CPU s",
            "peak MB",
        ),
        *("group wall s", "group CPU s", "group peak MB", "× group (CPU)"),
    )
    for number in (100, 1_000):
        for count in (charges // 4, charges):
            _row(number, count, "alike")
    _row(1_000, charges, "apart")


def _row(number: int, count: int, charges: str) -> None:
    with TemporaryDirectory(dir=BASE) as made:
        folder = Path(made)
        command = [*_COMMAND, "make", str(folder), str(number), str(count), charges]
        subprocess.run(command, check=True)
        cases = {name: Case([*_COMMAND, name, str(folder)], partial(_copy, folder)) for name in CASES}
        found = in_turn(cases, runs=1)
    post, start, group = found["post"], found["start"], found["group"]
    row(
        *(f"{number:,}{post.failed}{start.failed}{group.failed}", f"{count:,}", charges),
        *(f"{post.wall:.2f}", f"{start.wall:.2f}", f"{post.cpu:.2f}", f"{start.cpu:.2f}", post.peak),
        *(f"{group.wall:.2f}", f"{group.cpu:.2f}", group.peak),
        f"{(post.cpu - start.cpu) / group.cpu:.1f}",
    )


def _copy(folder: Path) -> None:
    shutil.copyfile(folder / "store.duckdb", folder / "work.duckdb")
