"""`make bench`: tables of whole processes, as ratios in one run on the same data.

BENCH_SCALE   1: formats at 1 M lines, the job at 1 M and 10 M, growth from 10 M to 30 M; 0.2 when left out
BENCH_PARTS   formats,converter,job when left out; also inventory, rules, and growth, which takes long
BENCH_RUNS    rounds of which the median counts; 3 when left out
BENCH_DIR     where the generated bills lie; the system's folder for temporary files when left out
"""

from __future__ import annotations

import os
import platform
import time

from tests.bench.inventory import inventory
from tests.bench.job import job
from tests.bench.measure import say
from tests.bench.reading import beside_converter, formats, growth
from tests.bench.rules import rules

SCALE = float(os.environ.get("BENCH_SCALE", "0.2"))
PARTS = os.environ.get("BENCH_PARTS", "formats,converter,job").split(",")


def main() -> None:
    system = f"{platform.system()} {platform.release()}"
    say(
        f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, {system}, "
        f"{time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f} at the start, BENCH_SCALE={SCALE:g}"
    )
    million = round(1_000_000 * SCALE)
    if "formats" in PARTS:
        formats(million)
    if "converter" in PARTS:
        beside_converter(million // 5)
    if "job" in PARTS:
        job(million)
        job(10 * million)
    if "inventory" in PARTS:
        inventory(million)
    if "rules" in PARTS:
        rules(million)
    if "growth" in PARTS:
        growth(10 * million)


if __name__ == "__main__":
    main()
