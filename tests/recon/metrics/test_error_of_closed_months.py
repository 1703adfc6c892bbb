"""What a closed month's allocation error rests on: what was frozen, whatever rules came since."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.config import load_config
from recon.ledger.closures import Signed
from recon.run import run
from recon.run.closing import Wanted, close_books
from tests.bills import ALLOCATION, NOW, line, write_bill, write_config

LATER = dt.datetime(2027, 3, 1, 6)
STAGES = frozenset({"ingest", "reconcile"})
PAYMENTS = {"cost-center": "payments"}


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    config = write_config(tmp_path)
    lines = [
        line(5, "50", tags=PAYMENTS), line(8, "-6", tags=PAYMENTS, ResourceId="c-1"), line(7, "4", ServiceName="Transit", ResourceId=None),
        line(31, "-20", ResourceId="x-1"), line(31, "30", ResourceId="x-2"),
    ]  # fmt: skip
    write_bill(tmp_path / "exports/oct.csv", lines)
    write_bill(tmp_path / "exports/nov.csv", [line(3, "8", month=11, ResourceId="x-1")])
    run(load_config(config), NOW, stages=STAGES)
    return config


def errors(config: Path, period: str) -> list[tuple[Any, ...]]:
    con = duckdb.connect(str(config.parent / "var/tagrecon.duckdb"), read_only=True)
    try:
        return con.execute(
            "SELECT id, numerator, denominator FROM slis WHERE id IN ('M10', 'misattributed') AND billing_period = ? ORDER BY id",
            [period],
        ).fetchall()
    finally:
        con.close()


def close_october(config: Path) -> None:
    close_books(load_config(config), LATER, Wanted("2026-10"), Signed(LATER, "ada"), True, lambda text: None)


def test_a_closed_month_keeps_its_error_under_other_rules(estate: Path) -> None:
    before = errors(estate, "2026-10")
    assert before == [("M10", "50", "110"), ("misattributed", "50", "110")]
    close_october(estate)
    (estate.parent / "allocation.yaml").write_text("version: 2\ndefault: 'owner:platform'\n", "utf-8")
    run(load_config(estate), LATER, stages=STAGES)
    assert errors(estate, "2026-10") == before


def test_an_open_month_beside_it_follows_the_rules_and_not_the_adjustments(estate: Path) -> None:
    close_october(estate)
    assert errors(estate, "2026-11")[0] == ("M10", "8", "8")
    (estate.parent / "allocation.yaml").write_text("version: 2\ndefault: 'owner:platform'\n", "utf-8")
    run(load_config(estate), LATER, stages=STAGES)
    assert errors(estate, "2026-11")[0] == ("M10", "0", "8")


def test_what_a_pool_keeps_is_an_error_in_a_closed_month_too(estate: Path) -> None:
    nobody = ALLOCATION.partition("splits:")[0]  # a pool that nothing divides
    (estate.parent / "allocation.yaml").write_text(nobody, "utf-8")
    run(load_config(estate), NOW, stages=STAGES)
    before = errors(estate, "2026-10")
    assert before[0] == ("M10", "54", "110")
    close_october(estate)
    (estate.parent / "allocation.yaml").write_text(ALLOCATION, "utf-8")
    run(load_config(estate), LATER, stages=STAGES)
    assert errors(estate, "2026-10") == before
