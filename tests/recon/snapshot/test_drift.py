"""Which tag changes between snapshots are told, how, and with whose money?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "checks"))
from judged_estate import SEEDS, judged_estate

from recon.checks import Context
from recon.snapshot.drift import Change, differences, write_drift

KNOWN = {"cost-center": "cost-center", "CostCenter": "cost-center", "environment": "environment"}


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[Context]:
    context = judged_estate(SEEDS[0]).context(tmp_path)
    yield context
    context.con.close()


def changed(before: dict[str, str], after: dict[str, str]) -> list[Change]:
    return list(differences(before, after, KNOWN.get))


@pytest.mark.parametrize("seed", SEEDS)
def test_exactly_the_planted_changes_are_told(seed: int, tmp_path: Path) -> None:
    planted = judged_estate(seed)
    ctx = planted.context(tmp_path)
    write_drift(ctx.con, ctx.registry, ctx.raw, ctx.now)
    told = ctx.con.execute(
        "SELECT observed_at::DATE, provider_id, account_id, resource_id, key, change, before_value, after_value FROM base.drift"
    ).fetchall()
    assert sorted(told, key=str) == sorted(
        (
            (c.observed_on, c.provider, c.account, c.resource, c.key, c.change, c.before_value, c.after_value)
            for c in planted.truth.drift
        ),
        key=str,
    )
    assert {row[5] for row in told} == {"added", "removed", "changed", "renamed"}


def test_a_handover_names_the_owner_on_either_side(ctx: Context) -> None:
    write_drift(ctx.con, ctx.registry, ctx.raw, ctx.now)
    rows = ctx.con.execute(
        "SELECT before_value, after_value, owner_before, owner_after FROM base.drift WHERE change = 'changed'"
    ).fetchall()
    assert rows
    assert all((before, after) == owners for before, after, *pair in rows for owners in [tuple(pair)])


def test_a_change_is_priced_at_the_newest_period_of_its_resource(ctx: Context) -> None:
    write_drift(ctx.con, ctx.registry, ctx.raw, ctx.now)
    rows = ctx.con.execute("SELECT resource_id, currency, monthly_effective FROM base.drift").fetchall()
    for resource, currency, amount in rows:
        costs: dict[str, Decimal] = dict(
            ctx.con.execute(
                "SELECT b.billing_period, sum(c.effective) FROM base.charge c JOIN base.book b USING (book_no) "
                "JOIN base.bill_match m USING (bill_resource_no) JOIN base.resource r USING (resource_no) "
                "WHERE r.resource_id = ? AND b.currency = ? GROUP BY ALL",
                [resource, currency],
            ).fetchall()
        )
        assert amount == costs[max(costs)]


def test_writing_drift_twice_replaces_it(ctx: Context) -> None:
    write_drift(ctx.con, ctx.registry, ctx.raw, ctx.now)
    once = ctx.con.execute("SELECT * FROM base.drift").fetchall()
    write_drift(ctx.con, ctx.registry, ctx.raw, ctx.now)
    assert ctx.con.execute("SELECT * FROM base.drift").fetchall() == once


def test_nothing_after_now_is_told(ctx: Context) -> None:
    write_drift(ctx.con, ctx.registry, ctx.raw, datetime(2026, 10, 1))
    assert ctx.con.execute("SELECT count(*) FROM base.drift").fetchall() == [(0,)]


def test_a_resource_that_comes_back_is_not_drift(ctx: Context) -> None:
    ctx.con.execute("DELETE FROM base.resource_state")
    ctx.con.execute(
        "INSERT INTO base.resource_state SELECT 1, 1, TIMESTAMP '2026-09-01', TIMESTAMP '2026-09-15', true "
        "UNION ALL SELECT 1, 2, TIMESTAMP '2026-10-01', NULL, false"
    )
    write_drift(ctx.con, ctx.registry, ctx.raw, ctx.now)
    assert ctx.con.execute("SELECT count(*) FROM base.drift").fetchall() == [(0,)]


def test_another_spelling_of_the_same_key_is_a_rename() -> None:
    assert changed({"cost-center": "a"}, {"CostCenter": "b"}) == [Change("cost-center", "renamed", "a", "b")]


def test_an_unknown_key_that_takes_over_the_value_is_a_rename() -> None:
    assert changed({"team": "a"}, {"squad": "a"}) == [Change("squad", "renamed", "a", "a")]


def test_two_known_keys_with_one_value_are_no_rename() -> None:
    assert changed({"cost-center": "prod"}, {"environment": "prod"}) == [
        Change("cost-center", "removed", "prod", None),
        Change("environment", "added", None, "prod"),
    ]


def test_blank_values_don_t_make_a_rename() -> None:
    assert [c.change for c in changed({"team": ""}, {"squad": ""})] == ["removed", "added"]


def test_a_key_is_renamed_once_when_two_others_come() -> None:
    assert changed({"team": "a"}, {"crew": "a", "squad": "a"}) == [
        Change("crew", "renamed", "a", "a"),
        Change("squad", "added", None, "a"),
    ]


def test_a_rename_by_meaning_goes_before_one_by_value() -> None:
    assert changed({"cost-center": "a", "team": "b"}, {"CostCenter": "b", "squad": "b"}) == [
        Change("cost-center", "renamed", "a", "b"),
        Change("squad", "renamed", "b", "b"),
    ]
