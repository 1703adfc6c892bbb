"""Where do generated bills lie, and who writes them?

In a process of its own: a child would inherit the peak memory of a parent that wrote the data.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BASE = os.environ.get("BENCH_DIR")


def written(folder: Path, name: str, lines: int, *, unpacked: bool = False) -> Path:
    """A configuration with a generated bill of a format (`bills.py`), and the bill's file."""
    make = "import sys; from pathlib import Path; from tests.bench.bills import write_bill; print(write_bill(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == 'True'))"
    command = [sys.executable, "-c", make, str(folder), name, str(lines), str(unpacked)]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


def written_estate(folder: Path, lines: int, tags: str) -> None:
    """A configuration with a FOCUS month of a whole estate (`data.py`)."""
    make = "import sys; from pathlib import Path; from tests.bench.data import write_case; write_case(Path(sys.argv[1]), int(sys.argv[2]), json_tags=sys.argv[3] == 'json')"
    subprocess.run([sys.executable, "-c", make, str(folder), str(lines), tags], check=True)
