"""Write docs/checks.md anew below its mark: `python -m recon.checks docs/checks.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from recon.checks.listing import page

MARK = "<!-- generated from the checks: python -m recon.checks -->\n"


def main(path: Path) -> None:
    """Keep what stands above the mark, and write one section per check below it."""
    head, mark, _ = path.read_text(encoding="utf-8").partition(MARK)
    path.write_text(head + (mark or MARK) + page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
