"""What would move under other rules: told exactly, and nothing is touched."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from recon.cli.app import app
from recon.config import load_config
from recon.ledger.closures import Signed
from recon.run import run
from recon.run.closing import Wanted, close_books
from tests.bills import ALLOCATION, NOW, REGISTRY, line, write_bill, write_config

EVEN = ALLOCATION.replace("method: proportional", "method: even")
NEW_COLUMN = ALLOCATION.replace("{ServiceName: Transit}", "{PublisherName: Someone}")


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    config = write_config(tmp_path / "estate")
    lines = [
        line(5, "10", tags={"cost-center": "payments"}, ResourceId="p-1"),
        line(6, "30", tags={"cost-center": "search"}, ResourceId="s-1"),
        line(7, "4", ServiceName="Transit", ResourceId=None),
        line(8, "-2", tags={"cost-center": "search"}, ResourceId="s-2"),
        line(31, "1", ResourceId="x-1"),
    ]
    write_bill(config.parent / "exports/oct.csv", lines)
    run(load_config(config), NOW)
    return config


def other(config: Path, text: str, name: str = "other.yaml") -> Path:
    path = config.parent / name
    path.write_text(text, "utf-8")
    return path


def whatif(config: Path, *words: str, code: int = 0) -> str:
    answer = CliRunner().invoke(
        app, ["whatif", "--config", str(config), "--now", "2026-11-03", "--quiet", *words]
    )
    assert answer.exit_code == code, answer.output
    return answer.output


def told(config: Path, *words: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(whatif(config, "--json", *words))
    return document


def tree(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_the_same_rules_move_nothing(estate: Path) -> None:
    document = told(estate)
    assert (document["moved"], document["accounts"], document["moves"], document["verdicts"]) == (
        [],
        [],
        [],
        [],
    )


def test_nothing_is_touched(estate: Path) -> None:
    rules = other(estate, EVEN)
    before = tree(estate.parent)
    told(estate, "--allocation", str(rules))
    assert tree(estate.parent) == before


def test_another_split_moves_shares_and_no_charges(estate: Path) -> None:
    document = told(estate, "--allocation", str(other(estate, EVEN)))
    changes = {row["account"]: Decimal(row["effective_change"]) for row in document["accounts"]}
    # 4 of transit by cost: payments 10 of 38, search 28 of 38; then 2 each
    assert changes.keys() == {"owner:payments", "owner:search"}
    assert sum(changes.values()) == 0
    assert round(changes["owner:payments"], 6) == Decimal("0.947368")
    assert document["moves"] == []
    assert document["moved"] == [{"currency": "USD", "effective_cost": f"{changes['owner:payments']:f}"}]


def test_another_rule_moves_charges_from_whom_to_whom(estate: Path) -> None:
    rules = other(
        estate, "rules: [{id: all-to-platform, when: {SubAccountId: '111'}, to: 'owner:platform'}]\n"
    )
    document = told(estate, "--allocation", str(rules))
    moves = {
        (m["source"], m["target"]): (m["effective"], m["charges"], m["gross"]) for m in document["moves"]
    }
    assert moves == {
        ("owner:payments", "owner:platform"): ("10", 1, "10"),
        ("owner:search", "owner:platform"): ("28", 2, "32"),
        ("shared:network", "owner:platform"): ("4", 1, "4"),
        ("unallocated:untagged", "owner:platform"): ("1", 1, "1"),
    }
    assert {m["rule_after"] for m in document["moves"]} == {"all-to-platform"}
    assert document["moved"] == [
        {"currency": "USD", "effective_cost": "47"}
    ]  # a credit that moves is money that moves


def test_another_registry_changes_verdicts_coverage_and_what_has_no_owner(estate: Path) -> None:
    strict = other(estate, REGISTRY.replace("payments, search", "payments"), "strict.yaml")
    rules = other(estate, "version: 1\n")
    document = told(estate, "--registry", str(strict), "--allocation", str(rules))
    verdicts = {v["verdict"]: (v["effective_before"], v["effective_after"]) for v in document["verdicts"]}
    assert verdicts == {"invalid": ("0", "28"), "ok": ("38", "10")}
    gone = {
        row["account"]: row["effective_change"]
        for row in document["accounts"]
        if row["account"].startswith("unallocated:")
    }
    assert gone == {"unallocated:invalid": "28", "unallocated:shared": "4"}
    (coverage,) = [c for c in document["coverage"] if c["key"] == "cost-center"]
    assert coverage["before"]["by_cost"] > coverage["after"]["by_cost"]


def test_rules_by_a_column_that_charges_are_not_told_apart_by_read_the_bills_again(estate: Path) -> None:
    document = told(estate, "--allocation", str(other(estate, NEW_COLUMN)))
    assert document["moves"] is None
    assert {row["account"] for row in document["accounts"]} == {
        "owner:payments",
        "owner:search",
        "unallocated:shared",
    }
    assert "read again" in whatif_text(estate, str(estate.parent / "other.yaml"))


def whatif_text(config: Path, rules: str, *words: str, code: int = 0) -> str:
    answer = CliRunner().invoke(
        app, ["whatif", "--config", str(config), "--now", "2026-11-03", "--allocation", rules, *words]
    )
    assert answer.exit_code == code, answer.output
    return answer.output


def test_closed_months_show_the_adjustments_that_it_would_cause(estate: Path) -> None:
    later = dt.datetime(2026, 12, 1, 6)
    signed = Signed(later, "finance")
    close_books(load_config(estate), later, Wanted("2026-10"), signed, True, lambda text: None)
    document = told(estate, "--allocation", str(other(estate, EVEN)))
    assert {row["billing_period"] for row in document["accounts"]} == {"2026-11"}


@pytest.mark.parametrize(("limit", "code"), [("0.5", 1), ("0.94", 1), ("0.95", 0), ("1000", 0)])
def test_the_gate(estate: Path, limit: str, code: int) -> None:
    said = whatif(estate, "--allocation", str(other(estate, EVEN)), "--fail-if-moved", limit, code=code)
    assert ("gate missed" in said) == bool(code)


@pytest.mark.parametrize("limit", ["much", "-1", "NaN", "1,000"])
def test_a_limit_that_is_no_amount_is_refused(estate: Path, limit: str) -> None:
    assert "is no amount" in whatif(estate, "--fail-if-moved", limit, code=2)


def test_only_the_periods_asked_for(estate: Path) -> None:
    assert told(estate, "--allocation", str(other(estate, EVEN)), "--period", "2026-09")["accounts"] == []


def test_the_tables_name_who_gets_more(estate: Path) -> None:
    said = whatif_text(estate, str(other(estate, EVEN)))
    assert "Would move: 0.95\xa0USD" in said
    assert "owner:payments" in said and "+0.95" in said


def test_what_is_wrong_is_told_and_nothing_is_made(estate: Path, tmp_path: Path) -> None:
    assert "no such file" in whatif(estate, "--allocation", "nowhere.yaml", code=2)
    wrong = other(estate, "rules: [{id: a, when: {Servicename: x}, to: 'owner:search'}]\n")
    assert "other.yaml:1" in whatif(estate, "--allocation", str(wrong), code=2)
    empty = write_config(tmp_path / "empty")
    assert "no store lies at" in whatif(empty, code=2)


def test_an_account_that_moves_in_billed_cost_only_is_told(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    purchase = line(
        3,
        "0",
        BilledCost="1000",
        ChargeCategory="Purchase",
        ServiceName="RI",
        tags={"cost-center": "payments"},
    )
    write_bill(config.parent / "exports/oct.csv", [line(tags={"cost-center": "search"}), purchase])
    run(load_config(config), NOW)
    rules = other(config, "rules: [{id: ri, when: {ServiceName: RI}, to: 'owner:search'}]\n")
    said = whatif_text(config, str(rules))
    assert "Nothing would move" not in said
    assert "no EffectiveCost" in said and "+1,000.00" in said


PRODUCTS = (
    "dimensions: {product: {rules: [{id: a, when: {ServiceName: Compute}, value: X}], default: rest}}\n"
)


def test_dimensions_are_compared_too(estate: Path) -> None:
    (estate.parent / "allocation.yaml").write_text(ALLOCATION + PRODUCTS, "utf-8")
    run(load_config(estate), NOW)
    rules = other(estate, ALLOCATION + PRODUCTS.replace("value: X", "value: Y"))
    document = told(estate, "--allocation", str(rules))
    rows = [
        (d["dimension"], d["value"], d["effective_before"], d["effective_after"])
        for d in document["dimensions"]
    ]
    assert rows == [("product", "X", "39", "0"), ("product", "Y", "0", "39")]
    assert document["accounts"] == []
    said = whatif_text(estate, str(rules))
    assert "Nothing would move" not in said and "What dimensions would say" in said


SWAP = """\
version: 2
rules:
  - {id: a, when: {PricingCategory: {absent: true}, 'tag:cost-center': payments}, to: 'owner:search'}
  - {id: b, when: {PricingCategory: {absent: true}, 'tag:cost-center': search}, to: 'owner:payments'}
