"""What an invoice, or the provider's own interface, says a period sums to stands beside the books: never hidden,
never posted, whatever the difference."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.config import load_config
from recon.errors import Exit, InputError, InputErrors
from recon.run import run
from tests.bills import NOW, line, tables, work, write_bill, write_config
from tests.connectors.places.servers import moto

ACCOUNT = "123456789012"
HEAD = "billing_period,provider,billing_account_id,currency,total\n"
GOOD = f"{HEAD}2026-10,AWS,{ACCOUNT},USD,2.50\n"
INVOICES = "controls: [{invoices: invoices.csv}]\n"
EXPLORER = f"controls: [{{via: cost-explorer, account: '{ACCOUNT}'}}]\n"
BOTH = f"controls: [{{via: cost-explorer, account: '{ACCOUNT}'}}, {{invoices: invoices.csv}}]\n"


def bill(folder: Path, more: str, invoices: str = "") -> Path:
    """A bill of 2.50 USD in October."""
    config = write_config(folder, more=more)
    write_bill(folder / "exports" / "bill.csv", [line(day, BillingAccountId=ACCOUNT) for day in (5, 6)])
    if invoices:
        (folder / "invoices.csv").write_text(invoices, "utf-8")
    return config


def add_a_line(config: Path) -> None:
    """Another delivery, so that the next run reads bills."""
    lines = [line(7, cost="0", BillingAccountId=ACCOUNT)]
    write_bill(config.parent / "exports" / f"more-{len(list(config.parent.glob('exports/*')))}.csv", lines)


def beside(result: Any) -> tuple[Any, Any]:
    """Control total and difference of the only book."""
    [book] = result.summary["closing"]
    assert book["difference_billed"] == "0"
    return book.get("control_total"), book.get("control_difference")


def findings(store: Path) -> list[tuple[Any, ...]]:
    return rows(
        store,
        "SELECT severity, BillingAccountId, billed_at_stake, reason FROM findings WHERE check_id = 'control-total' AND status = 'open'",
    )


def rows(store: Path, query: str) -> list[tuple[Any, ...]]:
    con = duckdb.connect(str(store), read_only=True)
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


def test_an_invoice_that_says_the_same_leaves_no_difference_and_no_finding(tmp_path: Path) -> None:
    result = work(bill(tmp_path, INVOICES, GOOD))
    assert beside(result) == ("2.5", "0")
    assert findings(result.store) == []


def test_a_bill_that_nobody_controls_has_no_total_and_no_difference(tmp_path: Path) -> None:
    result = work(bill(tmp_path, ""))
    assert beside(result) == (None, None)
    assert findings(result.store) == []


def test_an_invoice_that_is_one_dollar_more_is_a_finding_with_that_dollar(tmp_path: Path) -> None:
    result = work(bill(tmp_path, INVOICES, GOOD.replace("2.50", "3.50")))
    assert beside(result) == ("3.5", "1")
    [(severity, account, stake, reason)] = findings(result.store)
    assert (severity, account, stake) == ("high", ACCOUNT, 1)
    assert "sums to 2.5 USD, but invoice (invoices.csv) says 3.5" in reason


def test_the_difference_moves_no_money_and_fails_no_run(tmp_path: Path) -> None:
    plain = work(bill(tmp_path / "plain", ""))
    controlled = work(bill(tmp_path / "controlled", INVOICES, GOOD.replace("2.50", "999")))
    assert controlled.status == plain.status == "ok"
    money = ("charges", "verdicts", "ledger")
    assert tables(controlled.store, *money) == tables(plain.store, *money)


def test_the_report_shows_total_and_difference_beside_the_proof(tmp_path: Path) -> None:
    result = run(load_config(bill(tmp_path, INVOICES, GOOD.replace("2.50", "1234.75"))), NOW)
    assert result.out_dir is not None
    page = (result.out_dir / "index.html").read_text("utf-8")
    [row] = [row for row in page.split("<tr")[1:] if ACCOUNT in row and ">Billed<" in row]
    assert "1,234.75" in row
    assert "1,232.25" in row


def test_less_than_half_a_hundredth_is_shown_and_is_the_invoice_s_own_rounding(tmp_path: Path) -> None:
    result = work(bill(tmp_path, INVOICES, GOOD.replace("2.50", "2.504999")))
    assert beside(result) == ("2.504999", "0.004999")
    assert findings(result.store) == []


def test_two_invoices_of_a_month_add_up(tmp_path: Path) -> None:
    two = f"{HEAD}2026-10,AWS,{ACCOUNT},USD,2.00\n2026-10,Amazon Web Services,{ACCOUNT},usd,0.50\n"
    assert beside(work(bill(tmp_path, INVOICES, two))) == ("2.5", "0")


def test_an_invoice_of_a_period_without_any_bill_is_a_finding(tmp_path: Path) -> None:
    result = work(bill(tmp_path, INVOICES, f"{GOOD}2026-09,AWS,{ACCOUNT},USD,70\n"))
    assert beside(result) == ("2.5", "0")
    [(_, _, stake, reason)] = findings(result.store)
    assert stake == 70
    assert "2026-09" in reason


def test_an_invoice_in_another_currency_is_not_compared_with_this_one(tmp_path: Path) -> None:
    result = work(bill(tmp_path, INVOICES, GOOD.replace("USD", "EUR")))
    assert beside(result) == (None, None)
    assert len(findings(result.store)) == 1


def test_a_file_of_invoices_that_is_wrong_names_each_line_and_publishes_nothing(tmp_path: Path) -> None:
    wrong = f'{GOOD}2026-13,AWS,{ACCOUNT},USD,1\n2026-10,AWS,{ACCOUNT},USD,"1,000.00"\n'
    with pytest.raises(InputErrors) as told:
        work(bill(tmp_path, INVOICES, wrong))
    assert told.value.exit_code == Exit.USER_INPUT
    first, second = str(told.value).splitlines()
    assert "invoices.csv:3: " in first and "2026-13" in first
    assert "invoices.csv:4: " in second and "1,000.00" in second
    assert not (tmp_path / "var" / "tagrecon.duckdb").exists()


def test_a_file_without_a_needed_column_names_it_and_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"invoices\.csv: lacks the columns currency; needed are billing_period"
    ):
        work(bill(tmp_path, INVOICES, GOOD.replace("currency", "money")))


def test_a_file_of_invoices_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"invoices\.csv"):
        work(bill(tmp_path, INVOICES))


def test_a_changed_file_of_invoices_is_something_new(tmp_path: Path) -> None:
    config = bill(tmp_path, INVOICES, GOOD)
    assert work(config).changed
    assert not work(config).changed
    (tmp_path / "invoices.csv").write_text(GOOD.replace("2.50", "9"), "utf-8")
    result = work(config)
    assert result.changed
    assert beside(result) == ("9", "6.5")


def test_an_invoice_taken_out_of_the_file_controls_no_more(tmp_path: Path) -> None:
    config = bill(tmp_path, INVOICES, GOOD.replace("2.50", "9"))
    assert len(findings(work(config).store)) == 1
    (tmp_path / "invoices.csv").write_text(HEAD, "utf-8")
    result = work(config)
    assert beside(result) == (None, None)
    assert findings(result.store) == []


def test_the_same_estate_in_another_folder_tells_the_same(tmp_path: Path) -> None:
    config = bill(tmp_path / "one", INVOICES, GOOD.replace("2.50", "9"))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    one, two = work(config), work(tmp_path / "two" / config.name)
    assert one.summary["run"]["config_hash"] == two.summary["run"]["config_hash"]
    assert tables(one.store, "closing", "findings") == tables(two.store, "closing", "findings")


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with moto() as url:
        yield url


@pytest.fixture
def explorer(moto_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Cost Explorer on this machine; it says 3.50 USD for October."""
    month = {
        "TimePeriod": {"Start": "2026-10-01", "End": "2026-11-01"},
        "Total": {"UnblendedCost": {"Amount": "3.50", "Unit": "USD"}},
    }
    post(f"{moto_url}/moto-api/reset", {})
    post(f"{moto_url}/moto-api/static/ce/cost-and-usage-results", {"results": [{"ResultsByTime": [month]}]})
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    # October 2026 is within reach whatever day it is on this machine.
    monkeypatch.setattr("connectors.aws.cost_explorer._kept", lambda periods, today: sorted(periods))
    monkeypatch.setattr("connectors.aws.cost_explorer._ATTEMPTS", 1)
    return moto_url


