"""Makes Cloud Custodian's own virtual environment: `python tests/custodian/install.py .venv-c7n`.

Nothing but the standard library, and nothing from outside but the package registry.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent


def install(folder: Path) -> None:
    """Creates the environment in `folder` (made anew) and installs the pins of requirements.txt."""
    venv.create(folder, with_pip=True, clear=True)
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # The pins are the whole list: nothing is searched for, and a pin that is missing from it shows in the check.
    subprocess.run([*pip, "--no-deps", "-r", str(HERE / "requirements.txt")], check=True)
    subprocess.run([python, "-m", "pip", "check", "--disable-pip-version-check"], check=True)
    subprocess.run([str(folder / "bin" / "custodian"), "version"], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    install(Path(sys.argv[1]))