"""


def _two_teams(folder: Path) -> Path:
    config = write_config(folder)
    (folder / "allocation.yaml").write_text("version: 1\n", "utf-8")
    lines = [
        line(5, "5000", tags={"cost-center": "payments"}),
        line(6, "5000", tags={"cost-center": "search"}),
    ]
    write_bill(folder / "exports/oct.csv", lines)
    run(load_config(config), NOW)
    return config


def test_the_gate_sees_two_teams_that_swap_where_bills_are_read_again(tmp_path: Path) -> None:
    config = _two_teams(tmp_path)
    rules = str(other(config, SWAP))
    document = told(config, "--allocation", rules)
    assert (document["moves"], document["accounts"], document["bills_changed"]) == (None, [], False)
    assert document["moved"] == [{"currency": "USD", "effective_cost": "10000"}]
    said = whatif(config, "--allocation", rules, "--fail-if-moved", "1000", code=1)
    assert "gate missed: up to 10,000.00" in said
    assert "Would move: at most 10,000.00" in whatif_text(config, rules)


def test_bills_read_again_under_rules_that_move_nothing_pass_the_gate(tmp_path: Path) -> None:
    config = _two_teams(tmp_path)
    rules = other(config, "rules: [{id: a, when: {PricingCategory: Never}, to: 'owner:search'}]\n")
    assert whatif(config, "--allocation", str(rules), "--fail-if-moved", "0") == ""
    assert "Nothing would move" in whatif_text(config, str(rules))


def test_news_in_the_bills_is_not_shown_as_what_the_rules_do(tmp_path: Path) -> None:
    config = _two_teams(tmp_path)
    rules = str(other(config, "rules: [{id: a, when: {PricingCategory: Never}, to: 'owner:search'}]\n"))
    write_bill(config.parent / "exports/new.csv", [line(7, "3", tags={"cost-center": "payments"})])
    assert told(config, "--allocation", rules)["bills_changed"] is True
    assert "The bills hold news since the last run" in whatif_text(config, rules)
    said = whatif(config, "--allocation", rules, "--fail-if-moved", "1000000", code=1)
    assert "run tagrecon run first" in said


def test_a_trial_that_sigterm_ends_leaves_nothing(estate: Path, tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    command = [sys.executable, "-m", "recon", "whatif", "--config", str(estate), "--now", "2026-11-03"]
    for _ in range(10):  # on a busy machine the trial may be through before the signal comes
        trial = subprocess.Popen(
            command, env={**os.environ, "TMPDIR": str(room)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        while trial.poll() is None and not list(room.glob("tagrecon-whatif-*/*")):
            time.sleep(0.005)
        trial.send_signal(signal.SIGTERM)
        _, said = trial.communicate()
        assert (list(room.iterdir()), b"bug" in said) == ([], False), said
        if trial.returncode == 143:
            return
        assert trial.returncode == 0, said
    pytest.fail("the signal never came in time")
