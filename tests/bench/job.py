"""What does the whole job cost on a FOCUS month, beside the bare scan and a pandas script?"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.folders import BASE, written_estate
from tests.bench.measure import Case, in_turn, row, say, stage, table

CASES = ("scan", "ingest", "whole", "again", "pandas")
_NEW_STORE = ("ingest", "whole")


def job(lines: int) -> None:
    """A row per kind of tags and case."""
    say(f"The job: a FOCUS month as Parquet, {lines:,} lines, 200,000 resources.")
    table("lines", "tags", "case", "wall s", "CPU s", "peak MB", "lines/s", "× scan (CPU)")
    for tags in ("map", "json"):
        with TemporaryDirectory(dir=BASE) as made:
            folder = Path(made)
            written_estate(folder, lines, tags)
            empty = partial(shutil.rmtree, folder / "var", ignore_errors=True)
            cases = {
                c: Case(stage(c, folder), empty) if c in _NEW_STORE else Case(stage(c, folder)) for c in CASES
            }
            found = in_turn(cases, runs=1)
            for case, figures in found.items():
                row(
                    *(
                        f"{lines:,}",
                        tags,
                        f"{case}{figures.failed}",
                        f"{figures.wall:.2f}",
                        f"{figures.cpu:.2f}",
                    ),
                    *(figures.peak, f"{lines / figures.wall:,.0f}", f"{figures.cpu / found['scan'].cpu:.1f}"),
                )
