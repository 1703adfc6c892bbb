"""Do the commands do what their help says, and leave with the right code?"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

import configs.sample
from configs.sample import write_estate
from recon.cli.app import app

Command = Callable[..., Any]
NOW = ("--now", "2026-11-03T06:00:00Z")
ROOT = Path(__file__).parents[3]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def again(published_estate: Any, tmp_path: Path) -> tuple[str, ...]:
    """Options that repeat the published run where nothing is new, on a copy of its store: quick."""
    folder, config = published_estate.folder, published_estate.config
    var, out = shutil.copytree(folder / "var", tmp_path / "var"), tmp_path / "out"
    shutil.copytree(folder / "out", out, symlinks=True)
    places = ("--config", str(config), "--store", str(var / "tagrecon.duckdb"), "--output", str(out))
    return (*NOW, *places)


@pytest.fixture
def at(estate_copy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(estate_copy)
    return estate_copy


def test_json_is_one_document_on_stdout_and_it_is_the_summary(
    tagrecon: Command, again: tuple[str, ...]
) -> None:
    answer = tagrecon("run", *again, "--json")
    assert answer.json() == json.loads((Path(again[-1]) / "latest/summary.json").read_text("utf-8"))
    assert "tagrecon: " in answer.err


def test_quiet_says_nothing_at_all(tagrecon: Command, again: tuple[str, ...]) -> None:
    answer = tagrecon("run", *again, "--quiet", "--gaps-ok")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_a_person_reads_sentence_closing_coverage_and_where_the_report_lies(
    tagrecon: Command, again: tuple[str, ...]
) -> None:
    told = tagrecon("run", *again).out
    said = " ".join(told.split())  # sentences break where the terminal ends
    wanted = (
        "October 2026: ",
        "The books close to 0.00 USD",
        "Closing, BilledCost",
        "Label coverage, October 2026",
    )
    for part in (*wanted, "Misattributed on the bill: ", "Findings: ", "index.html"):
        assert part in said
    assert "\x1b" not in told


def test_now_comes_from_the_environment_too(
    tagrecon: Command, again: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAGRECON_NOW", "2026-11-04T06:00:00Z")
    run = tagrecon("run", "--json", *again[2:]).json()["run"]
    assert run["id"].startswith("20261104T060000Z-")


@pytest.mark.parametrize(("asked", "code"), [("cost-center=100", 1), ("cost-center=0", 0)])
def test_a_gate_decides_the_exit_code(
    tagrecon: Command, again: tuple[str, ...], asked: str, code: int
) -> None:
    assert tagrecon("run", *again, "--gaps-ok", "--fail-under", asked).code == code


def test_one_missed_gate_of_several_is_enough(tagrecon: Command, again: tuple[str, ...]) -> None:
    gates = ("--fail-under", "cost-center=0", "--fail-under", "environment=100:taggable:count")
    answer = tagrecon("run", *again, "--quiet", *gates)
    assert answer.code == 1
    assert "gate missed: environment " in answer.err
    assert "cost-center" not in answer.err


def test_a_gate_on_an_unknown_key_stops_the_run_before_it_begins(tagrecon: Command, at: Path) -> None:
    before = tree(at)
    answer = tagrecon("run", *NOW, "--fail-under", "cost-centre=95")
    assert (answer.code, 'Did you mean "cost-center"?' in answer.err) == (2, True)
    assert tree(at) == before


def test_a_damaged_bill_makes_the_run_partial_and_gaps_ok_forgives_it(tagrecon: Command, at: Path) -> None:
    (at / "exports/pagemark/2026-11.csv").write_text("no,bill\n1,2\n")
    first, again = tagrecon("run", *NOW, "--quiet"), tagrecon("run", *NOW, "--quiet", "--gaps-ok")
    assert (first.code, again.code) == (3, 0)


def test_a_held_lock_is_5_and_touches_nothing(tagrecon: Command, again: tuple[str, ...]) -> None:
    folder = Path(again[-1]).parent
    before = tree(folder)
    with (folder / "var/tagrecon.duckdb.lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        answer = tagrecon("run", *again)
    assert (answer.code, "another run" in answer.err) == (5, True)
    assert tree(folder) == before


def test_books_that_do_not_close_are_our_bug(
    tagrecon: Command, at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recon import run as engine
    from recon.errors import OurBug

    def broken(*_: object, **__: object) -> None:
        raise OurBug("the books do not close: 0.01 USD")

    monkeypatch.setattr(engine, "run", broken)
    answer = tagrecon("run", *NOW)
    assert (answer.code, "this is a bug of tagrecon" in answer.err, answer.out) == (4, True, "")


def test_without_a_configuration_the_next_step_is_told(
    tagrecon: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = tagrecon("run")
    assert (answer.code, "tagrecon demo" in answer.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("run", "--period", "2026-13"),
        ("run", "--now", "yesterday"),
        ("run", "--no-such-option"),
        ("ingest", "--fail-under", "cost-center=95"),
        ("nun",),
        ("explain",),
    ],
)
def test_wrong_words_are_2_and_no_traceback(tagrecon: Command, at: Path, wrong: tuple[str, ...]) -> None:
    answer = tagrecon(*wrong)
    assert answer.code == 2
    assert "Traceback" not in answer.err
    assert answer.err


def test_the_stages_one_after_the_other_give_what_the_run_gives(
    tagrecon: Command, tmp_path: Path, published_estate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_estate(tmp_path, seed=7, scale=0.02)
    monkeypatch.chdir(tmp_path)
    codes = [
        tagrecon(stage, *NOW, "--gaps-ok").code for stage in ("snapshot", "ingest", "reconcile", "report")
    ]
    assert codes == [0, 0, 0, 0]
    summary = json.loads((tmp_path / "out/latest/summary.json").read_text("utf-8"))
    assert {**summary, "run": None} == {**published_estate.result.summary, "run": None}


def test_store_and_output_go_where_the_command_line_says(tagrecon: Command, at: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    answer = tagrecon(
        "run", *NOW, "--gaps-ok", "--store", elsewhere / "s.duckdb", "--output", elsewhere / "out"
    )
    assert answer.code == 0
    assert (elsewhere / "s.duckdb").is_file()
    assert (elsewhere / "out/latest/index.html").is_file()


def audited(at: Path, *more: str) -> tuple[str, ...]:
    bill = str(at / "exports/gcp/2026-10/focus.csv")
    return ("audit", "--bill", bill, "--registry", str(at / "registry.yaml"), *NOW, *more)


def test_an_audit_keeps_nothing(
    tagrecon: Command, at: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bare").mkdir()
    monkeypatch.chdir(tmp_path / "bare")
    before = tree(at)
    answer = tagrecon(*audited(at, "--gaps-ok"))
    assert (answer.code, "Label coverage, October 2026" in answer.out) == (0, True)
    assert list((tmp_path / "bare").iterdir()) == []
    assert tree(at) == before


def test_an_audit_is_a_gate_for_ci(tagrecon: Command, at: Path) -> None:
    assert tagrecon(*audited(at, "--gaps-ok", "--fail-under", "cost-center=1:taggable")).code == 0
    assert tagrecon(*audited(at, "--gaps-ok", "--fail-under", "cost-center=100:taggable")).code == 1


def test_an_audit_without_a_bill_says_what_to_name(
    tagrecon: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = tagrecon("audit")
    assert (answer.code, "--bill" in answer.err) == (2, True)


def test_explain_tells_the_same_in_text_and_in_json(tagrecon: Command, at: Path) -> None:
    truth = json.loads((at / "truth.json").read_text("utf-8"))["defects"]
    row = next(r for r in truth if r["kind"] == "wrong-owner-catalogue")
    document = tagrecon("explain", row["resource"], "--json", "--lines", "3").json()
    text = tagrecon("explain", row["resource"], "--lines", "3").out
    assert document["schema"] == "tagrecon.explain/1"
    assert len(document["lines"]) == 3
    assert "wrong-owner" in text
    assert all(entry["entry_id"] in text for entry in document["ledger"])


def test_explain_refuses_what_it_does_not_know(tagrecon: Command, at: Path) -> None:
    assert tagrecon("explain", "nowhere-at-all").code == 2


def test_a_right_registry_is_said_to_be_right(tagrecon: Command, at: Path) -> None:
    answer = tagrecon("registry", "check", "registry.yaml")
    assert (answer.code, "nothing wrong" in answer.out, "owner: cost-center" in answer.out) == (0, True, True)


def test_a_wrong_registry_is_told_with_its_lines(tagrecon: Command, at: Path) -> None:
    (at / "registry.yaml").write_text("version: 1\nowner: team\nkeys:\n  team: {requird: true}\n", "utf-8")
    by_path, by_config = (
        tagrecon("registry", "check", "registry.yaml"),
        tagrecon("registry", "check", "--json"),
    )
    assert (by_path.code, by_config.code) == (2, 2)
    assert "registry.yaml:4: " in by_path.err
    assert [document["ok"] for document in [by_config.json()]] == [False]


def test_the_registry_schema_is_a_schema(tagrecon: Command) -> None:
    jsonschema.Draft202012Validator.check_schema(tagrecon("registry", "schema").json())


def test_export_writes_and_names_its_files(tagrecon: Command, at: Path, tmp_path: Path) -> None:
    answer = tagrecon("export", "csv", "ledger", "findings", "--to", tmp_path / "to", "--json")
    assert answer.json() == {"written": [str(tmp_path / "to/ledger.csv"), str(tmp_path / "to/findings.csv")]}


def test_the_doctor_answers_in_json_and_with_2_where_something_is_wrong(tagrecon: Command, at: Path) -> None:
    well = tagrecon("doctor", "--json")
    (at / "registry.yaml").unlink()
    ill = tagrecon("doctor", "--json")
    assert (well.code, well.json()["ok"], ill.code, ill.json()["ok"]) == (0, True, 2, False)


def test_the_schedule_can_be_looked_at(tagrecon: Command, at: Path) -> None:
    with (at / "tagrecon.yaml").open("a", encoding="utf-8") as file:
        file.write("schedule: {jobs: [{name: nightly, cron: '15 3 * * *'}]}\n")
    assert "2026-11-04T03:15:00Z" in tagrecon("schedule", "--show", *NOW).out


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """A folder in which a (small) demonstration was shown, and what it said."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(configs.sample, "write_estate", partial(write_estate, scale=0.02))
        patch.chdir(folder)
        yield folder, CliRunner().invoke(app, ["demo", "--output", "here"])


