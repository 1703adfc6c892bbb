"""Does usage under a Savings Plan cost what the plan costs, and is nothing lost where AWS's lines don't cancel out?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.connectors.aws.cur_reports import ARN, line, report

OTHER = ARN.replace("sp-1", "sp-2")


def covered(cost: str, effective: str = "1", **more: str) -> dict[str, str]:
    return line(
        **{"type": "SavingsPlanCoveredUsage", "cost": cost, "sp_effective": effective, "plan": ARN, **more}
    )


def negation(cost: str, **more: str) -> dict[str, str]:
    return line(**{"type": "SavingsPlanNegation", "cost": cost, "resource": "", "plan": ARN, **more})


def test_covered_usage_and_its_negation_bill_nothing_and_cost_the_plan(tmp_path: Path) -> None:
    bill = report(tmp_path, covered("3", "2"), covered("5", "3"), negation("-8"))
    assert bill.rows("BilledCost", "EffectiveCost") == [(0, 2), (0, 3), (0, 0)]
    assert bill.total("x_SourceCost") == 0


def test_what_does_not_cancel_out_is_kept_on_a_row_of_its_own(tmp_path: Path) -> None:
    bill = report(tmp_path, covered("3"), covered("5.5"), negation("-8"))
    asked = ("BilledCost", "EffectiveCost", "x_SourceCost", "x_row", "ChargeCategory", "CommitmentDiscountId")
    assert bill.rows(*asked, where="x_count = 0") == [(Decimal("0.5"), 0, 0, None, "Adjustment", ARN)]
    [(what, resource, tags, day)] = bill.rows(
        "ChargeDescription",
        "ResourceId",
        "Tags",
        "strftime(ChargePeriodStart, '%Y-%m-%d')",
        where="x_count = 0",
    )
    assert "Savings Plan" in what
    assert (resource, tags, day) == (None, None, "2026-09-03")
    assert bill.total("BilledCost") == bill.total("x_SourceCost") == Decimal("0.5")


def test_the_rest_is_counted_by_plan_account_and_day(tmp_path: Path) -> None:
    bill = report(
        tmp_path,
        covered("3"),
        negation("-2"),
        covered("3", plan=OTHER),
        negation("-1", plan=OTHER),
        covered("3", account="333333333333"),
        covered("3", start="2026-09-04T00:00:00Z"),
        negation("-3", start="2026-09-04T23:00:00Z"),
    )
    asked = ("SubAccountId", "CommitmentDiscountId", "BilledCost")
    assert sorted(bill.rows(*asked, where="x_count = 0")) == [
        ("222222222222", ARN, 1),
        ("222222222222", OTHER, 2),
        ("333333333333", ARN, 3),
    ]


def test_the_rest_is_taken_from_net_costs_where_the_bill_is_net(tmp_path: Path) -> None:
    bill = report(tmp_path, covered("10", net="9"), negation("-10", net="-8"))
    assert bill.rows("BilledCost") == [(0,), (0,), (1,)]
    assert (bill.total("step_net"), bill.total("step_savings_plan"), bill.total("step_rest")) == (1, -1, 1)


def test_steps_lead_from_the_reports_cost_to_what_was_billed(tmp_path: Path) -> None:
    bill = report(
        tmp_path, covered("10", net="9"), negation("-10", net="-8"), line(cost="4", net="3"), line(cost="1")
    )
    steps = sum(bill.total(step) for step in bill.lines.steps.values())
    assert bill.total(bill.lines.raw_cost) + steps == bill.total(bill.lines.billed) == 5


def test_the_rest_lies_in_the_book_of_its_lines(tmp_path: Path) -> None:
    bill = report(tmp_path, covered("3"))
    books = {
        (d["billing_period"], d["ProviderName"], d["BillingAccountId"], d["BillingCurrency"])
        for d in bill.dimensions()
    }
    assert books == {("2026-09", "AWS", "111111111111", "USD")}


def test_effective_cost_is_what_was_paid_where_everything_is_in_one_bill(tmp_path: Path) -> None:
    """A plan without upfront fee, its whole period in the file: 0.90 used and 0.30 unused of the 1.20 paid."""
    bill = report(
        tmp_path,
        covered("1.5", "0.9"),
        negation("-1.5"),
        line(type="SavingsPlanRecurringFee", cost="1.2", plan=ARN, sp_committed="1.2", sp_used="0.9"),
        line(cost="2"),
    )
    assert bill.total("EffectiveCost") == bill.total("BilledCost") == Decimal("3.2")
