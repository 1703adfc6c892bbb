"""What could not be seen makes the run partial and is named wherever a figure rests on it; never silence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.errors import Exit
from tests.bills import line, write_bill, write_config

ROOT = Path(__file__).parents[2]
NOW = "2026-11-03T06:00:00Z"
DUMP = '{"provider":"aws","account":"111","type":"AWS::EC2::Instance","id":"r-1","observed_at":"2026-10-01T02:00:00","tags":{"cost-center":"search"}}\n'


@dataclass(frozen=True)
class Told:
    """Exit code, summary and stderr of one `tagrecon run`."""

    code: int
    summary: dict[str, Any]
    err: str
    folder: Path

    @property
    def status(self) -> str:
        return str(self.summary["run"]["status"])

    def gaps(self, *, limitation: bool = False) -> list[dict[str, Any]]:
        return [gap for gap in self.summary["gaps"] if gap["limitation"] == limitation]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        con = duckdb.connect(str(self.folder / "var" / "tagrecon.duckdb"), read_only=True)
        try:
            return con.execute(sql).fetchall()
        finally:
            con.close()


def estate(folder: Path, more: str) -> Path:
    """A folder with a bill, a dump of its account and a configuration ending in `more`."""
    config = write_config(folder, more=more)
    write_bill(folder / "exports" / "bill.csv", [line(day, tags={"cost-center": "search"}) for day in (5, 6)])
    (folder / "inventory").mkdir()
    (folder / "inventory" / "a.jsonl").write_text(DUMP, "utf-8")
    return config


def told(config: Path, *args: str) -> Told:
    done = subprocess.run(
        [sys.executable, "-m", "recon", "run", "--config", str(config), "--now", NOW, "--json", *args],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "COLUMNS": "200"}, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return Told(done.returncode, json.loads(done.stdout), done.stderr, config.parent)


LIVE = "inventory: [{name: live, location: inventory/%s}]\n"
COMPLETE = LIVE % ""
# What could not be seen → configuration, kind of the gap, what its scope and reason name.
MISSED = {
    "a-location-with-no-dump": (
        "inventory:\n- {name: live, location: inventory/}\n- {name: other, location: elsewhere/}\n", "missing", "inventory other", "location",
    ),
    "an-account-that-no-dump-lists": (
        "inventory: [{name: live, location: inventory/, covers: [{provider: aws, account: '111'}, {provider: aws, account: '222'}]}]\n",
        "missing", "222", "covers",
    ),
    "a-dump-that-can-not-be-read": (COMPLETE, "unreadable", "broken.json", "inventory dump"),
    "a-bill-location-with-no-file": (COMPLETE, "missing", "billing late", "location"),
    "a-bill-that-can-not-be-read": (COMPLETE, "unreadable", "broken.csv", ""),
}  # fmt: skip


def missing(name: str, folder: Path) -> Path:
    config = estate(folder, MISSED[name][0])
    if name == "a-dump-that-can-not-be-read":
        (folder / "inventory" / "broken.json").write_text('{"provider": "aws", "acc', "utf-8")
    if name == "a-bill-that-can-not-be-read":
        (folder / "exports" / "broken.csv").write_bytes(b"\x1f\x8bnot gzip at all")
    if name == "a-bill-location-with-no-file":
        text = config.read_text("utf-8").replace(
            "files: parts}]", "files: parts}, {name: late, location: none/}]"
        )
        config.write_text(text, "utf-8")
    return config


@pytest.fixture(scope="module", params=list(MISSED))
def gapped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Told]:
    name = str(request.param)
    return name, told(missing(name, tmp_path_factory.mktemp(name)))


def test_the_run_is_partial_and_leaves_with_three(gapped: tuple[str, Told]) -> None:
    _, run = gapped
    assert (run.status, run.code) == ("partial", Exit.PARTIAL)


def test_one_gap_is_named_with_its_kind_place_and_reason(gapped: tuple[str, Told]) -> None:
    name, run = gapped
    _, kind, scope, reason = MISSED[name]
    [gap] = run.gaps()
    assert gap["kind"] == kind
    assert scope in gap["scope"]
    assert reason in gap["reason"]
    assert re.fullmatch(r"[0-9a-f]{16}", gap["id"])


def test_figures_name_the_gap_that_they_rest_on(gapped: tuple[str, Told]) -> None:
    _, run = gapped
    [gap] = run.gaps()
    named = {
        gap_id for figure in ("coverage", "slis") for row in run.summary[figure] for gap_id in row["gap_ids"]
    }
    assert gap["id"] in named
    assert named <= {gap["id"] for gap in run.summary["gaps"]}


def test_the_store_s_figures_name_it_too(gapped: tuple[str, Told]) -> None:
    _, run = gapped
    [gap] = run.gaps()
    found = run.rows(
        "SELECT DISTINCT unnest(gap_ids) FROM (SELECT gap_ids FROM coverage UNION ALL SELECT gap_ids FROM slis)"
    )
    assert (gap["id"],) in found


def test_the_report_names_the_gap(gapped: tuple[str, Told]) -> None:
    name, run = gapped
    page = (run.folder / "out" / "latest" / "index.html").read_text("utf-8")
    assert MISSED[name][2] in page
    assert "tagrecon_run_partial 1" in (run.folder / "out" / "latest" / "metrics.prom").read_text("utf-8")


def test_what_could_be_seen_is_still_judged_and_closed(gapped: tuple[str, Told]) -> None:
    _, run = gapped
    assert run.rows("SELECT verdict, count(*) FROM verdicts GROUP BY ALL") == [("ok", 2)]
    assert run.rows("SELECT difference_billed, source_rows FROM closing") == [(0, 2)]


def test_a_run_again_over_the_same_gap_is_partial_again(gapped: tuple[str, Told]) -> None:
    _, run = gapped
    again = told(run.folder / "tagrecon.yaml")
    assert (again.status, again.code) == ("partial", Exit.PARTIAL)
    assert again.gaps() == run.gaps()


def test_gaps_ok_makes_the_exit_code_zero_and_hides_nothing(tmp_path: Path) -> None:
    run = told(missing("a-location-with-no-dump", tmp_path / "estate"), "--gaps-ok")
    assert (run.status, run.code) == ("partial", Exit.DONE)
    assert len(run.gaps()) == 1


def test_a_gap_has_the_same_id_in_another_folder(tmp_path: Path) -> None:
    first, second = (
        told(missing("an-account-that-no-dump-lists", tmp_path / name)).gaps() for name in ("one", "two")
    )
    assert first == second


def test_a_gap_that_was_mended_is_gone(tmp_path: Path) -> None:
    config = missing("a-location-with-no-dump", tmp_path / "estate")
    assert told(config).code == Exit.PARTIAL
    (config.parent / "elsewhere").mkdir()
    (config.parent / "elsewhere" / "b.jsonl").write_text(
        DUMP.replace('"111"', '"222"').replace("r-1", "r-2"), "utf-8"
    )
    run = told(config)
    assert (run.status, run.code, run.gaps()) == ("ok", Exit.DONE, [])


def test_without_any_gap_the_run_is_done(tmp_path: Path) -> None:
    run = told(estate(tmp_path / "estate", COMPLETE))
    assert (run.status, run.code, run.summary["gaps"]) == ("ok", Exit.DONE, [])


def test_an_inventory_that_is_not_configured_is_a_limitation_and_no_failure(tmp_path: Path) -> None:
    run = told(estate(tmp_path / "estate", ""))
    assert (run.status, run.code, run.gaps()) == ("ok", Exit.DONE, [])
    [limitation] = run.gaps(limitation=True)
    assert (limitation["kind"], limitation["scope"]) == ("not-configured", "inventory")


def test_an_account_that_was_not_read_is_never_called_unknown_or_deleted(tmp_path: Path) -> None:
    config = missing("an-account-that-no-dump-lists", tmp_path / "estate")
    bare = [line(7, ResourceId="r-2", SubAccountId="222"), line(8, ResourceId="r-3")]
    write_bill(config.parent / "exports" / "bill.csv", [line(tags={"cost-center": "search"}), *bare])
    judged = dict(told(config).rows("SELECT ResourceId, (verdict, live_known) FROM verdicts"))
    assert judged["r-2"] == ("untagged", False)  # its account was promised and not seen
    assert judged["r-3"] == ("unknown-resource", True)  # its account was listed completely
