"""Coverage: what is in the numerator, what in which denominator, and what is counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from recon.metrics.counted import COUNTED, counted_billed
from recon.metrics.coverage import coverage
from recon.verdicts import VERDICTS

NOTHING = pl.DataFrame(schema=COUNTED)


def cell(verdict: str = "ok", positive: str = "1", rung: str | None = None, **more: Any) -> dict[str, Any]:
    own = rung or ("billed" if verdict == "ok" else None)
    return {
        "billing_period": "2026-10", "currency": "USD", "provider_id": "aws", "account": "1", "environment": None,
        "key": "owner", "class": "usage", "verdict": verdict, "rung": own, "positive": Decimal(positive),
        "negative": Decimal(0), "bill_no": 1, "last_day": 1, **more,
    }  # fmt: skip


def resource(number: int, *, labelled: Any, taggable: Any = True, **more: Any) -> dict[str, Any]:
    return {
        "billing_period": "2026-10", "currency": "USD", "key": "owner", "provider_id": "aws", "account": "1",
        "environment": None, "resource_no": number, "count_basis": "inventory", "labelled": labelled,
        "taggable": taggable, **more,
    }  # fmt: skip


def of(cells: list[dict[str, Any]], counted: pl.DataFrame = NOTHING, scope: str = "all") -> dict[str, Any]:
    found = coverage(frame(cells), counted).filter(pl.col("scope") == scope)
    assert found.height == 1
    return found.row(0, named=True)


def frame(cells: list[dict[str, Any]]) -> pl.DataFrame:
    money = {"positive": pl.Decimal(38, 24), "negative": pl.Decimal(38, 24)}
    texts = {"environment": pl.String, "rung": pl.String, "account": pl.String}
    return pl.DataFrame(cells, schema_overrides={**money, **texts})


def counts(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=COUNTED)


@pytest.mark.parametrize("verdict", ["variant", "wrong-owner", "conflict", "ok"])
def test_a_valid_billed_value_covers_whatever_else_contradicts_it(verdict: str) -> None:
    assert of([cell(verdict, "3", "billed"), cell("untagged", "1")])["by_cost_taggable"] == 0.75


@pytest.mark.parametrize("verdict", ["shared", "untaggable", "not-required"])
def test_what_can_not_be_tagged_is_in_all_and_not_in_taggable(verdict: str) -> None:
    row = of([cell("ok", "3"), cell(verdict, "1")])
    assert (row["by_cost"], row["by_cost_taggable"]) == (0.75, 1.0)


def test_a_tax_line_is_in_the_base_of_all() -> None:
    row = of([cell("ok", "3"), cell("shared", "1", **{"class": "tax"})])
    assert (row["by_cost"], row["base_cost"]) == (0.75, Decimal(4))


def test_a_tagged_fee_is_neither_covered_nor_taggable() -> None:
    row = of([cell("ok", "3"), cell("ok", "1", **{"class": "fee"})])
    assert (row["covered_cost"], row["by_cost_taggable"]) == (Decimal(3), 1.0)


def test_inheritance_is_added_only_where_it_says_so() -> None:
    row = of([cell("ok", "1"), cell("inherited", "2", "inherited"), cell("untagged", "1")])
    assert (row["by_cost"], row["by_cost_with_inherited"]) == (0.25, 0.75)


def test_a_credit_stands_beside_and_is_never_netted() -> None:
    row = of([cell("ok", "3"), cell("untagged", "1"), cell("ok", "0", negative=Decimal(-2))])
    assert (row["by_cost"], row["negative_cost"]) == (0.75, Decimal(-2))


def test_a_base_of_zero_has_no_share() -> None:
    row = of([cell("ok", "0")])
    assert row["by_cost"] is None
    assert row["by_cost_taggable"] is None


def test_amounts_keep_twenty_four_decimals() -> None:
    small = "0.000000000000000000000001"
    assert of([cell("ok", small)])["covered_cost"] == Decimal(small)


def test_currencies_are_never_added() -> None:
    found = coverage(frame([cell("ok", "3"), cell("untagged", "5", currency="EUR")]), NOTHING)
    bases = found.filter(pl.col("scope") == "all").select("currency", "base_cost").rows()
    assert bases == [("EUR", Decimal(5)), ("USD", Decimal(3))]


def test_each_scope_has_its_own_row() -> None:
    found = coverage(frame([cell("ok", environment="prod"), cell("untagged", account=None)]), NOTHING)
    assert found["scope"].to_list() == ["account:1", "all", "environment:prod", "provider:aws"]
    assert found["by_cost"].to_list() == [1.0, 0.5, 1.0, 0.5]


def test_every_verdict_is_in_the_base_of_all() -> None:
    assert of([cell(verdict) for verdict in VERDICTS])["base_cost"] == Decimal(len(VERDICTS))


def test_resources_are_counted_over_all_and_over_what_is_taggable() -> None:
    counted = counts(
        [resource(1, labelled=True), resource(2, labelled=False), resource(3, labelled=False, taggable=False)]
    )
    row = of([cell()], counted)
    assert (row["by_count"], row["by_count_taggable"], row["count_basis"]) == (1 / 3, 0.5, "inventory")


def test_billed_resources_count_only_where_the_scope_has_no_inventory() -> None:
    billed = {"count_basis": "billed"}
    counted = counts([resource(1, labelled=True), resource(1, labelled=False, account="2", **billed)])
    cells = [cell(), cell("untagged", account="2")]
    assert (of(cells, counted)["by_count"], of(cells, counted)["count_basis"]) == (1.0, "inventory")
    alone = of(cells, counted, "account:2")
    assert (alone["by_count"], alone["count_basis"]) == (0.0, "billed")


def test_a_resource_in_two_cells_is_counted_once() -> None:
    cells = frame([cell("ok", bill_no=7), cell("ok", bill_no=7, account="2"), cell("untagged", bill_no=8)])
    assert sorted(counted_billed(cells)["resource_no"]) == [7, 8]


def test_a_billed_resource_counts_as_its_newest_day_shows_it() -> None:
    retagged = frame([cell("untagged", last_day=3), cell("ok", last_day=9)])
    assert counted_billed(retagged)["labelled"].to_list() == [True]


def test_a_line_without_resource_is_no_resource() -> None:
    assert counted_billed(frame([cell("shared", bill_no=0)])).is_empty()
