"""What does the demonstration say, cut down to what a first reader wants to see?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.docs.papers import ROOT
from tests.docs.shell import SKIPPED, plain

BEGIN, END = "<!-- demo: begin -->\n", "<!-- demo: end -->"


def demonstration(folder: Path) -> str:
    """What `tagrecon demo` says on stdout where nobody watches; it writes below `folder`."""
    command = [sys.executable, "-m", "recon", "demo", "--output", str(folder / "demo")]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def excerpt(said: str) -> str:
    """The sentence of the first currency, the newest closing, the owner key's coverage, the first two sums."""
    return "\n".join(_cut(plain(said).splitlines())) + "\n"


def with_demo(readme: str, shown: str) -> str:
    """README with the excerpt in its place."""
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    assert begin and end, "README.md has lost the place of the demonstration's output"
    return f"{head}{begin}```text\n{shown}```\n{end}{tail}"


def shown_demo(readme: str) -> str:
    """The excerpt that README shows."""
    return readme.partition(BEGIN)[2].partition(END)[0].removeprefix("```text\n").removesuffix("```\n")


def _cut(kept: list[str]) -> Iterator[str]:
    sentence = next(i for i, line in enumerate(kept) if "books close" in line)
    yield from kept[: sentence + 1]
    yield SKIPPED
    yield from _table(kept, "Closing, BilledCost", " 2026-10 ")
    yield SKIPPED
    yield from _table(kept, "Label coverage", " cost-center ")
    yield SKIPPED
    first = next(i for i, line in enumerate(kept) if line.startswith("Misattributed"))
    last = next(i for i, line in enumerate(kept) if line.startswith("Misallocated"))
    yield from kept[first : last + 1]


def _table(lines: list[str], title: str, row: str) -> Iterator[str]:
    """A table's title, its head, and the rows that begin with `row`."""
    at = next(i for i, line in enumerate(lines) if line.startswith(title))
    yield from (line for line in lines[at : at + 4] if line)
    for line in lines[at + 4 :]:
        if not line:
            return
        if line.startswith(row):
            yield line
