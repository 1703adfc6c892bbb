"""The page that books a month: its commands, one after the other, on the sample estate."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from beancount import loader

from tests.docs.papers import ROOT, blocks
from tests.docs.shell import missing, steps, tell

PAGE = ROOT / "docs/booking-a-month.md"
BEFORE, NOW = b"270.307323978804", b"320.307323978804"


def restate(company: Path) -> None:
    """Azure delivers October again, support 50 dearer."""
    path = company / "exports/azure/2026-10/part_0_0001.csv.gz"
    delivered = gzip.decompress(path.read_bytes())
    assert (
        delivered.count(BEFORE) == 4
    )  # billed, contracted, effective, list; and nothing else costs the same
    path.write_bytes(gzip.compress(delivered.replace(BEFORE, NOW), mtime=0))


def by_cost(company: Path) -> None:
    """Other rules: support in proportion to cost."""
    text = (company / "allocation.yaml").read_text("utf-8")
    even = "{id: support-evenly, source: 'shared:support', method: even, targets: all}"
    assert even in text
    (company / "by-cost.yaml").write_text(text.replace(even, even.replace("even,", "proportional,")), "utf-8")


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which all commands of the page have run, each answering as shown."""
    folder = tmp_path_factory.mktemp("booking")
    company = folder / "company"
    for block in blocks(PAGE):
        for step in steps(block.text) if block.language == "console" else ():
            if step.command.startswith("tagrecon run"):
                restate(company)
            if step.command.startswith("tagrecon whatif"):
                by_cost(company)
            answer = tell(step.command, company if company.exists() else folder)
            assert answer.returncode == 0, f"{step.command}\n{answer.stdout}"
            assert missing(step.shown, answer.stdout) is None, f"{step.command}\n{answer.stdout}"
    return company


def test_the_page_says_what_its_commands_say(walked: Path) -> None:
    assert (walked / "statements/2026-11/payments.html").exists()


def test_the_journals_balance(walked: Path) -> None:
    for path in (walked / "october.beancount", *sorted((walked / "statements").rglob("*.beancount"))):
        entries, errors, _ = loader.load_file(str(path))
        assert entries and errors == [], path


def test_the_adjustments_are_what_the_bill_changed_by(walked: Path) -> None:
    with duckdb.connect(str(walked / "var/tagrecon.duckdb"), read_only=True) as con:
        rows = con.execute(
            "SELECT account, BilledCost, EffectiveCost FROM ledger WHERE billing_period = '2026-11' ORDER BY account"
        ).fetchall()
    owners = ("data", "payments", "platform", "search", "storefront")
    assert rows == [(f"owner:{name}", Decimal(10), Decimal(10)) for name in owners]
