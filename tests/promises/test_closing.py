"""A month that finance has closed does not move: what changes later is an adjustment, posted in an open month."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from recon.cli.app import app
from recon.config import load_config
from recon.errors import InputError
from recon.ledger.closures import Signed
from recon.run.closing import Closed, Wanted, close_books, reopen_books
from tests.bills import ALLOCATION, COLUMNS, NOW, REGISTRY, line, work, write_bill, write_config

LATER = dt.datetime(2027, 3, 1, 6)
PAY, SEARCH = {"cost-center": "payments"}, {"cost-center": "search"}


def october(cost: str = "10", **more: Any) -> list[dict[str, Any]]:
    """Payments, search, network (shared by cost) and something without an owner."""
    return [
        line(5, cost, tags=PAY, ResourceId="p-1"),
        line(6, "30", tags=SEARCH, ResourceId="s-1"),
        line(7, "4", ServiceName="Transit", ResourceId=None),
        line(31, "1", ResourceId="x-1"),
        *more.get("lines", []),
    ]


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    config = write_config(tmp_path)
    write_bill(tmp_path / "exports/oct.csv", october())
    work(config)
    return config


def bill(config: Path, lines: list[dict[str, Any]], name: str = "oct") -> None:
    write_bill(config.parent / f"exports/{name}.csv", lines)
    work(config)


def signed() -> Signed:
    return Signed(LATER, "finance", "month end")


def close(
    config: Path, period: str = "2026-10", *, partial: bool = False, now: dt.datetime = LATER, **more: Any
) -> Closed:
    return close_books(load_config(config), now, Wanted(period, **more), signed(), partial, lambda told: None)


def reopen(config: Path, period: str = "2026-10") -> Closed:
    return reopen_books(load_config(config), LATER, Wanted(period), signed(), lambda told: None)


def ask(config: Path, sql: str) -> list[tuple[Any, ...]]:
    con = duckdb.connect(str(load_config(config).store), read_only=True)
    try:
        return con.execute(sql).fetchall()
    finally:
        con.close()


def statement(config: Path, period: str) -> dict[str, Decimal]:
    """Account → EffectiveCost posted in a period, without what is 0."""
    rows = ask(
        config,
        f"SELECT account, sum(EffectiveCost) FROM ledger WHERE billing_period = '{period}' GROUP BY ALL HAVING sum(EffectiveCost) <> 0",
    )
    return {account: amount.normalize() for account, amount in rows}


def adjustments(config: Path) -> list[tuple[str, str, str, Decimal, str]]:
    """Posted period, origin, account, amount, basis."""
    rows = ask(
        config,
        "SELECT billing_period, origin_period, account, sum(EffectiveCost), basis FROM ledger "
        "WHERE starts_with(basis, 'adjustment') GROUP BY ALL ORDER BY ALL",
    )
    return [
        (posted, origin, account, amount.normalize(), basis)
        for posted, origin, account, amount, basis in rows
    ]


def check_books(config: Path) -> None:
    """Frozen + adjustments = the restated bill, for each origin; every transaction of the double entry is 0."""
    assert (
        ask(
            config,
            """SELECT * FROM (SELECT billing_period, sum(BilledCost) AS b, sum(EffectiveCost) AS e FROM charges GROUP BY ALL) c
           JOIN (SELECT origin_period, sum(BilledCost) AS b, sum(EffectiveCost) AS e FROM ledger GROUP BY ALL) l
             ON l.origin_period = c.billing_period WHERE l.b <> c.b OR l.e <> c.e""",
        )
        == []
    )
    assert (
        ask(
            config,
            """SELECT transaction_id FROM double_entry GROUP BY transaction_id, BillingCurrency
           HAVING sum(BilledCost) <> 0 OR sum(EffectiveCost) <> 0""",
        )
        == []
    )


BEFORE = {"owner:payments": Decimal(11), "owner:search": Decimal(33), "unallocated:untagged": Decimal(1)}


def test_closing_moves_nothing(estate: Path) -> None:
    before = statement(estate, "2026-10")
    done = close(estate)
    assert [b.billing_account_id for b in done.books] == ["payer"]
    assert statement(estate, "2026-10") == before == BEFORE
    assert adjustments(estate) == []
    assert ask(estate, "SELECT bool_and(frozen) FROM ledger") == [(True,)]
    check_books(estate)


def test_a_restated_bill_of_a_closed_month_is_adjusted_in_the_next(estate: Path) -> None:
    close(estate)
    bill(estate, october("50"))
    assert statement(estate, "2026-10") == BEFORE
    # 80 of direct cost: payments 50 + 4 x 50/80, search 30 + 4 x 30/80
    assert adjustments(estate) == [
        ("2026-11", "2026-10", "owner:payments", Decimal("41.5"), "adjustment: bill restated"),
        ("2026-11", "2026-10", "owner:search", Decimal("-1.5"), "adjustment: bill restated"),
    ]
    check_books(estate)


def test_the_summary_tells_adjustments_apart_and_marks_the_closed_month(estate: Path) -> None:
    close(estate)
    write_bill(estate.parent / "exports/oct.csv", october("50"))
    summary = work(estate).summary
    assert [k["closed_at"] for k in summary["closing"]] == ["2027-03-01T06:00:00Z"]
    (closing,) = summary["closing"]
    assert (closing["source_effective"], closing["ledger_effective"], closing["difference_effective"]) == (
        "85",
        "85",
        "0",
    )
    november = {
        o["owner"]: (o["adjustments"], o["total"])
        for o in summary["owners"]
        if o["billing_period"] == "2026-11"
    }
    assert november == {"payments": ("41.5", "41.5"), "search": ("-1.5", "-1.5")}


def test_a_bill_restated_back_leaves_no_adjustment(estate: Path) -> None:
    close(estate)
    bill(estate, october("50"))
    bill(estate, october())
    assert adjustments(estate) == []
    assert statement(estate, "2026-10") == BEFORE


def test_other_rules_are_adjusted_and_sum_to_nothing(estate: Path) -> None:
    close(estate)
    (estate.parent / "allocation.yaml").write_text(
        ALLOCATION.replace("method: proportional", "method: even"), "utf-8"
    )
    work(estate)
    assert adjustments(estate) == [
        ("2026-11", "2026-10", "owner:payments", Decimal(1), "adjustment: rules changed"),
        ("2026-11", "2026-10", "owner:search", Decimal(-1), "adjustment: rules changed"),
    ]
    check_books(estate)


def test_another_registry_leaves_a_closed_month_as_it_was_judged(estate: Path) -> None:
    close(estate)
    verdicts = ask(estate, "SELECT charge_id, key, verdict FROM verdicts ORDER BY ALL")
    (estate.parent / "registry.yaml").write_text(REGISTRY.replace("payments, search", "search"), "utf-8")
    (estate.parent / "allocation.yaml").write_text(
        ALLOCATION.replace("[payments, search]", "[search]"), "utf-8"
    )
    work(estate)
    assert statement(estate, "2026-10") == BEFORE
    assert ask(estate, "SELECT charge_id, key, verdict FROM verdicts ORDER BY ALL") == verdicts
    assert adjustments(estate) == []
    bill(estate, october("50"))  # a restated bill is judged anew: payments is no value any more
    assert (
        "2026-11",
        "2026-10",
        "unallocated:invalid",
        Decimal(50),
        "adjustment: bill restated and rules changed",
    ) in adjustments(estate)
    check_books(estate)


def test_adjustments_freeze_with_the_month_they_are_posted_in(estate: Path) -> None:
    bill(estate, [line(30, "7", month=11, tags=PAY)], "nov")
    close(estate)
    bill(estate, october("50"))
    assert statement(estate, "2026-11")["owner:payments"] == Decimal("48.5")
    close(estate, "2026-11")
    bill(estate, october("20"))
    assert statement(estate, "2026-10") == BEFORE
    assert statement(estate, "2026-11")["owner:payments"] == Decimal("48.5")
    assert statement(estate, "2026-12")["owner:payments"] == Decimal("21.6") - Decimal("52.5")
    check_books(estate)
    total = sum(
        (statement(estate, p).get("owner:payments", Decimal(0)) for p in ("2026-10", "2026-11", "2026-12")),
        Decimal(0),
    )
    assert total == Decimal("20") + Decimal("1.6") + Decimal(7)


def test_an_adjustment_is_posted_after_its_month_never_before(estate: Path) -> None:
    bill(estate, [line(30, "7", month=9, tags=PAY)], "sep")
    close(estate)
    bill(estate, october("50"))
    assert {posted for posted, *_ in adjustments(estate)} == {"2026-11"}


def test_reopening_lets_the_month_move_again_and_leaves_a_trace(estate: Path) -> None:
    close(estate)
    bill(estate, october("50"))
    reopen(estate)
    assert adjustments(estate) == []
    assert statement(estate, "2026-10")["owner:payments"] == Decimal("52.5")
    assert ask(estate, "SELECT closed_by, reason, reopened_by, reopened_reason FROM closures") == [
        ("finance", "month end", "finance", "month end")
    ]
    assert ask(estate, "SELECT action, subject FROM audit_log ORDER BY 1") == [
        ("close", "2026-10 aws payer USD"),
        ("reopen", "2026-10 aws payer USD"),
    ]
    check_books(estate)


def test_a_reopened_month_stands_against_what_is_frozen_of_it_elsewhere(estate: Path) -> None:
    bill(estate, [line(30, "7", month=11, tags=PAY)], "nov")
    close(estate)
    bill(estate, october("50"))
    close(estate, "2026-11")
    reopen(estate)
    check_books(estate)
    assert statement(estate, "2026-11")["owner:payments"] == Decimal("48.5")
    assert statement(estate, "2026-10")["owner:payments"] == Decimal("52.5") - Decimal("41.5")
    close(estate)
    check_books(estate)
    assert [row for row in adjustments(estate) if row[0] == "2026-12"] == []


def test_a_closed_month_whose_files_are_gone_stays(estate: Path) -> None:
    close(estate)
    bill(estate, [line(30, "7", month=11, tags=PAY)], "nov")
    (estate.parent / "exports/oct.csv").unlink()
    work(estate)
    assert statement(estate, "2026-10") == BEFORE
    assert adjustments(estate) == []
    check_books(estate)
    with pytest.raises(InputError, match="no file of aws payer is left"):
        reopen(estate)
    write_bill(estate.parent / "exports/oct.csv", october())
    work(estate)
    reopen(estate)
    assert statement(estate, "2026-10") == BEFORE


def test_adjustments_stay_when_the_restated_files_are_gone(estate: Path) -> None:
    close(estate)
    bill(estate, october("50"))
    before = adjustments(estate)
    bill(estate, [line(30, "7", month=11, tags=PAY)], "nov")
    (estate.parent / "exports/oct.csv").unlink()
    work(estate)
    assert adjustments(estate) == before != []
    check_books(estate)


def test_files_that_went_move_no_other_closed_month_by_their_weights(estate: Path) -> None:
    rules = ALLOCATION.replace("method: proportional,", "method: proportional, window: previous_month,")
    (estate.parent / "allocation.yaml").write_text(rules, "utf-8")
    bill(estate, [line(5, "6", month=9, tags=PAY), line(5, "2", month=9, tags=SEARCH)], "sep")
    close(estate, "2026-09", partial=True)
    close(estate)
    booked = statement(estate, "2026-10")
    assert booked["owner:payments"] == Decimal(13)
    (estate.parent / "exports/sep.csv").unlink()
    work(estate)
    assert adjustments(estate) == []
    bill(estate, october("50"))
    assert sum(a for _, _, account, a, _ in adjustments(estate) if account == "owner:payments") == Decimal(40)


def test_an_account_that_a_new_bill_does_not_name_any_more_is_restated_to_nothing(estate: Path) -> None:
    other = line(31, "5", tags=PAY, BillingAccountId="other", ResourceId="o")
    bill(estate, [*october(), other])
    close(estate)
    bill(estate, [*october(), dict(other, BillingAccountId="renamed")])
    assert adjustments(estate) == [
        ("2026-11", "2026-10", "owner:payments", Decimal(-5), "adjustment: bill restated")
    ]
    rows = ask(estate, "SELECT BillingAccountId, sum(EffectiveCost) FROM ledger GROUP BY ALL ORDER BY ALL")
    assert [(account, amount.normalize()) for account, amount in rows] == [
        ("other", 0),
        ("payer", 45),
        ("renamed", 5),
    ]


def test_a_currency_that_comes_after_the_closing_is_posted_in_the_open_month(estate: Path) -> None:
    close(estate)
    bill(estate, [*october(), line(9, "900", tags=PAY, BillingCurrency="EUR", ResourceId="e")])
    assert statement(estate, "2026-10") == BEFORE
    assert (
        "2026-11",
        "2026-10",
        "owner:payments",
        Decimal(900).normalize(),
        "adjustment: bill restated",
    ) in adjustments(estate)
    check_books(estate)


def test_a_month_of_adjustments_only_can_be_closed_and_they_stay_in_it(estate: Path) -> None:
    close(estate)
    bill(estate, october("50"))
    bill(estate, [line(30, "7", month=12, tags=PAY)], "dec")
    assert {posted for posted, *_ in adjustments(estate)} == {"2026-11"}
    close(estate, "2026-11")
    bill(estate, october("60"))
    assert {(posted, account) for posted, _, account, _, _ in adjustments(estate)} >= {
        ("2026-12", "owner:payments")
    }
    assert statement(estate, "2026-11") == {
        "owner:payments": Decimal("41.5"),
        "owner:search": Decimal("-1.5"),
    }
    check_books(estate)


def test_what_else_changes_moves_no_closed_month(estate: Path) -> None:
    """Another owner key, and a bill of somebody else in the same month."""
    (estate.parent / "registry.yaml").write_text(
        REGISTRY + "  team: {required: true, values: {list: [payments, search, platform]}}\n", "utf-8"
    )
    work(estate)
    close(estate, billing_account="payer")
    text = (estate.parent / "registry.yaml").read_text("utf-8").replace("owner: cost-center", "owner: team")
    (estate.parent / "registry.yaml").write_text(text, "utf-8")
    work(estate)
    bill(estate, [line(31, "5", tags={"team": "search"}, BillingAccountId="other", ResourceId="o")], "other")
    assert adjustments(estate) == []
    (estate.parent / "allocation.yaml").write_text(
        ALLOCATION.replace(
            "rules:", "rules:\n  - {id: later, when: {SubAccountId: '9'}, to: 'owner:search', from: 2027-01}"
        ),
        "utf-8",
    )
    work(estate)
    assert adjustments(estate) == []


def test_tags_that_a_new_bill_carries_are_a_restated_bill(estate: Path) -> None:
    close(estate)
    late = [dict(one) for one in october()]
    late[3] = line(31, "1", ResourceId="x-1", tags=PAY)
    bill(estate, late)
    assert {why for *_, why in adjustments(estate)} == {"adjustment: bill restated"}


def test_one_billing_account_of_several(estate: Path) -> None:
    other = [line(31, "5", tags=PAY, BillingAccountId="other", ResourceId="o")]
    bill(estate, other, "other")
    close(estate, billing_account="other")
    bill(estate, [dict(one, EffectiveCost="6", BilledCost="6") for one in other], "other")
    bill(estate, october("50"))
    assert {(origin, account) for _, origin, account, _, _ in adjustments(estate)} == {
        ("2026-10", "owner:payments")
    }
    assert ask(estate, "SELECT DISTINCT BillingAccountId FROM ledger WHERE frozen") == [("other",)]
    check_books(estate)


@pytest.mark.parametrize(
    ("lines", "now", "told"),
    [
        pytest.param(
            october(), NOW.replace(month=10), "the month has not ended on 2026-10-03", id="not-ended"
        ),
        pytest.param(
            [*october(), line(8, "much")], LATER, "1 rows of its bill are set aside", id="quarantine"
        ),
        pytest.param(
            [*october(), line(8, "1", BillingAccountId="")], LATER, "do not say whose", id="nameless"
        ),
        pytest.param(
            [*(line(day, "1", tags=PAY) for day in range(1, 21)), line(31, "1", ChargeCategory="Tax")],
            LATER,
            "its usage goes through 2026-10-20",
            id="last-days",
        ),
    ],
)
def test_what_speaks_against_closing_is_told_and_nothing_changes(
    estate: Path, lines: list[dict[str, Any]], now: dt.datetime, told: str
) -> None:
    bill(estate, lines)
    with pytest.raises(InputError, match=told):
        close(estate, now=now)
    assert ask(estate, "SELECT * FROM closures") == []
    if now is LATER:
        done = close(estate, partial=True)
        assert [told in problem.reason for problem in done.waved] == [True]
        assert ask(estate, "SELECT partial FROM closures") == [(True,)]
    else:
        with pytest.raises(InputError, match="not ended"):
            close(estate, now=now, partial=True)


def test_a_control_total_that_differs_speaks_against_closing(estate: Path) -> None:
    (estate.parent / "invoices.csv").write_text(
        "billing_period,provider,billing_account_id,currency,total\n2026-10,aws,payer,USD,44.00\n", "utf-8"
    )
    text = estate.read_text("utf-8") + "controls: [{invoices: invoices.csv}]\n"
    estate.write_text(text, "utf-8")
    work(estate)
    with pytest.raises(InputError, match="says 44, -1 more than the bill"):
        close(estate)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted("2026-07"), "no book of 2026-07. There are: 2026-10 aws payer"),
        (Wanted("2026-10", "gcp"), "no book of 2026-10 gcp"),
        (Wanted("2026-10", None, "nobody"), "no book of 2026-10 nobody"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(estate: Path, wanted: Wanted, told: str) -> None:
    with pytest.raises(InputError, match=told):
        close_books(load_config(estate), LATER, wanted, signed(), False, lambda text: None)


def test_closing_twice_and_opening_what_is_open_are_told(estate: Path) -> None:
    with pytest.raises(InputError, match="no closed book of 2026-10"):
        reopen(estate)
    close(estate)
    with pytest.raises(InputError, match="is closed already"):
        close(estate)


def test_bills_that_are_not_reconciled_are_not_closed(estate: Path) -> None:
    from recon.run import run

    write_bill(estate.parent / "exports/oct.csv", october("50"))
    run(load_config(estate), NOW, stages=frozenset({"ingest"}))
    with pytest.raises(InputError, match="not reconciled yet"):
        close(estate)


def test_the_door(estate: Path) -> None:
    def call(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(
            app, ["close", *words, "--config", str(estate), "--now", "2027-03-01", "--quiet"]
        )
        assert done.exit_code == code, done.output
        return done.output

    assert json.loads(call("2026-10", "--by", "ada", "--json"))["closed"] == [
        {"billing_period": "2026-10", "provider_id": "aws", "billing_account_id": "payer", "currency": "USD"}
    ]
    assert "45.00\xa0USD" in call("--list") and "ada" in call("--list")
    assert "is closed already" in call("2026-10", code=2)
    assert "needs a reason" in call("2026-10", "--reopen", code=2)
    assert "name the one billing period" in call(code=2)
    assert "name the one billing period" in call("2026-13", code=2)
    assert "name the one billing period" in call("2026-10..2026-11", code=2)
    call("2026-10", "--reopen", "--reason", "wrong rate")
    assert "wrong rate" in call("--list")
    assert (estate.parent / "out/latest/index.html").exists()


def test_columns_written_here_are_those_of_the_bill() -> None:
    assert set(october()[0]) <= set(COLUMNS)
