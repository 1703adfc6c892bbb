"""What is written to the store: against what was planted, with targets, statuses and gaps."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from recon.config.targets import TARGETS
from recon.metrics import run_metrics
from recon.metrics.indicators import status
from recon.metrics.touching import touching
from recon.model import Gap
from recon.registry import load_registry

NOW = datetime(2026, 11, 3, 6)
REGISTRY = "version: 1\nowner: owner\nkeys:\n  owner: {required: true}\n"


@pytest.fixture
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    for name in ("schema.sql", "views.sql"):
        con.execute((files("recon.store") / name).read_text("utf-8"))
    yield con
    con.close()


def measure(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    (folder / "registry.yaml").write_text(REGISTRY)
    run_metrics(con, load_registry(folder / "registry.yaml"), str, NOW, TARGETS, [])


def test_the_cells_of_each_key_sum_to_the_bill(estate: Any) -> None:
    bill: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in estate.truth.bills:
        bill[row.billing_period, row.currency][0] += row.billed_cost
        bill[row.billing_period, row.currency][1] += row.effective_cost
    sums = estate.facts.cells.group_by("billing_period", "currency", "key").agg(
        pl.col("billed", "effective").sum()
    )
    assert sums.height == 3 * len(bill)
    for period, currency, _, billed, effective in sums.iter_rows():
        assert [billed, effective] == bill[period, currency]


def test_coverage_covers_what_was_planted_as_ok(estate: Any) -> None:
    """An upper and a lower bound from the plan: ok and variant are covered, and only verdicts that can hold a valid value."""
    can = ("ok", "variant", "wrong-owner", "conflict", "shared", "untaggable")
    for period, currency, key, covered, negative in estate.con.execute(
        "SELECT billing_period, currency, key, covered_cost, negative_cost FROM base.coverage WHERE scope = 'all'"
    ).fetchall():
        planted = [
            v
            for v in estate.truth.verdicts
            if (v.billing_period, v.currency, v.key) == (period, currency, key)
        ]
        sure = sum((v.effective_cost for v in planted if v.verdict in ("ok", "variant")), Decimal(0))
        most = sum((v.effective_cost for v in planted if v.verdict in can), Decimal(0))
        assert sure + min(negative, Decimal(0)) <= covered <= most - negative


def test_drift_counts_the_labels_that_were_removed_or_changed_this_week(estate: Any) -> None:
    since = (NOW - timedelta(days=7)).date()
    planted = [d for d in estate.truth.drift if d.observed_on > since and d.change in ("removed", "changed")]
    (drifted,) = estate.con.execute(
        "SELECT numerator FROM base.sli WHERE id = 'M2' AND key IS NULL"
    ).fetchall()
    assert planted
    assert drifted == (str(len(planted)),)


def test_the_planted_secrets_are_exposures(estate: Any) -> None:
    planted = {(d.provider, d.kind) for d in estate.truth.defects if d.check == "sensitive-value"}
    ((found,),) = estate.con.execute("SELECT value FROM base.sli WHERE id = 'M8'").fetchall()
    assert found >= len({provider for provider, _ in planted}) > 0


def test_no_two_figures_share_their_name_in_monitoring(estate: Any) -> None:
    names = estate.con.execute("SELECT id, billing_period, currency, key, unit FROM base.sli").fetchall()
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_shares_lie_between_zero_and_one(estate: Any) -> None:
    shares = ("by_cost", "by_cost_taggable", "by_cost_with_inherited", "by_count", "by_count_taggable")
    for share in shares:
        low, high = estate.con.execute(f"SELECT min({share}), max({share}) FROM base.coverage").fetchall()[0]
        assert 0 <= low <= high <= 1


def test_numerator_and_denominator_are_plain_decimal_text(estate: Any) -> None:
    odd = "SELECT count(*) FROM base.sli WHERE NOT regexp_full_match(numerator, '-?[0-9]+([.][0-9]+)?')"
    assert estate.con.execute(odd).fetchall() == [(0,)]


def test_an_empty_store_has_indicators_without_data(empty: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    measure(empty, tmp_path)
    assert empty.execute("SELECT count(*) FROM base.coverage").fetchall() == [(0,)]
    found = dict(empty.execute("SELECT DISTINCT id, status FROM base.sli").fetchall())
    assert {found[id] for id in ("M2", "M3", "M6", "M7", "M9")} == {"no-data"}
    assert found["M8"] == "met"


def test_measuring_again_replaces(empty: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    measure(empty, tmp_path)
    before = empty.execute("FROM base.sli").fetchall()
    measure(empty, tmp_path)
    assert empty.execute("FROM base.sli").fetchall() == before


@pytest.mark.parametrize(
    ("id", "value", "target", "wanted"),
    [
        ("M1", 0.95, "0.95", "met"), ("M1", 0.949, "0.95", "missed"), ("M2", 0.01, "0.01", "missed"),
        ("M2", 0.009, "0.01", "met"), ("M5", 1000.0, "1000", "missed"), ("M8", 0.0, "0", "met"),
        ("M8", 1.0, "0", "missed"), ("M10", 0.0, "0", "met"), ("M4", 12.0, None, "no-data"), ("M7", None, "1", "no-data"),
    ],
)  # fmt: skip
def test_a_target_is_held_as_the_indicator_means_it(
    id: str, value: float | None, target: str | None, wanted: str
) -> None:
    assert status(id, value, None if target is None else Decimal(target)) == wanted


def named(*gaps: Gap, period: str | None = "2026-10", scope: str = "all") -> list[str]:
    found = touching(gaps, period, scope, {"1": "aws", "2": "aws", "p": "gcp"})
    return [gap.scope for gap in gaps if gap.gap_id in found]


def test_a_limitation_is_no_gap() -> None:
    assert named(Gap("not-configured", "inventory", "none", limitation=True)) == []


def test_a_gap_touches_its_periods_only() -> None:
    held = Gap("held", "2026-09 aws 1", "twice", "aws", touched=("2026-09",))
    assert (named(held, period="2026-09"), named(held), named(held, period=None)) == (
        [held.scope],
        [],
        [held.scope],
    )


def test_a_gap_of_one_provider_leaves_the_other_alone() -> None:
    gap = Gap("denied", "aws", "no", "aws")
    assert [bool(named(gap, scope=s)) for s in ("all", "provider:aws", "provider:gcp", "account:1", "account:p")] == [
        True, True, False, True, False,
    ]  # fmt: skip


def test_a_gap_of_one_account_leaves_its_neighbour_alone() -> None:
    gap = Gap("missing", "aws 1", "no dump", "aws", touched=("1",))
    assert (named(gap, scope="account:1"), named(gap, scope="account:2")) == (["aws 1"], [])


def test_a_gap_without_provider_may_be_anywhere() -> None:
    gap = Gap("unreadable", "bill: x.csv", "cut", touched=("bill",))
    assert named(gap, scope="account:p") == [gap.scope]


def test_the_store_keeps_no_value_of_a_sensitive_key_in_its_figures(estate: Any) -> None:
    text = json.dumps(
        estate.con.execute("FROM base.sli").fetchall() + estate.con.execute("FROM base.coverage").fetchall(),
        default=str,
    )
    assert "@" not in text
