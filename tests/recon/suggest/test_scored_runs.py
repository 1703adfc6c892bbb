"""Does a run score its signals, show it, and keep shadows without effect?"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from configs.sample import clock, write_estate
from recon.checks import Context
from recon.config import RunConfig, load_config
from recon.fix.history import folded
from recon.fix.plan import Asking, planned, write_actions, write_suggestions
from recon.registry import in_force, load_registry
from recon.run import run
from recon.run.fixing.planning import nightly_plan
from recon.run.scoring import score_signals
from recon.run.sensitive import masker_of
from recon.run.suggesting import modes_of
from recon.store.store import Limits, StorePaths, working_copy
from recon.suggest.load import known_marks, load_estate

NOW = clock.NOW.replace(tzinfo=None)
STAGES = frozenset({"snapshot", "ingest", "reconcile"})


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> RunConfig:
    folder = tmp_path_factory.mktemp("scored")
    write_estate(folder, seed=7, scale=0.02)
    run(load_config(folder / "tagrecon.yaml"), clock.NOW, stages=STAGES)
    return load_config(folder / "tagrecon.yaml")


def asked(cfg: RunConfig, sql: str) -> list[tuple[Any, ...]]:
    con = duckdb.connect(str(cfg.store), read_only=True)
    try:
        return con.execute(sql).fetchall()
    finally:
        con.close()


def told(cfg: RunConfig, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "recon",
        "fix",
        "accuracy",
        "--config",
        str(cfg.base / "tagrecon.yaml"),
    ]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def test_a_run_scores_every_signal_in_both_ways(estate: RunConfig) -> None:
    rows = asked(estate, "SELECT signal, basis, state FROM signal_scores WHERE key = '' AND made > 0")
    assert {("naming", "single"), ("naming", "grouped"), ("learned", "grouped")} <= {row[:2] for row in rows}
    assert asked(estate, "SELECT DISTINCT mode FROM signal_scores WHERE signal = 'learned'") == [("shadow",)]


def test_confidences_of_suggestions_are_the_measured_ones(estate: RunConfig) -> None:
    [(count,)] = asked(
        estate,
        "SELECT count(*) FROM suggestions s WHERE signal = 'naming' AND NOT EXISTS (SELECT 1 FROM signal_bins b "
        "WHERE b.signal = s.signal AND b.key IN (s.key, '') AND b.confidence = s.confidence)",
    )
    assert asked(estate, "SELECT count(*) > 0 FROM suggestions WHERE signal = 'naming'") == [(True,)]
    assert count == 0


def test_the_indicator_says_how_many_were_right(estate: RunConfig) -> None:
    [(value, numerator, denominator, status)] = asked(
        estate, "SELECT value, numerator, denominator, status FROM slis WHERE id = 'M9'"
    )
    sums = "SELECT sum(correct), sum(made) FROM signal_scores WHERE key <> '' AND mode = 'on' AND basis <> 'review' AND signal <> 'catalogue'"
    assert [(Decimal(numerator), Decimal(denominator))] == asked(estate, sums)
    assert status == ("no-data" if value is None else "met" if value >= 0.9 else "missed")


def test_an_unchanged_estate_is_not_scored_again(estate: RunConfig) -> None:
    registry = load_registry(estate.registry)
    with working_copy(StorePaths(estate.store), Limits(threads=1)) as con:
        seen = load_estate(con, in_force(registry, NOW.date()), str)
        rest = (seen, str, lambda value: None, NOW)
        score_signals(con, estate, registry, *rest)
        assert score_signals(con, estate, registry, *rest) is False
        fewer = seen.without(seen.known.head(1).select("item_no", "key"))
        assert score_signals(con, estate, registry, fewer, *rest[1:]) is True


ACTIONS = "SELECT * FROM fix_actions ORDER BY ALL"
SAID = "SELECT DISTINCT mode FROM suggestions WHERE signal = 'naming' ORDER BY ALL"
LED = "SELECT DISTINCT mode FROM suggestions WHERE signal = 'naming' AND state = 'leading'"
STATE = "SELECT DISTINCT state, mode FROM signal_scores WHERE signal = 'naming' AND key = '' AND made > 0"


def again(estate: RunConfig, folder: Path, signals: str) -> tuple[str, dict[str, list[tuple[Any, ...]]]]:
    """The store of `estate`, scored and planned anew as `signals` says: the plan's text but for the configuration's hash, and answers."""
    shutil.copytree(estate.base, folder)
    config = folder / "tagrecon.yaml"
    config.write_text(f"{config.read_text('utf-8')}\nfix:\n  signals: {signals}\n", "utf-8")
    cfg = load_config(config)
    registry = load_registry(cfg.registry)
    raw = masker_of(cfg, StorePaths(cfg.store), registry).raw
    with working_copy(StorePaths(cfg.store), Limits(threads=1)) as con:
        seen = load_estate(con, in_force(registry, NOW.date()), raw)
        score_signals(con, cfg, registry, seen, raw, known_marks(con, raw), NOW)
        context = Context(con, registry, raw, NOW, cfg.grace_hours)
        proposals = planned(context, Asking(modes_of(cfg)), seen)
        write_actions(con, proposals.actions)
        write_suggestions(con, proposals.suggestions)
        run = {"id": "run", "started_at": "2026-11-03T06:00:00Z"}
        text = nightly_plan(con, cfg, registry, folded([]), run)
        told = {sql: con.execute(sql).fetchall() for sql in (ACTIONS, SAID, LED, STATE)}
    return re.sub(r"(?m)^config_hash:.*$", "", text), told


def test_a_shadow_changes_nothing_but_is_scored_and_kept(estate: RunConfig, tmp_path: Path) -> None:
    shadow, shadowed = again(estate, tmp_path / "shadow", "{naming: {mode: shadow}}")
    off, silent = again(estate, tmp_path / "off", "{naming: {mode: off}}")
    on, trusted = again(estate, tmp_path / "on", "{naming: {mode: on, least: 0.5}}")
    assert shadow == off != on
    assert shadowed[ACTIONS] == silent[ACTIONS] != trusted[ACTIONS]
    assert (shadowed[SAID], silent[SAID], trusted[SAID]) == ([("shadow",)], [], [("on",)])
    assert [mode for _, mode in shadowed[STATE]] == ["shadow"]
    assert silent[STATE] == []
    assert trusted[STATE] == [("trusted", "on")]


def test_a_signal_below_what_is_asked_of_it_goes_to_review(estate: RunConfig, tmp_path: Path) -> None:
    _, strict = again(estate, tmp_path / "strict", "{naming: {least: 0.999}}")
    assert strict[STATE] == [("demoted", "review")]
    assert strict[LED] == [("review",)]


def test_the_command_prints_the_table_and_the_curve(estate: RunConfig) -> None:
    found = told(estate)
    assert found.returncode == 0, found.stderr
    assert re.search(r"cost-center\s+naming\s+grouped", found.stdout)
    assert re.search(r"Promised\s+Right", found.stdout)


def test_the_command_narrows_and_speaks_json(estate: RunConfig) -> None:
    found = told(estate, "--json", "--signal", "naming", "--key", "cost-center", "--way", "single")
    document = json.loads(found.stdout)
    [row] = document["scores"]
    assert (row["key"], row["signal"], row["basis"], row["made"] > row["correct"]) == ("cost-center", "naming", "single", True)  # fmt: skip
    assert {(each["signal"], each["way"]) for each in document["curve"]} == {("naming", "single")}
    assert 0 <= document["calibration_error"][0]["error"] < 0.2


def test_a_signal_that_is_none_is_refused(estate: RunConfig) -> None:
    found = told(estate, "--signal", "nameing")
    assert found.returncode == 2
    assert "naming" in found.stderr
