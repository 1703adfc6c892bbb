"""Killed anywhere, run again, right: tables and reports equal those of an undisturbed run."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from tests.bills import line, write_bill, write_config
from tests.promises.victim import STEPS

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
        "ledger",
    ),
    *("fix_actions", "audit_log", "source_files", "quarantine", "closing"),
)
ENV = {**os.environ, "TAGRECON_MASK_KEY": "a key of the tests"}


def start(config: Path, edge: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.promises.victim", str(config), edge], env=ENV)


def outcome(folder: Path) -> dict[str, object]:
    """All tables and all files of the newest report, the run's own id aside."""
    con = duckdb.connect(str(folder / "var" / "tagrecon.duckdb"), read_only=True)
    found: dict[str, object] = {v: sorted(con.execute(f"FROM {v}").fetchall(), key=repr) for v in VIEWS}
    con.close()
    latest = (folder / "out" / "latest").resolve()
    for path in sorted(p for p in latest.rglob("*") if p.is_file()):
        found[str(path.relative_to(latest))] = path.read_bytes().replace(latest.name.encode(), b"RUN")
    return found


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, object]]:
    """(folder, pristine copy, outcome): a store after a first run, its bill restated; and what a second,
    undisturbed run makes of that."""
    folder = tmp_path_factory.mktemp("killed") / "estate"
    config = write_config(
        folder,
        more="inventory: [{name: live, connector: files, location: inventory/}]\nmask_key: ${TAGRECON_MASK_KEY}\n",
    )
    (folder / "inventory").mkdir()
    dump = '{"provider":"aws","account":"111","type":"AWS::EC2::Instance","id":"r-1","observed_at":"2026-10-%02dT02:00:00","tags":{"cost-center":"%s","note":"AKIAABCDEFGHIJKLMNOP"}}\n'
    (folder / "inventory" / "a.jsonl").write_text(dump % (1, "search"), "utf-8")
    write_bill(
        folder / "exports" / "bill.csv", [line(day, tags={"cost-center": "payments"}) for day in range(1, 9)]
    )
    assert start(config, "none").wait() == 0
    write_bill(
        folder / "exports" / "bill.csv",
        [line(day, "2.5", tags={"cost-center": "search", "pw": "password=hunter22"}) for day in range(1, 20)],
    )
    (folder / "inventory" / "b.jsonl").write_text(dump % (20, "payments"), "utf-8")
    pristine = folder.parent / "pristine"
    shutil.copytree(folder, pristine, symlinks=True)
    assert start(config, "none").wait() == 0
    return folder, pristine, outcome(folder)


def restore(folder: Path, pristine: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(pristine, folder, symlinks=True)


@pytest.mark.parametrize(
    "edge", range(2 * len(STEPS)), ids=lambda e: f"{'before' if e % 2 == 0 else 'after'}-{STEPS[e // 2][1]}"
)
def test_killed_at_a_stage_edge_and_run_again_it_equals_an_undisturbed_run(
    scene: tuple[Path, Path, dict[str, object]], edge: int
) -> None:
    folder, pristine, expected = scene
    restore(folder, pristine)
    assert start(folder / "tagrecon.yaml", str(edge)).wait() == -signal.SIGKILL
    reader = duckdb.connect(
        str(folder / "var" / "tagrecon.duckdb"), read_only=True
    )  # what a reader sees is whole
    assert reader.execute("SELECT count(*) FROM closing WHERE difference_billed <> 0").fetchall() == [(0,)]
    reader.close()
    assert start(folder / "tagrecon.yaml", "none").wait() == 0
    assert outcome(folder) == expected


def _killed_at_random(scene: tuple[Path, Path, dict[str, object]], seed: int) -> None:
    folder, pristine, expected = scene
    restore(folder, pristine)
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 2)):
        process = start(folder / "tagrecon.yaml", "none")
        time.sleep(chance.uniform(0.2, 2.5))  # the moment of death is what is random, nothing is waited for
        process.kill()
        process.wait()
    assert start(folder / "tagrecon.yaml", "none").wait() == 0
    assert outcome(folder) == expected


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_a_random_moment_and_run_again_it_equals_an_undisturbed_run(
    scene: tuple[Path, Path, dict[str, object]], seed: int
) -> None:
    _killed_at_random(scene, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 2000))
def test_a_thousand_kills(scene: tuple[Path, Path, dict[str, object]], seed: int) -> None:
    _killed_at_random(scene, seed)
