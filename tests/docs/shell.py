"""What does a command of a page answer? Run as a shell would, in a folder of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docs.papers import ROOT

NOW = "2026-11-03T06:00:00Z"
SKIPPED = "…"


@dataclass(frozen=True)
class Step:
    """A command, and the lines that its page shows of what it says; `…` stands for any number of lines."""

    command: str
    shown: tuple[str, ...]


def steps(console: str) -> Iterator[Step]:
    """The commands of a console block, each with the lines shown below it."""
    for part in f"\n{console.rstrip()}".split("\n$ ")[1:]:
        command, *shown = part.splitlines()
        yield Step(command, tuple(shown))


def tell(
    command: str, folder: Path, now: str = NOW, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `tagrecon …` in a folder, with the clock of the sample estate, or `now`, and `more` of the environment; both
    streams in `stdout`."""
    name, *arguments = shlex.split(command)
    assert name == "tagrecon", f"only tagrecon's own commands are run here: {command}"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TAGRECON_")}
    environment |= {"TAGRECON_NOW": now, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **(more or {})}
    return subprocess.run(
        [sys.executable, "-m", "recon", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )


def missing(shown: tuple[str, ...], said: str) -> str | None:
    """The first shown line that is not said after the ones before it; None where all are."""
    lines = iter(plain(said).splitlines())
    for line in plain("\n".join(shown)).splitlines():
        if line != SKIPPED and not any(line == each for each in lines):
            return line
    return None


def plain(text: str) -> str:
    """Text as a page can hold it: no blanks at the ends of lines, spaces that break."""
    return "\n".join(
        line.rstrip() for line in text.replace("\u00a0", " ").replace("\u202f", " ").splitlines()
    )
