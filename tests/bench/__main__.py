"""`make bench`: a table of whole processes, as ratios in one run on the same data.

`BENCH_LINES=1000000,10000000 BENCH_CASES=scan,ingest,whole,again,pandas python -m tests.bench`
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LINES = [int(n) for n in os.environ.get("BENCH_LINES", "1000000,10000000").split(",")]
CASES = os.environ.get("BENCH_CASES", "scan,ingest,whole,again,pandas").split(",")
TAGS = os.environ.get("BENCH_TAGS", "map,json").split(",")


def measure(case: str, folder: Path) -> tuple[float, float, int, int]:
    """Wall seconds, CPU seconds, peak memory in MB and exit code of one case in a fresh process."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.cases", case, str(folder)], stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, os.waitstatus_to_exitcode(status)


def main() -> None:
    out = sys.stdout.write
    out(
        f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, {platform.system()} {platform.release()}\n\n"
    )
    out(
        "| lines | tags | case | wall s | CPU s | peak MB | lines/s | × scan (CPU) |\n|---|---|---|---|---|---|---|---|\n"
    )
    for lines in LINES:
        for tags in TAGS:
            with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
                _rows(Path(folder), lines, tags)


def _rows(folder: Path, lines: int, tags: str) -> None:
    # in a process of its own: a child would inherit the peak memory of a parent that wrote the data
    making = f"from pathlib import Path; from tests.bench.data import write_case; write_case(Path({str(folder)!r}), {lines}, json_tags={tags == 'json'})"
    subprocess.run([sys.executable, "-c", making], check=True)
    measure("scan", folder)  # warm the file cache
    base = 0.0
    for case in CASES:
        if case in ("ingest", "whole"):
            shutil.rmtree(folder / "var", ignore_errors=True)
        wall, cpu, peak, code = measure(case, folder)
        base = cpu if case == "scan" else base
        ratio = f"{cpu / base:.1f}" if base else "–"
        failed = "" if code == 0 else f" (exit {code})"
        sys.stdout.write(
            f"| {lines:,} | {tags} | {case}{failed} | {wall:.2f} | {cpu:.2f} | {peak} | {lines / wall:,.0f} | {ratio} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
