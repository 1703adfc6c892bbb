"""Makes the validator's own virtual environment: `python tests/conformance/install.py .venv-focus`.

Nothing but the standard library, and nothing from outside but the package registry. The validator declares
Python 3.12; below that, one expression of it (quotes within an f-string, PEP 701) is written the older way. The
text to change is named to the letter, so another release of the validator stops here and not in the middle.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
NEW = """", ".join(f"'{k.replace('\\"', '\\"\\"')}'" for k in ignore_keys)"""
OLD = """", ".join("'" + k.replace('"', '""') + "'" for k in ignore_keys)"""


def install(folder: Path) -> None:
    """Creates the environment in `folder` (made anew) and installs the pins of requirements.txt."""
    venv.create(folder, with_pip=True, clear=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--ignore-requires-python", "-r", str(HERE / "requirements.txt")], check=True)
    if sys.version_info < (3, 12):
        _write_older(folder)
    subprocess.run([str(python), "-c", "import focus_validator.main"], check=True)


def _write_older(folder: Path) -> None:
    (source,) = folder.glob("lib/*/site-packages/focus_validator/config_objects/focus_to_duckdb_converter.py")
    code = source.read_text(encoding="utf-8")
    if code.count(NEW) != 1:
        raise SystemExit(
            f"{source}: the expression to write the older way is not there; pins and install.py differ"
        )
    source.write_text(code.replace(NEW, OLD), encoding="utf-8")


if __name__ == "__main__":
    install(Path(sys.argv[1]))