def test_the_demonstration_writes_all_of_it_under_its_folder(shown: tuple[Path, Any]) -> None:
    folder, answer = shown
    assert (answer.exit_code, "Report: here/out/2026" in answer.stdout) == (0, True)
    assert "The books close to 0.00 USD" in " ".join(answer.stdout.split())
    assert [path.name for path in folder.iterdir()] == ["here"]
    assert (folder / "here/out/latest/index.html").is_file()


def test_the_demonstration_can_be_shown_again_and_is_the_same(
    tagrecon: Command, shown: tuple[Path, Any]
) -> None:
    folder, _ = shown
    before = json.loads((folder / "here/out/latest/summary.json").read_text("utf-8"))
    again = tagrecon("demo", "--output", folder / "here", "--json").json()
    assert {**before, "run": None} == {**again, "run": None}


def test_it_is_all_the_same_from_which_folder_a_run_is_started(
    tagrecon: Command, shown: tuple[Path, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = shown
    monkeypatch.chdir(folder / "here")
    answer = tagrecon("run", *NOW)
    assert (answer.code, "Nothing new since the last run" in answer.out) == (0, True)


def test_the_demonstration_leaves_a_folder_of_somebody_else_alone(tagrecon: Command, tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports/bill.csv").write_text("mine")
    assert tagrecon("demo", "--output", tmp_path).code == 2
    assert tree(tmp_path) == {"exports/bill.csv": b"mine"}


def test_a_reader_that_goes_away_brings_no_traceback(at: Path) -> None:
    command = f"{sys.executable} -m recon export schema --to . --json | true"
    found = subprocess.run(
        ["/bin/sh", "-c", command], cwd=at, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert "Traceback" not in found.stderr
    assert "BrokenPipe" not in found.stderr
