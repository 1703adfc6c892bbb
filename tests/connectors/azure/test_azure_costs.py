"""Which of the two costs does a file know, and does its own cost column lead to BilledCost step by step?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from connectors.azure.cost_details import STEPS
from tests.connectors.azure.details import (
    CUSTOMER,
    ENTERPRISE,
    PAY_AS_YOU_GO,
    PLAN,
    RESERVATION,
    Details,
    details,
    without,
)

USED = {**ENTERPRISE, "PricingModel": "Reservation", "benefitId": RESERVATION, "CostInBillingCurrency": "4"}
FREE = {**USED, "CostInBillingCurrency": "0"}
UNUSED = {**USED, "ChargeType": "UnusedReservation", "ResourceId": RESERVATION, "CostInBillingCurrency": "6"}
BOUGHT = {
    **USED,
    "ChargeType": "Purchase",
    "Frequency": "Recurring",
    "ResourceId": RESERVATION,
    "CostInBillingCurrency": "10",
}
RETURNED = {**BOUGHT, "ChargeType": "Refund", "CostInBillingCurrency": "-3"}
PLANNED = {**USED, "PricingModel": "SavingsPlan", "benefitId": PLAN, "CostInBillingCurrency": "5"}
OTHER = {**ENTERPRISE, "CostInBillingCurrency": "1"}


def costs(bill: Details) -> list[tuple[Decimal, Decimal]]:
    return bill.rows(bill.lines.billed, bill.lines.effective)  # type: ignore[return-value]


def test_an_actual_file_is_known_by_its_purchases(tmp_path: Path) -> None:
    bill = details(tmp_path, OTHER, FREE, BOUGHT, RETURNED)
    assert (bill.lines.view, bill.lines.has_effective) == ("billed", False)
    assert costs(bill) == [(1, 1), (0, 0), (10, 10), (-3, -3)]


def test_an_actual_file_is_known_by_covered_usage_that_costs_nothing(tmp_path: Path) -> None:
    assert details(tmp_path, OTHER, FREE).lines.view == "billed"


def test_an_amortized_file_is_known_by_what_nobody_used(tmp_path: Path) -> None:
    bill = details(tmp_path, OTHER, USED, UNUSED, PLANNED)
    assert (bill.lines.view, bill.lines.has_effective) == ("effective", True)
    assert costs(bill) == [(1, 1), (0, 4), (0, 6), (0, 5)]


def test_an_amortized_file_without_waste_is_known_by_covered_usage_that_costs(tmp_path: Path) -> None:
    bill = details(tmp_path, OTHER, USED)
    assert bill.lines.view == "effective"
    assert costs(bill) == [(1, 1), (0, 4)]


def test_amortized_lines_beside_the_purchases_say_both_costs(tmp_path: Path) -> None:
    bill = details(tmp_path, OTHER, USED, UNUSED, BOUGHT)
    assert (bill.lines.view, bill.lines.has_effective) == ("both", True)
    assert costs(bill) == [(1, 1), (0, 4), (0, 6), (10, 0)]
    assert bill.total("BilledCost") == bill.total("EffectiveCost") == 11


def test_without_commitments_both_costs_are_the_cost(tmp_path: Path) -> None:
    bill = details(tmp_path, OTHER)
    assert (bill.lines.view, bill.lines.has_effective, costs(bill)) == ("both", True, [(1, 1)])


def test_a_file_that_cannot_name_commitments_does_not_claim_an_effective_cost(tmp_path: Path) -> None:
    bill = details(tmp_path, PAY_AS_YOU_GO)
    assert (bill.lines.view, bill.lines.has_effective) == ("billed", False)


@pytest.mark.parametrize(
    ("view", "expected"), [("effective", [(1, 1), (0, 0)]), ("billed", [(1, 1), (0, 0)])]
)
def test_what_manifest_or_user_say_counts_before_the_lines(
    tmp_path: Path, view: str, expected: object
) -> None:
    bill = details(tmp_path, OTHER, FREE, view=view)
    assert (bill.lines.view, costs(bill)) == (view, expected)


def test_a_file_that_the_user_calls_amortized_knows_the_effective_cost(tmp_path: Path) -> None:
    assert details(tmp_path, PAY_AS_YOU_GO, view="effective").lines.has_effective


def test_before_pricing_models_the_reservation_id_tells_what_was_covered(tmp_path: Path) -> None:
    older = without({**FREE, "ReservationId": "res-1"}, "PricingModel", "benefitId", "benefitName")
    bill = details(tmp_path, older)
    assert bill.lines.view == "billed"
    assert bill.one("CommitmentDiscountId", "CommitmentDiscountStatus", "PricingCategory") == (
        "res-1",
        "Used",
        "Committed",
    )


def test_own_column_and_steps_make_the_billed_cost_on_every_line(tmp_path: Path) -> None:
    moved = {**OTHER, "CostAllocationRuleName": "share"}
    for lines in ([OTHER, FREE, BOUGHT, moved], [OTHER, USED, UNUSED, moved], [USED, UNUSED, BOUGHT, moved]):
        bill = details(tmp_path, *lines)
        sums = " + ".join(f"({step})" for step in bill.lines.steps.values())
        assert {row[0] for row in bill.rows(f"x_SourceCost + {sums} - ({bill.lines.billed})")} == {0}
        assert bill.lines.steps.keys() > {STEPS["step_amortized"]}
        assert bill.gap() == 0


def test_costs_are_exact_to_the_last_digit(tmp_path: Path) -> None:
    deep = "16.296932136636644627485419"
    bill = details(
        tmp_path, {**OTHER, "CostInBillingCurrency": deep}, {**OTHER, "CostInBillingCurrency": "5.64902E-05"}
    )
    assert [row[0] for row in bill.rows("BilledCost")] == [Decimal(deep), Decimal("0.0000564902")]


@pytest.mark.parametrize("text", ["", "n/a", "1,50", "NaN", "$3.00"])
def test_a_cost_that_cannot_be_read_is_quarantined_under_the_files_own_name(
    tmp_path: Path, text: str
) -> None:
    bill = details(tmp_path, OTHER, {**OTHER, "CostInBillingCurrency": text})
    assert bill.bad()[0][:3] == (2, "CostInBillingCurrency", "is not an exact number")
    assert (bill.total(bill.lines.billed), bill.gap()) == (1, 0)


def test_rows_of_a_cost_allocation_rule_are_left_out_by_name(tmp_path: Path) -> None:
    source = {**OTHER, "CostAllocationRuleName": "share", "CostInBillingCurrency": "-7"}
    target = {**source, "CostInBillingCurrency": "7"}
    bill = details(tmp_path, OTHER, source, target)
    rule = "rows of an Azure cost allocation rule: they only move cost and are not on the invoice"
    assert [row[0] for row in bill.rows(bill.lines.excluded)] == [None, rule, rule]
    assert costs(bill) == [(1, 1), (0, 0), (0, 0)]
    assert bill.total("x_count") == 3


def test_list_and_contracted_cost_come_from_prices_in_the_bills_currency(tmp_path: Path) -> None:
    bill = details(tmp_path, OTHER)
    assert bill.one("ListCost", "ContractedCost", "ListUnitPrice", "ContractedUnitPrice") == (
        Decimal("0.3"), Decimal("0.2"), Decimal("0.15"), Decimal("0.1"),
    )  # fmt: skip


def test_a_customer_agreements_prices_are_exchanged(tmp_path: Path) -> None:
    bill = details(tmp_path, CUSTOMER)
    assert bill.one("ListCost", "ContractedCost", "ListUnitPrice", "PricingCurrency") == (
        Decimal("1.8"), Decimal("0.9"), Decimal("0.18"), "USD",
    )  # fmt: skip
    unknown = details(
        tmp_path, {**CUSTOMER, "exchangeRatePricingToBilling": "", "paygCostInBillingCurrency": ""}
    )
    assert unknown.one("ListCost", "ContractedUnitPrice") == (None, None)


def test_quantities_count_units_of_measure(tmp_path: Path) -> None:
    units = [
        ("10 Hours", 20, "Hours"),
        ("10K", 20000, "Units"),
        ("1 GB/Month", 2, "GB/Month"),
        ("1 /Month", 2, "Units/Month"),
    ]
    for unit, consumed, name in units:
        bill = details(tmp_path, {**OTHER, "UnitOfMeasure": unit})
        assert bill.one("PricingQuantity", "PricingUnit", "ConsumedQuantity", "ConsumedUnit") == (
            2,
            unit,
            consumed,
            name,
        )


def test_a_purchase_consumes_nothing(tmp_path: Path) -> None:
    assert details(tmp_path, BOUGHT).one("ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "ResourceId") == (
        None, None, 2, RESERVATION,
    )  # fmt: skip
