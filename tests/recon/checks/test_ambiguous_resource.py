"""Is a billed id told that could mean two live resources, and is its charge judged by the bill alone?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.config import load_config
from recon.run import run
from tests.bills import line, write_bill, write_config

SHORT = "i-0abc12345678"
ARNS = [f"arn:aws:ec2:{region}:111:instance/{SHORT}" for region in ("eu-central-1", "us-east-1")]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    config = write_config(tmp_path, more="inventory: [{name: live, location: live.csv}]\n")
    listed = "".join(f"AWS,111,{arn}\n" for arn in ARNS)
    (tmp_path / "live.csv").write_text(f"provider,account,id\n{listed}", "utf-8")
    write_bill(tmp_path / "exports" / "bill.csv", [line(d, "2.5", ResourceId=SHORT) for d in (3, 4)])
    stages = frozenset({"snapshot", "ingest", "reconcile"})
    return run(load_config(config), datetime(2026, 11, 3), stages=stages).store


def ask(store: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(store), read_only=True) as con:
        return con.execute(query).fetchall()


def test_it_is_one_finding_with_both_and_the_money(store: Path) -> None:
    [(resource, reason, stake)] = ask(
        store,
        "SELECT resource_id, reason, effective_at_stake FROM base.finding WHERE check_id = 'ambiguous-resource'",
    )
    assert resource == SHORT
    assert all(arn in reason for arn in ARNS)
    assert stake == Decimal(5)


def test_it_is_no_unknown_resource(store: Path) -> None:
    query = (
        "SELECT DISTINCT v.verdict FROM base.judgement j JOIN base.verdict_name v ON v.verdict_no = j.verdict"
    )
    assert ask(store, query) == [("untagged",)]


def test_it_is_shown_as_ambiguous(store: Path) -> None:
    query = "SELECT match_method FROM resources WHERE ResourceId = ?"
    assert ask(store, query.replace("?", f"'{SHORT}'")) == [("ambiguous",)]
