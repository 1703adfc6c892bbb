"""The KPIs of the FinOps field: each is measured, over both denominators, and counts what its page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.config.targets import TARGETS
from recon.metrics.allocated_cost import allocated_cost
from recon.metrics.allocation_accuracy import allocation_accuracy
from recon.metrics.allocation_improvement import allocation_improvement
from recon.metrics.catalogue import PAGE
from recon.metrics.data_latency import data_latency
from recon.metrics.facts import Facts
from recon.metrics.indicators import status
from recon.metrics.shared_apportionment import shared_apportionment
from recon.metrics.time_to_remediate import time_to_remediate

NOW = datetime(2026, 10, 20)
POSTED = {
    "billing_period": pl.String, "currency": pl.String, "account": pl.String, "class": pl.String, "verdict": pl.String,
    "rung": pl.String, "split": pl.Boolean, "effective": pl.Decimal(38, 24),
}  # fmt: skip
Entry = tuple[str, str | None, bool, str]  # account, rung, split, amount


def posted(
    *entries: Entry, period: str = "2026-10", kind: str = "usage", verdict: str = "ok"
) -> pl.DataFrame:
    rows = [
        (period, "USD", a, kind, None if split else verdict, rung, split, Decimal(n))
        for a, rung, split, n in entries
    ]
    return pl.DataFrame(rows, schema=POSTED, orient="row")


def values(found: pl.DataFrame) -> dict[str, float | None]:
    return dict(found.select("id", "value").rows())


def test_every_kpi_of_the_page_is_measured_on_the_sample_estate(estate: Any) -> None:
    table = PAGE.read_text("utf-8").partition("| KPI | id |")[2].partition("\n\n")[0]
    ids = set(re.findall(r"`([a-zM][a-z0-9-]*)`", table))
    measured = {id for (id,) in estate.con.execute("SELECT DISTINCT id FROM base.sli").fetchall()}
    assert len(table.splitlines()) == 2 + 18
    assert ids - measured == set()


def test_a_target_names_an_indicator_that_is_measured(estate: Any) -> None:
    measured = {id for (id,) in estate.con.execute("SELECT DISTINCT id FROM base.sli").fetchall()}
    assert set(TARGETS) - measured == set()


def test_cost_kpis_have_a_figure_for_every_period_of_the_store(estate: Any) -> None:
    rows = estate.con.execute("SELECT id, billing_period FROM base.sli WHERE currency = 'USD'").fetchall()
    for id in (
        "policy-compliant",
        "untagged-cost",
        "allocated-cost",
        "allocation-accuracy",
        "untaggable-cost",
    ):
        assert {period for name, period in rows if name == id} == set(estate.facts.periods)


def test_the_judged_cost_is_the_cost_of_the_cells(estate: Any) -> None:
    place = ["billing_period", "currency"]
    judged = estate.facts.judged.group_by(place).agg(pl.col("positive").sum()).sort(place)
    cells = (
        estate.facts.cells.filter(pl.col("key") == "cost-center")
        .group_by(place)
        .agg(pl.col("positive").sum())
    )
    assert judged.rows() == cells.sort(place).rows()


def test_what_complies_is_at_most_what_every_single_key_covers(estate: Any) -> None:
    rows = estate.con.execute(
        "SELECT id, billing_period, currency, key, numerator::DECIMAL(38,24) FROM base.sli"
    ).fetchall()
    compliant = {(p, c): n for id, p, c, _, n in rows if id == "policy-compliant"}
    asked = {(p, c): n for id, p, c, key, n in rows if id == "tag-coverage-cost" and key == "cost-center"}
    assert compliant.keys() == asked.keys()
    assert all(compliant[place] <= asked[place] for place in asked)


def test_owned_unowned_and_pooled_cost_make_the_ledger(estate: Any) -> None:
    for _, _, owned, whole in estate.con.execute(
        "SELECT billing_period, currency, sum(numerator::DECIMAL(38,24)), any_value(denominator::DECIMAL(38,24)) FROM base.sli "
        "WHERE id IN ('allocated-cost', 'unallocated-cost') GROUP BY ALL"
    ).fetchall():
        assert owned == whole  # the sample estate's splits leave nothing in a pool


def test_a_pool_nobody_divides_is_neither_allocated_nor_unallocated() -> None:
    found = values(
        allocated_cost(posted(("owner:a", "billed", False, "3"), ("shared:tax", None, False, "1")))
    )
    assert (found["allocated-cost"], found["unallocated-cost"]) == (0.75, 0.0)


def test_a_split_share_is_allocated_but_not_accurate() -> None:
    frame = posted(
        ("owner:a", "billed", False, "3"), ("shared:tax", None, False, "1"),
        ("shared:tax", "shared", True, "-1"), ("owner:a", "shared", True, "1"),
    )  # fmt: skip
    assert values(allocated_cost(frame))["allocated-cost"] == 1.0
    assert values(allocation_accuracy(frame))["allocation-accuracy"] == 0.75


@pytest.mark.parametrize("rung", ["inherited", "default", None])
def test_an_inherited_or_adjusted_amount_is_not_accurate(rung: str | None) -> None:
    frame = posted(("owner:a", "rule", False, "3"), ("owner:b", rung, False, "1"))
    assert values(allocation_accuracy(frame))["allocation-accuracy"] == 0.75


@pytest.mark.parametrize(
    ("kind", "verdict"), [("tax", "shared"), ("usage", "untaggable"), ("usage", "not-required")]
)
def test_what_can_t_be_tagged_is_no_part_of_the_taggable_share(kind: str, verdict: str) -> None:
    other = posted(("unallocated:shared", None, False, "9"), kind=kind, verdict=verdict)
    found = values(allocated_cost(pl.concat([posted(("owner:a", "billed", False, "1")), other])))
    assert (found["allocated-cost"], found["allocated-cost-taggable"]) == (0.1, 1.0)


def test_a_cascade_counts_its_shared_cost_once() -> None:
    found = values(shared_apportionment(posted(
        ("shared:a", None, False, "4"), ("shared:a", "shared", True, "-4"), ("shared:b", "shared", True, "4"),
        ("shared:b", "shared", True, "-4"), ("owner:x", "shared", True, "3"), ("unallocated:shared", "shared", True, "1"),
    )))  # fmt: skip
    assert found == {"shared-apportioned": 0.75, "shared-unapportioned": 0.25}


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1))
def test_apportioned_and_not_apportioned_make_the_whole(pools: list[tuple[int, int]]) -> None:
    entries: list[Entry] = []
    for pool, left in pools:
        given_away = str(-min(pool, left))
        entries += [("shared:a", None, False, str(pool)), ("shared:a", "shared", True, given_away)]
    parts = shared_apportionment(posted(*entries))
    assert sum(parts["numerator"]) == parts["denominator"][0]


def quarter(*amounts: int, since: int = 0) -> pl.DataFrame:
    """A month each from 2025-10 on: so much of 10 reached its owner directly."""
    months = [(since + n + 9) for n in range(len(amounts))]
    return pl.concat(
        posted(
            ("owner:a", "billed", False, str(n)), ("unallocated:untagged", None, False, str(10 - n)),
            period=f"{2025 + month // 12}-{month % 12 + 1:02d}",
        )
        for month, n in zip(months, amounts, strict=True)
    )  # fmt: skip


def improvements(posted: pl.DataFrame) -> dict[str, float | None]:
    return dict(allocation_improvement(posted).select("billing_period", "value").rows())


def test_a_quarter_is_compared_with_the_one_before_it_over_the_turn_of_the_year() -> None:
    assert improvements(quarter(1, 1, 1, 2, 2, 2))["2026-03"] == pytest.approx(10.0)


def test_a_missing_month_makes_the_improvement_unknown() -> None:
    holes = pl.concat([quarter(1, 1), quarter(1, 2, 2, 2, since=3)])
    assert set(improvements(holes).values()) == {None}


def remediation(*rows: tuple[str, str, int, int, int | None]) -> dict[str, tuple[float | None, int, int]]:
    """(check, status, days ago first seen, last seen, gone) → id → value, numerator, denominator."""
    at = [(c, s, *(None if n is None else NOW - timedelta(days=n) for n in days)) for c, s, *days in rows]
    time = pl.Datetime("us")
    schema = {
        "check_id": pl.String,
        "status": pl.String,
        "first_seen": time,
        "last_seen": time,
        "gone_at": time,
    }
    found = time_to_remediate(pl.DataFrame(at, schema=schema, orient="row"), NOW)
    return {
        id: (value, int(n), int(of))
        for id, value, n, of in found.select("id", "value", "numerator", "denominator").rows()
    }


def test_time_to_remediate_is_the_median_of_what_went_away_and_was_seen_twice() -> None:
    found = remediation(
        ("untagged", "closed", 10, 8, 7), ("invalid", "closed", 10, 6, 5), ("untagged", "closed", 9, 9, 8),
        ("untagged", "open", 4, 0, None), ("missing-days", "closed", 50, 9, 8), ("untagged", "closed", 300, 200, 199),
    )  # fmt: skip
    assert found == {"time-to-remediate": (4.0, 2, 3), "open-findings-age": (4.0, 1, 1)}


def test_nothing_went_away_is_no_data_and_not_zero_days() -> None:
    assert remediation()["time-to-remediate"] == (None, 0, 0)


@pytest.fixture
def store() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    for name in ("schema.sql", "views.sql"):
        con.execute((files("recon.store") / name).read_text("utf-8"))
    yield con
    con.close()


def test_a_finding_went_away_with_the_first_run_that_did_not_see_it(
    store: duckdb.DuckDBPyConnection, estate: Any
) -> None:
    days = [NOW - timedelta(days=n) for n in (4, 3, 2)]
    store.executemany("INSERT INTO base.run (run_id, started_at) VALUES (?, ?)", [(str(d), d) for d in days])
    for id, last in (("a", days[1]), ("b", days[2])):
        store.execute(
            "INSERT INTO base.finding (finding_id, check_id, status, first_seen, last_seen) VALUES (?, 'untagged', 'closed', ?, ?)",
            [id, days[0], last],
        )
    facts = Facts(store, estate.facts.registry, str, NOW, estate.facts.taggability)
    assert sorted(facts.remediation["gone_at"]) == [days[2], NOW]


def test_the_slowest_provider_gives_the_latency_and_tomorrow_is_no_minus() -> None:
    through = pl.DataFrame(
        {"provider_id": ["aws", "gcp"], "last_day": [date(2026, 10, 22), date(2026, 10, 17)]}
    )
    assert values(data_latency(through, NOW)) == {
        "data-latency": 48.0,
        "data-latency-aws": 0.0,
        "data-latency-gcp": 48.0,
    }


@pytest.mark.parametrize(
    ("id", "value", "wanted"),
    [
        ("policy-compliant", 0.9, "met"), ("policy-compliant", 0.89, "missed"), ("untagged-cost", 0.1, "missed"),
        ("untagged-cost", 0.09, "met"), ("unallocated-cost", 0.01, "met"), ("shared-apportioned", 0.99, "missed"),
        ("shared-apportioned", 1.0, "met"), ("time-to-remediate", 4.0, "met"), ("time-to-remediate", 5.0, "missed"),
    ],
)  # fmt: skip
def test_a_published_target_is_held_from_its_side(id: str, value: float, wanted: str) -> None:
    assert status(id, value, TARGETS[id]) == wanted
