"""What does it cost to read a bill of each format, from file to charges in a new store?

Beside the bare scan of the same columns by DuckDB, and for packed text beside its bare unpacking.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import converter
from tests.bench.bills import BILLS
from tests.bench.folders import BASE, written
from tests.bench.measure import Case, in_turn, row, say, stage, table


def formats(lines: int) -> None:
    """A row per format."""
    say(f"Reading: file → charges in a new store, {lines:,} lines of each format.")
    table(
        "format",
        "MB",
        "wall s",
        "CPU s",
        "peak MB",
        "lines/s",
        "× scan (CPU)",
        "× scan (wall)",
        "× gunzip (wall)",
        "× gunzip (CPU)",
    )
    for name in BILLS:
        with TemporaryDirectory(dir=BASE) as folder:
            _format(Path(folder), name, lines)


def _format(folder: Path, name: str, lines: int) -> None:
    path = written(folder, name, lines)
    cases = {"scan": Case(stage("scan", folder)), "ingest": _ingest(folder)}
    if path.suffix == ".gz" and shutil.which("gzip"):
        cases["gunzip"] = Case(["gzip", "-dc", str(path)])
    found = in_turn(cases)
    ingest, scan, gunzip = found["ingest"], found["scan"], found.get("gunzip")
    row(
        f"{BILLS[name].title}{ingest.failed}{scan.failed and ' (its scan failed)'}",
        f"{path.stat().st_size / 1e6:.0f}",
        f"{ingest.wall:.2f}",
        f"{ingest.cpu:.2f}",
        ingest.peak,
        f"{lines / ingest.wall:,.0f}",
        f"{ingest.cpu / scan.cpu:.1f}",
        f"{ingest.wall / scan.wall:.1f}",
        *((f"{ingest.wall / gunzip.wall:.1f}", f"{ingest.cpu / gunzip.cpu:.1f}") if gunzip else ("", "")),
    )


def beside_converter(lines: int) -> None:
    """The same CUR CSV through the FinOps Foundation's converter, where that installs."""
    say(
        f"Beside the FinOps Foundation's focus-converter {converter.VERSION}: AWS CUR as CSV, {lines:,} lines."
    )
    python = converter.installed()
    if python is None:
        say("SKIPPED: focus-converter could not be installed here.")
        return
    with TemporaryDirectory(dir=BASE) as made:
        folder = Path(made)
        packed = written(folder, "cur-csv-gz", lines, unpacked=True)
        plain, out = folder / "bill.csv", folder / "converted"
        theirs = Case(converter.command(python, plain, out), partial(shutil.rmtree, out, ignore_errors=True))
        found = in_turn({"ours": _ingest(folder), "theirs": theirs})
        table("program", "reads", "writes", "wall s", "CPU s", "peak MB", "lines/s")
        what = {
            "ours": ("tagrecon ingest", packed.name, "charges, exact"),
            "theirs": ("focus-converter", plain.name, "FOCUS lines, costs as doubles"),
        }
        for name, figures in found.items():
            program, reads, writes = what[name]
            row(
                *(f"{program}{figures.failed}", reads, writes, f"{figures.wall:.2f}", f"{figures.cpu:.2f}"),
                *(figures.peak, f"{lines / figures.wall:,.0f}"),
            )


def growth(lines: int) -> None:
    """How time and memory grow from `lines` to three times as many."""
    say(f"Growth: AWS CUR as Parquet, {lines:,} → {3 * lines:,} lines.")
    table("lines", "wall s", "CPU s", "peak MB", "lines/s", "× scan (CPU)")
    for count in (lines, 3 * lines):
        with TemporaryDirectory(dir=BASE) as folder:
            written(Path(folder), "cur-parquet", count)
            found = in_turn(
                {"scan": Case(stage("scan", Path(folder))), "ingest": _ingest(Path(folder))}, runs=1
            )
            ingest, scan = found["ingest"], found["scan"]
            row(
                *(f"{count:,}{ingest.failed}", f"{ingest.wall:.2f}", f"{ingest.cpu:.2f}", ingest.peak),
                *(f"{count / ingest.wall:,.0f}", f"{ingest.cpu / scan.cpu:.1f}"),
            )


def _ingest(folder: Path) -> Case:
    return Case(stage("ingest", folder), partial(shutil.rmtree, folder / "var", ignore_errors=True))
