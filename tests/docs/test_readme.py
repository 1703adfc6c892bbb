"""Is what README promises what a newcomer gets?"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import duckdb
import pytest

from recon.errors import Exit
from tests.bills import line, write_bill
from tests.docs.demo import demonstration, excerpt, shown_demo
from tests.docs.papers import ROOT, blocks, papers
from tests.docs.shell import missing, steps, tell

README = ROOT / "README.md"
INSTANCE = "AWS::EC2::Instance"


@pytest.fixture
def own_bill(tmp_path: Path) -> Path:
    """A folder with README's two files, four bill lines and a dump of three resources."""
    for block in blocks(README):
        if block.mark.startswith("file: "):
            (tmp_path / block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
    write_bill(
        tmp_path / "exports" / "october.csv",
        [
            line(5, "10.00", ResourceId="i-1", ResourceType=INSTANCE, tags={"cost-center": "payments", "environment": "prod"}),
            line(5, "4.00", ResourceId="i-2", ResourceType=INSTANCE, tags={"CostCenter": "search", "environment": "prod"}),
            line(5, "3.50", ResourceId="i-3", ResourceType=INSTANCE, tags={"environment": "production"}),
            line(6, "0.75", ResourceId="", ChargeCategory="Tax"),
        ],
    )  # fmt: skip
    live = {
        "i-1": {"cost-center": "payments", "environment": "prod"},
        "i-2": {"CostCenter": "search", "environment": "prod"},
        "i-3": {"cost-center": "platform", "environment": "production"},
    }
    rows = [
        {"provider": "aws", "account": "111", "region": "eu-west-1", "type": INSTANCE, "id": name, "tags": tags}
        for name, tags in live.items()
    ]  # fmt: skip
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "2026-10-05.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    return tmp_path


def test_ones_own_bill_takes_the_two_files_and_the_commands_shown(own_bill: Path) -> None:
    consoles = [block for block in blocks(README) if block.language == "console"]
    assert [block.mark for block in consoles] == ["run", "run: exit 1"]
    for block in consoles:
        expected = 1 if block.mark.endswith("exit 1") else 0
        for step in steps(block.text):
            answer = tell(step.command, own_bill)
            assert answer.returncode == expected, answer.stdout
            assert missing(step.shown, answer.stdout) is None, answer.stdout
    query = next(block for block in blocks(README) if block.mark == "query")
    *_, store, sql = shlex.split(query.text)
    with duckdb.connect(str(own_bill / store), read_only=True) as con:
        assert len(con.execute(sql).fetchall()) == 4
    assert (own_bill / "out" / "latest" / "index.html").is_file()


def test_without_an_inventory_the_first_run_ends_with_0(own_bill: Path) -> None:
    text = (own_bill / "tagrecon.yaml").read_text("utf-8")
    (own_bill / "tagrecon.yaml").write_text(text.partition("inventory:")[0], encoding="utf-8")
    assert tell("tagrecon run --quiet", own_bill).returncode == Exit.DONE


def test_the_demonstration_says_what_readme_shows(tmp_path: Path) -> None:
    shown = shown_demo(README.read_text("utf-8"))
    assert shown == excerpt(demonstration(tmp_path)), "README.md drifted; run: make docs"


def test_the_shown_demonstration_closes_every_book_to_0() -> None:
    rows = re.findall(r"^ 2026-10 .*$", shown_demo(README.read_text("utf-8")), re.M)
    assert len(rows) >= 5 and all(row.split()[-1] == "0" for row in rows)


def test_every_make_target_that_a_paper_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", _makefile(), re.M))
    named = {
        target
        for page in papers()
        for target in re.findall(r"(?:`|^)make ([a-z-]+)(?:`|  +#)", page.read_text("utf-8"), re.M)
    }
    assert {"demo", "test"} <= named and named <= targets


def test_make_demo_is_the_command_whose_output_is_shown() -> None:
    recipe = _makefile().partition("\ndemo:")[2].partition("\n\n")[0]
    assert recipe.strip().endswith("tagrecon demo --output demo")
    assert "demo/out/latest/index.html" in README.read_text("utf-8")


def test_ci_runs_what_readme_says_it_runs() -> None:
    check = re.search(r"^check: (.*?)(?:\s+##|$)", _makefile(), re.M)
    assert check and set(check[1].split()) == {"lint", "types", "imports", "test"}
    assert "make check" in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.mark.parametrize("page", ["README.md", "docs/errors.md", "docs/cli.md"])
def test_a_table_of_exit_codes_has_all_of_them(page: str) -> None:
    table = (ROOT / page).read_text("utf-8").partition("| exit code |")[2].partition("\n\n")[0]
    assert [int(code) for code in re.findall(r"^\| (\d) \|", table, re.M)] == sorted(Exit)


def _makefile() -> str:
    return (ROOT / "Makefile").read_text("utf-8")
