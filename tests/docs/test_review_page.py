"""The page about reviewing: its commands, one after the other, on the sample estate."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.docs.papers import ROOT, blocks
from tests.docs.shell import missing, steps, tell

PAGE = ROOT / "docs/fix-review.md"
Answers = Mapping[str, Mapping[str, str]]


def fill_in(path: Path, to: Path, answers: Answers) -> None:
    """The exported file with an answer for each resource that ends so and each key."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        hits = [
            said for name, said in answers.items() if row["resource"].endswith(name) or name == row["key"]
        ]
        row.update(hits[-1] if hits else {})
    with to.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def first_answers(company: Path) -> None:
    answers = {
        "platform-worker-0400": {"decision": "accept"},
        "data-cache-0432": {"decision": "reject", "comment": "nobody knows yet"},
        "payments-ledger-0416": {"decision": "correct", "value": "tset"},
    }
    queue, kept = company / "queue.csv", company / "asked.csv"
    shutil.copy(queue, kept)
    fill_in(kept, company / "wrong.csv", answers)
    fill_in(kept, queue, answers | {"payments-ledger-0416": {"decision": "correct", "value": "test"}})


def two_reviewers(company: Path) -> None:
    registry = company / "registry.yaml"
    text = registry.read_text("utf-8")
    assert text.count("  cost-center:\n") == 1
    registry.write_text(
        text.replace("  cost-center:\n", "  cost-center:\n    fixes: {reviewers: 2}\n"), "utf-8"
    )
    yes, no = {"decision": "accept"}, {"decision": "reject"}
    fill_in(company / "asked.csv", company / "ana.csv", {"cost-center": yes})
    fill_in(company / "asked.csv", company / "ben.csv", {"cost-center": yes, "data-export-0350": no})
    fill_in(company / "asked.csv", company / "cleo.csv", {"data-export-0350": yes})


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which all commands of the page have run, each answering as shown."""
    folder = tmp_path_factory.mktemp("reviewing")
    company = folder / "company"
    for block in blocks(PAGE):
        for step in steps(block.text) if block.language == "console" else ():
            if "--import wrong.csv" in step.command:
                first_answers(company)
            if "--import ana.csv" in step.command:
                two_reviewers(company)
            answer = tell(step.command, company if company.exists() else folder)
            expected = 2 if "wrong.csv" in step.command else 0
            assert answer.returncode == expected, f"{step.command}\n{answer.stdout}"
            assert missing(step.shown, answer.stdout) is None, f"{step.command}\n{answer.stdout}"
    return company


def test_the_page_says_what_its_commands_say_and_its_plan_what_was_decided(walked: Path) -> None:
    plan = (walked / "fix-plan.yaml").read_text("utf-8")
    shown = [block for block in blocks(PAGE) if block.language == "yaml" and "why:" in block.text]
    assert len(shown) == 1
    assert shown[0].text.strip() in plan