def post(url: str, content: object) -> None:
    request = urllib.request.Request(url, json.dumps(content).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request).close()


def test_the_interface_s_total_is_compared_like_an_invoice(explorer: str, tmp_path: Path) -> None:
    result = work(bill(tmp_path, EXPLORER))
    assert beside(result) == ("3.5", "1")
    [(_, _, stake, reason)] = findings(result.store)
    assert (stake, result.status) == (1, "ok")
    assert "cost-explorer says 3.5" in reason


@pytest.mark.usefixtures("explorer")
def test_an_interface_that_can_not_be_reached_is_a_limitation_and_its_earlier_total_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = bill(tmp_path, EXPLORER)
    assert work(config).summary["gaps"] == work(bill(tmp_path / "other", "")).summary["gaps"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    add_a_line(config)
    result = work(config)
    assert (beside(result), result.status) == (("3.5", "1"), "ok")
    [gap] = [gap for gap in result.summary["gaps"] if "control" in gap["scope"]]
    assert gap["scope"] == f"control cost-explorer {ACCOUNT}"
    assert gap["limitation"] is True
    assert "no connection" in gap["reason"]


@pytest.mark.usefixtures("explorer")
def test_a_denied_interface_names_the_permission_in_the_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = bill(tmp_path, EXPLORER.replace(ACCOUNT, "999999999999"))
    write_bill(tmp_path / "exports" / "bill.csv", [line(BillingAccountId="999999999999")])
    [gap] = [gap for gap in work(config).summary["gaps"] if "control" in gap["scope"]]
    assert (gap["kind"], gap["permission"]) == ("denied", "ce:GetCostAndUsage")


@pytest.mark.usefixtures("explorer")
def test_the_invoice_wins_over_the_interface(tmp_path: Path) -> None:
    result = work(bill(tmp_path, BOTH, GOOD))
    assert beside(result) == ("2.5", "0")
    assert rows(result.store, "SELECT control_said_by FROM closing") == [("invoice (invoices.csv)",)]
    assert findings(result.store) == []


@pytest.mark.usefixtures("explorer")
def test_once_the_invoice_is_gone_the_interface_speaks_again(tmp_path: Path) -> None:
    config = bill(tmp_path, BOTH, GOOD)
    work(config)
    (tmp_path / "invoices.csv").write_text(HEAD, "utf-8")
    assert beside(work(config)) == ("3.5", "1")


def test_a_run_with_nothing_new_asks_nobody(
    explorer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = bill(tmp_path, EXPLORER)
    work(config)
    asked: list[list[str]] = []

    def kept(periods: list[str], today: date) -> list[str]:
        asked.append(periods)
        return periods

    monkeypatch.setattr("connectors.aws.cost_explorer._kept", kept)
    assert not work(config).changed
    assert asked == []


def test_an_interface_without_its_scope_is_refused_with_file_and_line(tmp_path: Path) -> None:
    config = bill(tmp_path, f"controls:\n  - {{via: bigquery, account: '{ACCOUNT}'}}\n")
    with pytest.raises(InputError, match=r"tagrecon\.yaml:\d+: .*scope"):
        load_config(config)
