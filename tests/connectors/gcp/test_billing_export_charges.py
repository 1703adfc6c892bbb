"""What kind of charge is each line of a billing export?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.gcp.exports import as_parquet, credit, labels, line, opened


@pytest.mark.parametrize(
    ("changes", "category", "kind"),
    [
        ({}, "Usage", "usage"),
        ({"cost_type": "tax", "project": None}, "Tax", "tax"),
        ({"cost_type": "adjustment"}, "Adjustment", "adjustment"),
        ({"cost_type": "rounding_error"}, "Adjustment", "adjustment"),
        ({"cost_type": "brand_new"}, "Adjustment", "adjustment"),
        ({"cost_type": None}, "Adjustment", "adjustment"),
        ({"sku__description": "Commitment v1: Cpu for 1 Year"}, "Purchase", "commitment"),
        (
            {"sku__description": "Commitment - dollar based v1: GCE", "subscription__instance_id": "s-1"},
            "Purchase",
            "commitment",
        ),
        ({"sku__description": "Commitment v1", "cost_type": "tax"}, "Tax", "tax"),
        ({"cost_type": "adjustment", "adjustment_info__type": "GOODWILL"}, "Credit", "credit"),
        ({"cost_type": "adjustment", "adjustment_info__type": "SLA_VIOLATION"}, "Credit", "credit"),
        ({"service__description": "Support"}, "Usage", "support"),
    ],
)
def test_each_kind_of_line_gets_its_class(
    tmp_path: Path, changes: dict[str, object], category: str, kind: str
) -> None:
    bill = opened(as_parquet(tmp_path / "e.parquet", [line(**changes)]), full=False)
    assert bill.classes() == [(category, kind)]
    assert bill.column("x_CostType") == [changes.get("cost_type", "regular")]


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("COMMITTED_USAGE_DISCOUNT", "Usage"),
        ("COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE", "Spend"),
        ("FEE_UTILIZATION_OFFSET", "Spend"),
        ("PROMOTION", None),
        ("NEVER_SEEN", None),
    ],
)
def test_credits_of_commitments_are_recognizable_and_of_class_credit(
    tmp_path: Path, kind: str, category: str | None
) -> None:
    fee = line(
        sku__description="Commitment v1: Cpu", subscription__instance_id="sub-7", credits=[credit(-1.0, kind)]
    )
    bill = opened(as_parquet(tmp_path / "e.parquet", [fee]))
    assert bill.classes() == [("Purchase", "commitment"), ("Credit", "credit")]
    [relief] = bill.rows(
        "x_CreditType", "CommitmentDiscountCategory", "CommitmentDiscountId", where="x_count = 0"
    )
    assert relief == (kind, category, "sub-7" if category else None)


def test_a_line_that_a_commitment_covers_is_priced_as_committed(tmp_path: Path) -> None:
    covered = line(credits=[credit(-1.0, "COMMITTED_USAGE_DISCOUNT")])
    spot = line(sku__description="Spot Preemptible N2 core")
    bill = opened(as_parquet(tmp_path / "e.parquet", [covered, spot, line(), line(cost_type="tax")]))
    assert bill.column("PricingCategory", "x_count = 1") == ["Committed", "Dynamic", "Standard", None]


@pytest.mark.parametrize(
    ("kind", "start", "charge_class"),
    [
        ("USAGE_CORRECTION", "2026-02-10T00:00:00Z", "Correction"),
        ("PRICE_CORRECTION", "2026-02-10T00:00:00Z", "Correction"),
        ("METADATA_CORRECTION", "2026-02-10T00:00:00Z", "Correction"),
        ("USAGE_CORRECTION", "2026-03-10T00:00:00Z", None),
        ("USAGE_CORRECTION", "2026-03-01T07:59:00Z", "Correction"),  # the last day of February in Los Angeles
        ("USAGE_CORRECTION", "2026-03-01T08:00:00Z", None),
        ("GENERAL_ADJUSTMENT", "2026-02-10T00:00:00Z", None),
        (None, "2026-02-10T00:00:00Z", None),
    ],
)
def test_only_corrections_of_an_earlier_month_are_corrections(
    tmp_path: Path, kind: str | None, start: str, charge_class: str | None
) -> None:
    bill = opened(
        as_parquet(tmp_path / "e.parquet", [line(adjustment_info__type=kind, usage_start_time=start)])
    )
    assert bill.column("ChargeClass") == [charge_class]


def test_a_correction_of_metadata_keeps_the_negation_and_the_new_line(tmp_path: Path) -> None:
    fixed = {"adjustment_info__type": "METADATA_CORRECTION", "usage_start_time": "2026-02-10T00:00:00Z"}
    pair = [
        line(cost=-3.0, labels=labels(app="old"), **fixed),
        line(cost=3.0, labels=labels(app="new"), **fixed),
    ]
    bill = opened(as_parquet(tmp_path / "e.parquet", pair))
    assert bill.tags() == [{"app": "old"}, {"app": "new"}]
    assert (bill.sums()["rows"], bill.sums()["billed"]) == (2, 0)


def test_marketplace_lines_name_their_seller(tmp_path: Path) -> None:
    sold = line(transaction_type="THIRD_PARTY_RESELLER", seller_name="Elastic")
    unknown = line(transaction_type="THIRD_PARTY_AGENCY", seller_name=None)
    bill = opened(as_parquet(tmp_path / "e.parquet", [line(), sold, unknown, line(transaction_type=None)]))
    assert bill.column("PublisherName") == ["Google Cloud", "Elastic", None, "Google Cloud"]
