"""A reporting currency stands beside the books: run to report, with two currencies and more."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.config import load_config
from recon.run.rates import take_rates
from tests.bills import line, write_bill, write_config

NOW = "2026-11-03T06:00:00Z"
REPORTING = "reporting: {currency: EUR, rates: rates.csv}\n"
HEAD = "month,from,to,rate,source\n"


def tagrecon(folder: Path, *words: str, now: str = NOW) -> subprocess.CompletedProcess[str]:
    config = ["--config", str(folder / "tagrecon.yaml"), "--now", now]
    command = [sys.executable, "-m", "recon", *(words or ("run",)), *config]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    write_config(tmp_path, more=REPORTING)
    owner = {"tags": {"cost-center": "payments"}}
    lines = [
        line(cost="10.01", **owner), line(cost="7", ResourceId="r-2", tags={"cost-center": "search"}),
        line(cost="0.123456789012345678901234", ResourceId="r-3"),
        line(cost="5.5", ResourceId="r-4", BillingCurrency="EUR", BillingAccountId="eu", **owner),
        line(cost="3", ResourceId="r-5", BillingCurrency="GBP", BillingAccountId="uk", **owner),
    ]  # fmt: skip
    write_bill(tmp_path / "exports" / "october.csv", lines)
    (tmp_path / "rates.csv").write_text(HEAD + "2026-10,USD,EUR,0.923333333333333333333333,ECB mean\n")
    return tmp_path


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "out" / "latest" / "csv" / "owners_converted.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def ask(folder: Path, query: str) -> list[tuple[Any, ...]]:
    con = duckdb.connect(str(folder / "var" / "tagrecon.duckdb"), read_only=True)
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


def test_owners_stand_in_the_reporting_currency_beside_their_own(estate: Path) -> None:
    done = tagrecon(estate)
    assert done.returncode == 0, done.stderr
    rows = table(estate)
    usd = [row for row in rows if row["BillingCurrency"] == "USD"]
    assert {row["account"] for row in usd} == {"owner:payments", "owner:search", "unallocated:untagged"}
    whole = Decimal("17.133456789012345678901234") * Decimal("0.923333333333333333333333")
    converted = sum(Decimal(row["EffectiveCost_converted"]) for row in usd)
    assert abs(converted - whole) < Decimal(1).scaleb(-24)
    assert {(row["rate"], row["rate_source"]) for row in usd} == {("0.923333333333333333333333", "ECB mean")}
    (eur,) = [row for row in rows if row["BillingCurrency"] == "EUR"]
    assert (eur["EffectiveCost_converted"], eur["rate"], eur["rate_source"]) == ("5.5", "1", "same currency")
    page = (estate / "out" / "latest" / "index.html").read_text("utf-8")
    assert "In EUR, at the rates of October 2026" in page
    assert "ECB mean" in page


def test_what_has_no_rate_is_not_converted_and_listed_as_a_limitation(estate: Path) -> None:
    assert tagrecon(estate).returncode == 0
    (gbp,) = [row for row in table(estate) if row["BillingCurrency"] == "GBP"]
    assert (gbp["EffectiveCost"], gbp["EffectiveCost_converted"], gbp["rate"]) == ("3", "", "")
    summary = json.loads((estate / "out" / "latest" / "summary.json").read_text("utf-8"))
    missing = [
        (gap["scope"], gap["touched"], gap["limitation"])
        for gap in summary["gaps"]
        if gap["kind"] == "no-rate"
    ]
    assert missing == [("GBP to EUR", ["2026-10"], True)]
    assert "not converted: 3.00 GBP" in (estate / "out" / "latest" / "index.html").read_text("utf-8")


def test_a_rate_is_never_inverted(estate: Path) -> None:
    (estate / "rates.csv").write_text(HEAD + "2026-10,EUR,USD,1.08,ECB mean\n2026-10,GBP,EUR,1.15,ECB mean\n")
    assert tagrecon(estate).returncode == 0
    assert {row["rate"] for row in table(estate) if row["BillingCurrency"] == "USD"} == {""}
    summary = json.loads((estate / "out" / "latest" / "summary.json").read_text("utf-8"))
    (gap,) = [gap for gap in summary["gaps"] if gap["kind"] == "no-rate"]
    assert "rates from EUR to USD are not inverted" in gap["reason"]


def test_totals_of_the_bill_are_the_same_with_and_without(estate: Path) -> None:
    assert tagrecon(estate).returncode == 0
    query = "SELECT billing_period, account, BillingCurrency, sum(EffectiveCost), sum(BilledCost) FROM ledger GROUP BY ALL ORDER BY ALL"
    converted = ask(estate, query)
    config = estate / "tagrecon.yaml"
    config.write_text(config.read_text("utf-8").replace(REPORTING, ""))
    assert tagrecon(estate).returncode == 0
    assert ask(estate, query) == converted
    assert not (estate / "out" / "latest" / "csv" / "owners_converted.csv").exists()
    assert ask(estate, "SELECT DISTINCT rate, reporting_currency FROM owner_totals") == [(None, None)]


def test_a_new_rate_alone_makes_a_new_table(estate: Path) -> None:
    assert tagrecon(estate).returncode == 0
    assert "nothing new" in tagrecon(estate).stderr + tagrecon(estate).stdout
    (estate / "rates.csv").write_text(HEAD + "2026-10,USD,EUR,2,bank\n")
    assert tagrecon(estate).returncode == 0
    payments = [r for r in table(estate) if (r["account"], r["BillingCurrency"]) == ("owner:payments", "USD")]
    assert [row["EffectiveCost_converted"] for row in payments] == ["20.02"]


def test_a_wrong_table_stops_the_run_before_anything_is_touched(estate: Path) -> None:
    assert tagrecon(estate).returncode == 0
    before = (estate / "var" / "tagrecon.duckdb").read_bytes()
    (estate / "rates.csv").write_text(HEAD + "2026-10,USD,EUR,0.9,a\n2026-10,USD,EUR,0.8,b\n")
    done = tagrecon(estate)
    assert done.returncode == 2
    assert "rates.csv:3" in done.stderr
    assert "Traceback" not in done.stderr
    assert (estate / "var" / "tagrecon.duckdb").read_bytes() == before


def test_a_month_of_adjustments_alone_needs_a_rate_too(estate: Path) -> None:
    later = "2026-12-05T06:00:00Z"
    write_bill(estate / "exports" / "october.csv", [line(cost="10", tags={"cost-center": "payments"})])
    assert tagrecon(estate).returncode == 0
    closed = tagrecon(estate, "close", "2026-10", "--by", "ada", "--partial", now=later)
    assert closed.returncode == 0, closed.stderr
    write_bill(estate / "exports" / "october.csv", [line(cost="50", tags={"cost-center": "payments"})])
    assert tagrecon(estate, now=later).returncode == 0
    assert ask(estate, "SELECT EffectiveCost, rate FROM owner_totals WHERE billing_period = '2026-11'") == [
        (Decimal(40), None)
    ]
    con = duckdb.connect(str(estate / "var" / "tagrecon.duckdb"))
    try:
        gaps = take_rates(con, load_config(estate / "tagrecon.yaml"))
    finally:
        con.close()
    assert [(gap.kind, gap.scope, gap.touched) for gap in gaps] == [("no-rate", "USD to EUR", ("2026-11",))]
