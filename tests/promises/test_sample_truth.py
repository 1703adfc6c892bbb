"""Does the whole job say of an invented company exactly what was planted in it, to the last digit?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from configs.sample import Truth, clock, write_estate
from recon.config import load_config
from recon.money import plain
from recon.run import Result, run
from recon.verdicts import VERDICTS

SEEDS = (7, 11, 23)
SCALE = 0.02  # every defect is planted at least once at any scale
STAGES = frozenset({"snapshot", "ingest", "reconcile"})


@dataclass(frozen=True)
class Told:
    """What was planted, and the store and summary that the run made of it."""

    truth: Truth
    result: Result

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        con = duckdb.connect(str(self.result.store), read_only=True)
        try:
            return sorted(con.execute(sql).fetchall(), key=repr)
        finally:
            con.close()


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed-{seed}")
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("truth")
    truth = write_estate(folder, seed=request.param, scale=SCALE)
    yield Told(truth, run(load_config(folder / "tagrecon.yaml"), clock.NOW, stages=STAGES))


def test_every_verdict_is_planted_in_the_estate(told: Told) -> None:
    assert {total.verdict for total in told.truth.verdicts} == set(VERDICTS)


def test_verdicts_add_up_to_what_was_planted_per_period_currency_and_key(told: Told) -> None:
    sql = (
        "SELECT billing_period, BillingCurrency, key, verdict, sum(BilledCost), sum(EffectiveCost), sum(x_Lines)::BIGINT "
        "FROM verdicts JOIN (SELECT charge_id, x_Lines FROM charges) USING (charge_id) GROUP BY ALL"
    )
    planted = [
        (v.billing_period, v.currency, v.key, v.verdict, v.billed_cost, v.effective_cost, v.lines)
        for v in told.truth.verdicts
    ]
    assert told.rows(sql) == sorted(planted, key=repr)


def test_the_summary_tells_the_same_verdicts_as_the_store(told: Told) -> None:
    sql = (
        "SELECT billing_period, BillingCurrency, key, verdict, sum(BilledCost), sum(EffectiveCost), count(*) "
        "FROM verdicts GROUP BY ALL"
    )
    summed = [
        (
            v["billing_period"],
            v["currency"],
            v["key"],
            v["verdict"],
            v["billed_cost"],
            v["effective_cost"],
            v["charges"],
        )
        for v in told.result.summary["verdicts_by_key"]
    ]
    stored = [(*row[:4], plain(row[4]), plain(row[5]), row[6]) for row in told.rows(sql)]
    assert sorted(summed, key=repr) == sorted(stored, key=repr)


def test_the_source_sums_of_the_closing_are_the_bills_that_were_written(told: Told) -> None:
    sql = (
        "SELECT billing_period, x_ProviderId, BillingAccountId, BillingCurrency, source_billed, source_effective, source_rows "
        "FROM closing"
    )
    planted = [
        (
            b.billing_period,
            b.provider,
            b.billing_account,
            b.currency,
            b.billed_cost,
            b.effective_cost,
            b.lines,
        )
        for b in told.truth.bills
    ]
    assert told.rows(sql) == sorted(planted, key=repr)


def test_the_books_close_to_exactly_zero(told: Told) -> None:
    sql = (
        "SELECT DISTINCT difference_billed, difference_effective, source_billed - charges_billed, charges_billed - ledger_billed, "
        "source_effective - charges_effective, charges_effective - ledger_effective, quarantined_rows, excluded_rows FROM closing"
    )
    assert told.rows(sql) == [(0, 0, 0, 0, 0, 0, 0, 0)]


def test_what_each_owner_gets_before_pools_are_split_is_what_was_planted(told: Told) -> None:
    sql = (
        "SELECT billing_period, x_ProviderId, BillingCurrency, account, sum(BilledCost), sum(EffectiveCost) "
        "FROM ledger WHERE basis = 'direct' GROUP BY ALL"
    )
    planted = [
        (o.billing_period, o.provider, o.currency, o.account, o.billed_cost, o.effective_cost)
        for o in told.truth.owners
    ]
    assert told.rows(sql) == sorted(planted, key=repr)


def test_splits_move_money_between_accounts_and_make_none(told: Told) -> None:
    sql = (
        "SELECT billing_period, x_ProviderId, BillingAccountId, BillingCurrency, sum(BilledCost), sum(EffectiveCost) "
        "FROM ledger WHERE basis <> 'direct' GROUP BY ALL"
    )
    moved = told.rows(sql)
    assert moved
    assert {row[4:] for row in moved} == {(0, 0)}


def test_the_tag_changes_between_snapshots_are_those_that_were_planted(told: Told) -> None:
    sql = "SELECT observed_at::DATE, x_ProviderId, SubAccountId, ResourceId, key, change, before_value, after_value FROM drift"
    planted = [
        (c.observed_on, c.provider, c.account, c.resource, c.key, c.change, c.before_value, c.after_value)
        for c in told.truth.drift
    ]
    assert planted
    assert told.rows(sql) == sorted(planted, key=repr)
