"""What is the FinOps Foundation's converter called, and where is it installed?

In an environment of its own: as released it starts only with older versions of two libraries.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

VERSION = "1.0.0"
FOLDER = Path(".venv-converter")
_PINS = (f"focus-converter=={VERSION}", "multimethod<1.11", "click<8.2")


def installed() -> Path | None:
    """The program, installed at its first use; None where that fails."""
    program = FOLDER / "bin" / "focus-converter"
    if not program.exists():
        try:
            venv.create(FOLDER, with_pip=True, clear=True)
            pip = [
                str(FOLDER / "bin" / "python"),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ]
            subprocess.run([*pip, *_PINS], check=True, timeout=300)
        except (subprocess.SubprocessError, OSError) as error:
            sys.stderr.write(f"focus-converter: {error}\n")
            return None
    return program if program.exists() else None


def command(program: Path, source: Path, target: Path) -> list[str]:
    """Convert a legacy report, plain CSV (it reads no gzip), to FOCUS as Parquet."""
    given = ["--provider", "aws-cur", "--data-format", "csv", "--data-path", str(source)]
    return [str(program), "convert", *given, "--export-path", str(target), "--export-format", "parquet"]
