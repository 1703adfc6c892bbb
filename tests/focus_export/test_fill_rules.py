"""Does each rule of the export do what docs/focus-export.md says, and say that it did?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from tests.focus_export.lines import LINE, export_line, export_rows

PLAN = "arn:aws:savingsplans::4001:savingsplan/sp-1"
PRICED: dict[str, str | None] = {
    "PricingQuantity": "2",
    "PricingUnit": "Hours",
    "ListUnitPrice": "0.75",
    "SkuId": "s",
    "SkuPriceId": "p",
}


def filled(row: dict[str, Any]) -> set[str]:
    return set((row["x_Filled"] or "").split(",")) - {""}


def replaced(row: dict[str, Any]) -> dict[str, str]:
    return json.loads(row["x_Replaced"] or "{}")


@cache
def exported(table: str) -> list[dict[str, Any]]:
    """All cases of one table below, in one export: a column that a case does not name is empty there."""
    cases = globals()[table]
    cells = [{case[0]: case[1]} if isinstance(case[0], str) else case[0] for case in cases]
    return export_rows([{**LINE, **given} for given in cells])


FILLS = [
    ({"EffectiveCost": None}, "EffectiveCost", Decimal("1.5")),
    ({}, "ContractedCost", Decimal("1.25")),
    ({"ListCost": "9"}, "ContractedCost", Decimal(9)),
    ({"ContractedCost": "3"}, "ListCost", Decimal(3)),
    ({"ChargeCategory": "Tax"}, "ListCost", Decimal("1.5")),
    ({"ChargeCategory": None}, "ChargeCategory", "Adjustment"),
    ({}, "ChargeFrequency", "Usage-Based"),
    ({"ChargeCategory": "Credit"}, "ChargeFrequency", "One-Time"),
    ({"ProviderName": None, "ServiceProviderName": "Microsoft"}, "ProviderName", "Microsoft"),
    ({}, "PublisherName", "AWS"),
    ({}, "InvoiceIssuerName", "AWS"),
    ({"ServiceName": None, "x_ServiceCode": "AmazonS3"}, "ServiceName", "AmazonS3"),
    ({"ServiceName": None}, "ServiceName", "AWS"),
    ({}, "ServiceCategory", "Compute"),
    ({}, "ServiceSubcategory", "Virtual Machines"),
    ({"ServiceName": "My Bucket Thing", "x_ServiceCode": "amazons3"}, "ServiceSubcategory", "Object Storage"),
    ({"ServiceName": "Nobody's Service"}, "ServiceCategory", "Other"),
    ({"ServiceName": "Nobody's Service"}, "ServiceSubcategory", "Other (Other)"),
    ({"ServiceCategory": "Storage"}, "ServiceSubcategory", "Other (Storage)"),
    ({"ServiceSubcategory": "Caching"}, "ServiceCategory", "Databases"),
    ({}, "BillingAccountName", "payer"),
    ({}, "BillingAccountType", "Billing Account"),
    ({"SubAccountId": "4001"}, "SubAccountName", "4001"),
    ({"SubAccountId": "4001"}, "SubAccountType", "Account"),
    ({"SubAccountId": "4001", "ProviderName": "Microsoft"}, "SubAccountType", "Subscription"),
    ({"RegionId": "eu-west-1"}, "RegionName", "eu-west-1"),
    ({"RegionName": "West Europe"}, "RegionId", "West Europe"),
    ({"ResourceId": "arn:aws:s3:::logs"}, "ResourceType", "s3"),
    ({"ResourceId": "arn:aws:ec2:eu-west-1:1:instance/i-0"}, "ResourceType", "ec2:instance"),
    ({"ResourceId": "i-0123456789abcdef0"}, "ResourceType", "ec2:instance"),
    ({"ResourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d"}, "ResourceType", "microsoft.compute/disks"),
    ({"ResourceId": "//compute.googleapis.com/projects/p/zones/z/instances/7"}, "ResourceType", "compute.googleapis.com/instances"),
    ({"CommitmentDiscountId": PLAN}, "CommitmentDiscountType", "Savings Plan"),
    ({"CommitmentDiscountId": PLAN}, "CommitmentDiscountCategory", "Spend"),
    ({"CommitmentDiscountId": "reservationOrders/1"}, "CommitmentDiscountCategory", "Usage"),
    ({"CommitmentDiscountId": PLAN}, "CommitmentDiscountStatus", "Used"),
    ({"CommitmentDiscountId": PLAN, "ResourceId": PLAN}, "CommitmentDiscountStatus", "Unused"),
    ({"CapacityReservationId": "cr"}, "CapacityReservationStatus", "Used"),
    ({}, "PricingCategory", "Standard"),
    ({"CommitmentDiscountId": PLAN}, "PricingCategory", "Committed"),
    ({"ConsumedQuantity": "3", "ConsumedUnit": "Hours"}, "PricingQuantity", Decimal(3)),
    ({"PricingQuantity": "3", "PricingUnit": "Hours"}, "ConsumedUnit", "Hours"),
    ({"ConsumedQuantity": "3"}, "ConsumedUnit", "Units"),
    ({**PRICED, "ListCost": "1.5", "ContractedCost": "1.5"}, "ContractedUnitPrice", Decimal("0.75")),
    ({}, "PricingCurrency", "USD"),
    ({}, "PricingCurrencyEffectiveCost", Decimal("1.25")),
    (PRICED, "PricingCurrencyListUnitPrice", Decimal("0.75")),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "column", "value"), FILLS)
def test_an_empty_column_is_filled_and_named(
    cells: dict[str, str | None], column: str, value: object
) -> None:
    row = export_line(**cells)
    assert row[column] == value
    assert column in filled(row)


LEFT_NULL = [
    ({}, "ListUnitPrice"),
    ({}, "SkuId"),
    ({**PRICED, "ListCost": "9", "ContractedCost": "1.5"}, "ContractedUnitPrice"),
    ({"PricingCurrency": "EUR"}, "PricingCurrencyEffectiveCost"),
    ({"CommitmentDiscountId": "something"}, "CommitmentDiscountType"),
    ({"CommitmentDiscountId": PLAN}, "CommitmentDiscountQuantity"),
    ({"ConsumedQuantity": "3", "ConsumedUnit": "Hours", "ListUnitPrice": "1"}, "PricingQuantity"),
    ({"ResourceId": "my-bucket"}, "ResourceType"),
    ({"ChargeCategory": "Tax"}, "PricingCategory"),
]


@pytest.mark.parametrize("case", range(len(LEFT_NULL)), ids=lambda case: f"{case}-{LEFT_NULL[case][1]}")
def test_what_only_a_guess_could_fill_stays_null(case: int) -> None:
    assert exported("LEFT_NULL")[case][LEFT_NULL[case][1]] is None


REMOVED = [
    ({**PRICED, "ChargeCategory": "Tax"}, "ListUnitPrice", "0.75"),
    ({**PRICED, "ChargeCategory": "Tax"}, "PricingUnit", "Hours"),
    ({**PRICED, "ChargeCategory": "Tax", "SkuMeter": "m"}, "SkuMeter", "m"),
    ({"ChargeCategory": "Purchase", "CommitmentDiscountId": PLAN, "CommitmentDiscountStatus": "Used"}, "CommitmentDiscountStatus", "Used"),
    ({"CommitmentDiscountName": "three years"}, "CommitmentDiscountName", "three years"),
    ({"SubAccountName": "search"}, "SubAccountName", "search"),
    ({"ResourceName": "vm"}, "ResourceName", "vm"),
    ({"ChargeCategory": "Credit", "ConsumedQuantity": "3", "ConsumedUnit": "Hours"}, "ConsumedQuantity", "3"),
    ({"CommitmentDiscountId": PLAN, "ResourceId": PLAN, "ConsumedQuantity": "3"}, "ConsumedQuantity", "3"),
    ({"ChargeClass": "Refund"}, "ChargeClass", "Refund"),
    ({"ListUnitPrice": "about two"}, "ListUnitPrice", "about two"),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(REMOVED)), ids=lambda case: f"{case}-{REMOVED[case][1]}")
def test_a_value_that_may_not_stand_there_moves_to_x_replaced(case: int) -> None:
    _, column, said = REMOVED[case]
    row = exported("REMOVED")[case]
    assert row[column] is None
    assert replaced(row)[column] == said


RESPELLED = [
    ("ChargeCategory", "usage", "Usage"),
    ("ChargeFrequency", "OneTime", "One-Time"),
    ("ChargeFrequency", "usage based", "Usage-Based"),
    ("PricingCategory", "On-Demand", "Standard"),
    ("PricingCategory", "Commitment-Based", "Committed"),
    ("ServiceCategory", "COMPUTE", "Compute"),
]


@pytest.mark.parametrize("case", range(len(RESPELLED)), ids=lambda case: f"{case}-{RESPELLED[case][1]}")
def test_a_closed_list_is_spelled_as_the_specification_does(case: int) -> None:
    column, said, value = RESPELLED[case]
    row = exported("RESPELLED")[case]
    assert (row[column], replaced(row)[column]) == (value, said)
    assert column not in filled(row)


def test_a_category_that_focus_does_not_know_becomes_an_adjustment_and_is_kept() -> None:
    row = export_line(ChargeCategory="Refund")
    assert (row["ChargeCategory"], replaced(row)["ChargeCategory"]) == ("Adjustment", "Refund")


def test_an_abbreviated_unit_is_written_out() -> None:
    row = export_line(ConsumedQuantity="2", ConsumedUnit="GB-Mo")
    assert (row["ConsumedUnit"], replaced(row)["ConsumedUnit"]) == ("GB-Months", "GB-Mo")


def test_a_line_that_says_everything_right_is_neither_filled_nor_replaced() -> None:
    first = export_line(SubAccountId="4001")
    again = export_line(
        **{
            k: str(v)
            for k, v in first.items()
            if v is not None and not isinstance(v, datetime) and not k.startswith("x_")
        }
    )
    assert (again["x_Filled"], again["x_Replaced"]) == (None, None)


def test_a_hostile_text_is_not_altered() -> None:
    text = '=cmd|" /C calc"!A0\n{raw}\u202e‹é›'
    row = export_line(ChargeDescription=text, ResourceId=text, x_Note=text)
    assert (row["ChargeDescription"], row["ResourceId"], row["x_Note"]) == (text, text, text)


def test_a_replaced_value_is_valid_json_however_it_is_written() -> None:
    text = 'a"b\\c\n'
    assert replaced(export_line(ResourceName=text))["ResourceName"] == text


def test_tags_keep_their_text() -> None:
    text = '{"a": "1",  "b": true, "a:b": null}'
    assert export_line(Tags=text)["Tags"] == text


@pytest.mark.parametrize(
    "text", ["2026-09-03T02:00:00+02:00", "2026-09-03 00:00:00", "2026-09-03", "2026-09-03T00:00:00.000Z"]
)
def test_instants_are_read_as_utc_whatever_the_sessions_zone(text: str) -> None:
    assert export_line(ChargePeriodStart=text)["ChargePeriodStart"] == datetime(2026, 9, 3, tzinfo=UTC)


def test_blank_text_is_null() -> None:
    assert export_line(ChargeDescription="  ")["ChargeDescription"] is None


def test_columns_of_another_release_are_carried_as_ours() -> None:
    assert export_line("1.2", AllocatedTags='{"a": 1}')["x_AllocatedTags"] == '{"a": 1}'
    assert export_line("1.4")["x_ProviderName"] == "AWS"
    assert export_line("1.4")["ServiceProviderName"] == "AWS"


def test_a_column_that_nobody_knows_is_carried_with_the_prefix() -> None:
    assert export_line(Odd="7")["x_Odd"] == "7"


def test_column_names_are_found_whatever_their_case() -> None:
    assert export_line(billingaccountname="Lantern")["BillingAccountName"] == "Lantern"
