"""What does each type of a report's line cost, billed and effective, and what kind of charge is it?

The tables are meant to be read: what the line says, and beside it what was billed, what it cost when commitments are
spread over what used them, and what FOCUS calls it. Worked out by hand from AWS's own description of the columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from tests.connectors.aws.cur_reports import ARN, RESERVED, line, report


@dataclass(frozen=True)
class Case:
    """One line and what it comes to. `unused`: EffectiveCost of the row derived from it, None where there is none."""

    type: str
    billed: str
    effective: str
    category: str
    says: dict[str, str] = field(default_factory=dict)
    unused: str | None = None
    frequency: str = "Usage-Based"

    def __str__(self) -> str:
        return self.type + ("+" + "+".join(sorted(self.says)) if self.says else "")


SP_REFUND = "Refund for one-time fee for Savings Plan ID sp-1"
UNBLENDED = (
    Case("Usage", "2.50", "2.50", "Usage", {"cost": "2.50"}),
    Case("FlatRateSubscription", "9", "9", "Usage", {"cost": "9"}),
    Case("DiscountedUsage", "0", "0.06", "Usage", {"cost": "0", "reservation": RESERVED, "ri_effective": "0.06"}),
    Case(
        "RIFee", "22.32", "0", "Purchase",
        {"cost": "22.32", "reservation": RESERVED, "ri_unused_upfront": "1.10", "ri_unused_recurring": "2.40"},
        unused="3.50", frequency="Recurring",
    ),
    Case(
        "RIFee", "0", "0", "Purchase",  # all upfront and fully used: the line is there, and nothing is wasted
        {"cost": "0", "reservation": RESERVED, "ri_unused_upfront": "0", "ri_unused_recurring": "0"},
        frequency="Recurring",
    ),
    Case("Fee", "263", "0", "Purchase", {"cost": "263", "reservation": RESERVED}, frequency="One-Time"),
    Case("Fee", "100", "100", "Purchase", {"cost": "100"}, frequency="One-Time"),
    Case(
        "SavingsPlanRecurringFee", "1.20", "0", "Purchase",
        {"cost": "1.20", "plan": ARN, "sp_committed": "1.20", "sp_used": "0.90"}, unused="0.30", frequency="Recurring",
    ),
    Case("SavingsPlanUpfrontFee", "5000", "0", "Purchase", {"cost": "5000", "plan": ARN}, frequency="One-Time"),
    Case("Credit", "-7", "-7", "Credit", {"cost": "-7"}, frequency="One-Time"),
    Case("Refund", "-3", "-3", "Adjustment", {"cost": "-3"}, frequency="One-Time"),
    Case(
        "Refund", "-400", "0", "Adjustment",
        {"cost": "-400", "product": "ComputeSavingsPlans", "description": SP_REFUND}, frequency="One-Time",
    ),
    Case("Tax", "0.19", "0.19", "Tax", {"cost": "0.19"}, frequency="One-Time"),
    Case("EdpDiscount", "-1.25", "-1.25", "Usage", {"cost": "-1.25", "resource": ""}),
    Case("BundledDiscount", "-0.5", "-0.5", "Usage", {"cost": "-0.5"}),
    Case("PrivateRateDiscount", "-0.4", "-0.4", "Usage", {"cost": "-0.4"}),
    Case("Discount", "-0.3", "-0.3", "Usage", {"cost": "-0.3"}),
    Case("SppDiscount", "-0.2", "-0.2", "Usage", {"cost": "-0.2"}),
    Case("SomethingNew", "4", "4", "Adjustment", {"cost": "4"}, frequency="One-Time"),
)  # fmt: skip
_NET_RESERVED = {
    "reservation/NetEffectiveCost": "0.05",
    "reservation/NetUnusedAmortizedUpfrontFeeForBillingPeriod": "1",
    "reservation/NetUnusedRecurringFee": "2",
}
NET = (
    Case("Usage", "2.25", "2.25", "Usage", {"cost": "2.50", "net": "2.25"}),
    Case("Usage", "2.50", "2.50", "Usage", {"cost": "2.50", "net": ""}),
    Case(
        "DiscountedUsage", "0", "0.05", "Usage",
        {"cost": "0", "net": "0", "reservation": RESERVED, "ri_effective": "0.06", **_NET_RESERVED},
    ),
    Case(
        "RIFee", "20", "0", "Purchase",
        {"cost": "22.32", "net": "20", "reservation": RESERVED, "ri_unused_upfront": "1.10",
         "ri_unused_recurring": "2.40", **_NET_RESERVED},
        unused="3", frequency="Recurring",
    ),
    Case("Credit", "-6", "-6", "Credit", {"cost": "-7", "net": "-6"}, frequency="One-Time"),
)  # fmt: skip


@pytest.mark.parametrize("case", UNBLENDED + NET, ids=str)
def test_a_line_costs_what_its_type_says(case: Case, tmp_path: Path) -> None:
    bill = report(tmp_path, line(type=case.type, **case.says))
    asked = ("BilledCost", "EffectiveCost", "ChargeCategory", "ChargeFrequency", "x_LineItemType")
    assert bill.rows(*asked, where="x_count = 1") == [
        (Decimal(case.billed), Decimal(case.effective), case.category, case.frequency, case.type)
    ]


@pytest.mark.parametrize("case", [c for c in UNBLENDED + NET if c.unused], ids=str)
def test_what_nobody_used_of_a_commitment_is_usage_of_its_own(case: Case, tmp_path: Path) -> None:
    bill = report(tmp_path, line(type=case.type, **case.says))
    asked = ("BilledCost", "EffectiveCost", "ChargeCategory", "CommitmentDiscountStatus", "x_row")
    assert bill.rows(*asked, where="x_count = 0") == [(0, Decimal(case.unused or 0), "Usage", "Unused", 1)]
    assert {d["x_Class"] for d in bill.dimensions()} == {"commitment"}


def test_a_fully_used_commitment_leaves_no_unused_row(tmp_path: Path) -> None:
    fee = line(type="SavingsPlanRecurringFee", cost="1.20", plan=ARN, sp_committed="1.20", sp_used="1.20")
    assert report(tmp_path, fee).rows("x_count") == [(1,)]


def test_every_type_keeps_the_bridge_from_unblended_to_billed(tmp_path: Path) -> None:
    bill = report(tmp_path, *(line(type=c.type, **c.says) for c in UNBLENDED + NET))
    steps = " + ".join(f"({step})" for step in bill.lines.steps.values())
    off = f"({bill.lines.raw_cost}) + {steps} <> ({bill.lines.billed})"
    assert bill.rows("x_LineItemType", where=off) == []
    assert bill.total(bill.lines.raw_cost) == sum(Decimal(c.says["cost"]) for c in UNBLENDED + NET)


def test_classes_of_charges_follow_the_type(tmp_path: Path) -> None:
    bill = report(
        tmp_path,
        line(type="Usage", cost="1"),
        line(type="Tax", cost="1"),
        line(type="Credit", cost="-1"),
        line(type="Fee", cost="1"),
        line(type="Fee", cost="1", reservation=RESERVED),
        line(type="Refund", cost="-1"),
    )
    assert sorted(d["x_Class"] for d in bill.dimensions()) == [
        *("adjustment", "commitment", "credit", "fee", "tax", "usage")
    ]


def test_a_refund_corrects_only_what_was_used_before_its_period(tmp_path: Path) -> None:
    bill = report(
        tmp_path,
        line(type="Refund", cost="-1", start="2026-08-20T00:00:00Z"),
        line(type="Refund", cost="-1", start="2026-09-20T00:00:00Z"),
        line(type="Usage", cost="1", start="2026-08-20T00:00:00Z"),
    )
    assert bill.rows("ChargeClass") == [("Correction",), (None,), (None,)]


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({"type": "Usage", "cost": "1"}, (None, None, None, "Standard")),
        ({"type": "DiscountedUsage", "reservation": RESERVED, "ri_effective": "1"},
         (RESERVED, "Used", "Usage", "Committed")),
        ({"type": "SavingsPlanCoveredUsage", "plan": ARN, "sp_effective": "1"}, (ARN, "Used", "Spend", "Committed")),
        ({"type": "SavingsPlanUpfrontFee", "plan": ARN}, (ARN, None, "Spend", "Committed")),
        ({"type": "Usage", "lineItem/UsageType": "EU-SpotUsage:m5.large"}, (None, None, None, "Dynamic")),
        ({"type": "Tax"}, (None, None, None, None)),
    ],
)  # fmt: skip
def test_commitments_and_prices_are_named(
    says: dict[str, str], expected: tuple[str | None, ...], tmp_path: Path
) -> None:
    asked = (
        "CommitmentDiscountId",
        "CommitmentDiscountStatus",
        "CommitmentDiscountCategory",
        "PricingCategory",
    )
    assert report(tmp_path, line(**says), full=True).one(*asked) == expected


@pytest.mark.parametrize(
    ("lacks", "says", "effective"),
    [
        (("reservation/EffectiveCost",), {"type": "DiscountedUsage", "cost": "0"}, "0"),
        (("reservation/EffectiveCost",), {"type": "Fee", "cost": "263", "reservation": RESERVED}, "263"),
        (("reservation/UnusedRecurringFee",), {"type": "RIFee", "cost": "22.32"}, "22.32"),
        (("savingsPlan/SavingsPlanEffectiveCost",), {"type": "SavingsPlanCoveredUsage", "cost": "5"}, "5"),
        (("savingsPlan/SavingsPlanEffectiveCost",), {"type": "SavingsPlanNegation", "cost": "-5"}, "-5"),
        (("savingsPlan/UsedCommitment",), {"type": "SavingsPlanRecurringFee", "cost": "3"}, "3"),
    ],
)
def test_without_its_column_a_line_keeps_what_was_paid(
    lacks: tuple[str, ...], says: dict[str, str], effective: str, tmp_path: Path
) -> None:
    bill = report(tmp_path, line(**says), without=lacks)
    assert bill.rows("EffectiveCost", where="x_count = 1") == [(Decimal(effective),)]
    assert bill.lines.has_effective is (says["type"] == "Fee")


def test_a_commitment_is_spread_wholly_or_not_at_all(tmp_path: Path) -> None:
    """One column short, the fee and the usage that it pays for would both count."""
    bill = report(
        tmp_path,
        line(type="SavingsPlanCoveredUsage", cost="8", plan=ARN, sp_effective="5"),
        line(type="SavingsPlanNegation", cost="-8", plan=ARN),
        line(type="SavingsPlanRecurringFee", cost="6", plan=ARN, sp_used="5"),
        without=("savingsPlan/TotalCommitmentToDate",),
    )
    assert bill.total("EffectiveCost") == 6
    assert bill.lines.has_effective is False


def test_a_bill_without_commitments_needs_none_of_their_columns(tmp_path: Path) -> None:
    lacks = [c for c in line() if c.startswith(("reservation/", "savingsPlan/"))]
    bill = report(tmp_path, line(cost="1"), without=lacks)
    assert bill.lines.has_effective
    assert bill.rows("EffectiveCost") == [(1,)]


def test_list_prices_are_not_told_twice(tmp_path: Path) -> None:
    """Neither by the negation of what is told already, nor by rows that we derive."""
    listed = {"pricing/publicOnDemandCost": "9"}
    bill = report(
        tmp_path,
        line(type="SavingsPlanCoveredUsage", cost="8", plan=ARN, sp_effective="5", **listed),
        line(type="SavingsPlanNegation", cost="-7", plan=ARN, **listed),
        line(type="RIFee", cost="1", ri_unused_upfront="1", ri_unused_recurring="2", **listed),
        full=True,
    )
    assert bill.rows("ListCost", "ContractedCost") == [
        (9, 8),
        (None, None),
        (9, 9),
        (None, None),
        (None, None),
    ]
