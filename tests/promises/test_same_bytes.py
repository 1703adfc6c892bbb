"""Same input, same bytes: two folders, two processes with other hash seeds, one report."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from configs.sample import write_estate

ROOT = Path(__file__).parents[2]
NOW = "2026-11-03T06:00:00Z"
RUN_ID = re.compile(rb"\d{8}T\d{6}Z-[0-9a-f]{6}")
VIEWS = (
    *(
        "charges",
        "resources",
        "resource_tags",
        "tag_history",
        "verdicts",
        "findings",
        "drift",
        "coverage",
        "slis",
    ),
    *("ledger", "fix_actions", "suggestions", "audit_log", "source_files", "quarantine", "closing", "runs"),
)


@dataclass(frozen=True)
class Told:
    """One process's work: its report files and its tables, run id and folder replaced by words."""

    files: Mapping[str, bytes]
    tables: Mapping[str, list[tuple[Any, ...]]]
    spoken: str


def told_by(folder: Path, hash_seed: int, threads: int, zone: str) -> Told:
    environment = {
        **os.environ, "PYTHONHASHSEED": str(hash_seed), "POLARS_MAX_THREADS": str(threads), "TZ": zone, "COLUMNS": "100",
        "TAGRECON_MASK_KEY": "a key of the tests",
    }  # fmt: skip
    command = [sys.executable, "-m", "recon", "run", "--config", str(folder / "tagrecon.yaml"), "--now", NOW]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode in (0, 3), done.stderr.decode()
    latest = (folder / "out" / "latest").resolve()

    def neutral(data: bytes) -> bytes:
        return RUN_ID.sub(b"RUN", data).replace(str(folder).encode(), b"FOLDER")

    files = {
        str(path.relative_to(latest)): path.read_bytes()
        if path.suffix == ".parquet"
        else neutral(path.read_bytes())
        for path in sorted(latest.rglob("*"))
        if path.is_file()
    }
    return Told(files, _tables(folder, neutral), neutral(done.stdout).decode())


def _tables(folder: Path, neutral: Any) -> dict[str, list[tuple[Any, ...]]]:
    con = duckdb.connect(str(folder / "var" / "tagrecon.duckdb"), read_only=True)
    try:
        found = {view: con.execute(f"SELECT * FROM {view}").fetchall() for view in VIEWS}
    finally:
        con.close()
    return {
        view: sorted((tuple(map(_worded(neutral), row)) for row in rows), key=repr)
        for view, rows in found.items()
    }


def _worded(neutral: Any) -> Any:
    return lambda cell: neutral(cell.encode()).decode() if isinstance(cell, str) else cell


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Told]:
    """The same estate, worked on in two folders by two processes; a different length of path on purpose."""
    one = tmp_path_factory.mktemp("one")
    two = tmp_path_factory.mktemp("another-folder") / "deeper"
    write_estate(one, seed=7, scale=0.02)
    config = one / "tagrecon.yaml"
    config.write_text(config.read_text("utf-8") + "mask_key: ${TAGRECON_MASK_KEY}\n", "utf-8")
    shutil.copytree(one, two)
    for path in sorted(two.rglob("*"), reverse=True):  # other times and another order in the folder
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return told_by(one, 1, 1, "Pacific/Auckland"), told_by(two, 4242, 2, "UTC")


def test_two_estates_of_one_seed_have_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_estate(tmp_path / name, seed=11, scale=0.02)
    names = [str(path.relative_to(tmp_path / "a")) for path in (tmp_path / "a").rglob("*") if path.is_file()]
    same, different, unreadable = filecmp.cmpfiles(tmp_path / "a", tmp_path / "b", names, shallow=False)
    assert (different, unreadable) == ([], [])
    assert len(same) == len(names) > 20


def test_the_reports_have_the_same_files(pair: tuple[Told, Told]) -> None:
    one, two = pair
    assert list(one.files) == list(two.files)
    assert {
        "index.html",
        "summary.json",
        "fix-plan.yaml",
        "metrics.prom",
        "csv/ledger.csv",
    } <= one.files.keys()


def test_every_file_of_the_report_has_the_same_bytes(pair: tuple[Told, Told]) -> None:
    one, two = pair
    assert [name for name in one.files if one.files[name] != two.files[name]] == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_table_has_the_same_rows(pair: tuple[Told, Told], view: str) -> None:
    one, two = pair
    assert one.tables[view] == two.tables[view]


def test_the_terminal_says_the_same(pair: tuple[Told, Told]) -> None:
    one, two = pair
    assert one.spoken
    assert one.spoken == two.spoken
