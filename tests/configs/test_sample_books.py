"""Do the planted totals equal what stands in the files, to the last digit?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Context, Decimal, localcontext
from typing import Any

import pytest

from configs.sample.stories import REQUIRED_KEYS

Sums = dict[tuple[str, ...], tuple[int, Decimal, Decimal]]


@pytest.fixture(autouse=True)
def _exact() -> Iterable[None]:
    with localcontext(Context(prec=76)):
        yield


def added(rows: Iterable[tuple[tuple[str, ...], int, Decimal, Decimal]]) -> Sums:
    sums: Sums = defaultdict(lambda: (0, Decimal(0), Decimal(0)))
    for key, lines, billed, effective in rows:
        n, b, e = sums[key]
        sums[key] = (n + lines, b + billed, e + effective)
    return dict(sums)


def file_sums(bill: Iterable[dict[str, Any]], *columns: str) -> Sums:
    return added(
        (
            tuple(str(row[c])[:7] if c == "BillingPeriodStart" else str(row.get(c)) for c in columns),
            1,
            row["BilledCost"],
            row["EffectiveCost"],
        )
        for row in bill
    )


def test_bill_totals_equal_the_exact_sums_of_the_files(estate: Any) -> None:
    planted = added(
        (
            (t.billing_period, t.provider, t.billing_account, t.currency),
            t.lines,
            t.billed_cost,
            t.effective_cost,
        )
        for t in estate.truth.bills
    )
    read = file_sums(estate.bill, "BillingPeriodStart", "x_provider", "BillingAccountId", "BillingCurrency")
    assert planted == read


@pytest.mark.parametrize("key", REQUIRED_KEYS)
def test_the_verdicts_of_a_key_sum_exactly_to_the_bill(estate: Any, key: str) -> None:
    planted = added(
        ((t.billing_period, t.currency), t.lines, t.billed_cost, t.effective_cost)
        for t in estate.truth.verdicts
        if t.key == key
    )
    assert planted == file_sums(estate.bill, "BillingPeriodStart", "BillingCurrency")


def test_the_owners_before_splits_sum_exactly_to_the_bill(estate: Any) -> None:
    planted = added(
        ((t.billing_period, t.provider, t.currency), t.lines, t.billed_cost, t.effective_cost)
        for t in estate.truth.owners
    )
    assert planted == file_sums(estate.bill, "BillingPeriodStart", "x_provider", "BillingCurrency")


def test_a_defect_on_all_days_costs_what_its_resource_costs(estate: Any) -> None:
    read = file_sums(estate.bill, "ResourceId", "BillingPeriodStart")
    whole = [d for d in estate.truth.defects if d.kind in ("typo", "variant-key", "unknown-resource")]
    assert whole
    for defect in whole:
        assert read[defect.billed_as, defect.billing_period] == (
            defect.lines,
            defect.billed_cost,
            defect.effective_cost,
        )


def test_the_two_books_differ(estate: Any) -> None:
    assert any(t.billed_cost != t.effective_cost for t in estate.truth.bills)


def test_some_costs_need_more_digits_than_a_double_holds(estate: Any) -> None:
    longest = max(-int(row["BilledCost"].normalize().as_tuple().exponent) for row in estate.bill)
    assert 18 <= longest <= 24


def test_truth_json_holds_money_as_plain_decimal_text(estate: Any) -> None:
    told = json.loads((estate.folder / "truth.json").read_text(encoding="utf-8"))
    for written, planted in zip(told["bills"], estate.truth.bills, strict=True):
        assert "E" not in written["billed_cost"]
        assert Decimal(written["billed_cost"]) == planted.billed_cost
