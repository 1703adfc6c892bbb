"""Does what is installed from the wheel work in an empty folder, without the source tree beside it?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("duckdb", "polars", "pyarrow", "pydantic", "jinja2", "apscheduler", "rich.console", "configs.sample")


def clean() -> dict[str, str]:
    """An environment that knows nothing of the source tree."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "TAGRECON", "VIRTUAL_ENV"))
    }
    return {**kept, "COLUMNS": "120"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree as it stands; uv fetches the build backend where it has none yet."""
    uv = shutil.which("uv", path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv is None:
        pytest.skip("uv is not installed: make setup")
    folder = tmp_path_factory.mktemp("dist")
    command = [
        uv,
        "build",
        "--wheel",
        "--quiet",
        "--python",
        sys.executable,
        "--out-dir",
        str(folder),
        str(ROOT),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=clean(), check=False)
    if done.returncode and ("fetch" in done.stderr or "connect" in done.stderr):
        pytest.skip("the build backend can't be fetched: no network and no cached copy")
    assert done.returncode == 0, done.stderr
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of executables of a new environment: our wheel, and the libraries of this one by a path file."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, env=clean())
    [packages] = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # The libraries only: an editable install of ours is a path file there, and path files do not chain.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    _write_script(folder / "bin", packages)
    return folder / "bin"


def _write_script(folder: Path, packages: Path) -> None:
    """The console script, as an installer makes it from the wheel's entry points."""
    [entries] = packages.glob("tagrecon-*.dist-info/entry_points.txt")
    [target] = [
        text.split("=")[1].strip()
        for text in entries.read_text("utf-8").splitlines()
        if text.startswith("tagrecon")
    ]
    module, function = target.split(":")
    script = folder / "tagrecon"
    script.write_text(
        f"#!{folder / 'python'}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n",
        "utf-8",
    )
    script.chmod(0o755)


def spoken(installed: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(installed / command[0]), *command[1:]],
        cwd=folder,
        env=clean(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_every_file_that_the_code_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    rooms = ("recon", "connectors", "reports", "configs", "cron")
    tree = {
        path.relative_to(ROOT).as_posix()
        for room in rooms
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert tree - packed == set()
    assert {name for name in packed if name.split("/")[0] not in rooms and ".dist-info/" not in name} == set()
    assert {".sql", ".html", ".css", ".json", ".yaml", ".csv"} <= {Path(name).suffix for name in packed}


def test_no_test_and_no_secret_file_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert [
        name for name in names if "test" in name.lower() or name.endswith((".duckdb", ".env", ".pyc"))
    ] == []


def test_the_code_that_runs_is_the_installed_one(installed: Path, tmp_path: Path) -> None:
    told = spoken(
        installed,
        tmp_path,
        "python",
        "-c",
        "import recon, configs; print(recon.__file__); print(configs.__file__)",
    )
    assert told.returncode == 0, told.stderr
    assert all(Path(line).is_relative_to(installed.parent) for line in told.stdout.splitlines())


def test_the_demonstration_works_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    told = spoken(installed, tmp_path, "tagrecon", "demo", "--output", "shown")
    assert told.returncode == 0, told.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["shown"]
    latest = tmp_path / "shown" / "out" / "latest"
    page = (latest / "index.html").read_text("utf-8")
    assert "</html>" in page
    assert list((latest / "owners").glob("*.html"))
    summary = json.loads((latest / "summary.json").read_text("utf-8"))
    assert summary["closing"]
    assert {row[f"difference_{book}"] for row in summary["closing"] for book in ("billed", "effective")} == {
        "0"
    }
    assert (tmp_path / "shown" / "var" / "tagrecon.duckdb").is_file()


def test_help_comes_from_the_installed_command(installed: Path, tmp_path: Path) -> None:
    told = spoken(installed, tmp_path, "tagrecon", "--help")
    assert told.returncode == 0, told.stderr
    assert all(command in told.stdout for command in ("run", "audit", "explain", "demo", "doctor"))


def test_help_loads_nothing_that_it_does_not_need(installed: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['tagrecon', '--help']\n"
        "from recon.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    told = spoken(installed, tmp_path, "python", "-c", code)
    assert "Usage" in told.stdout
    assert told.stdout.splitlines()[-1] == "LOADED []"
