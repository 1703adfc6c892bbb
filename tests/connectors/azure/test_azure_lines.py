"""Does each line say in FOCUS what it is: its category, its commitment, its resource, its place, its tags?"""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.tagset import BadTags, parse_tags
from tests.connectors.azure.details import ENTERPRISE, PAY_AS_YOU_GO, PLAN, RESERVATION, VM, details


@pytest.mark.parametrize(
    ("charge_type", "category", "charge_class", "ours"),
    [
        ("Usage", "Usage", None, "usage"),
        ("usage", "Usage", None, "usage"),
        ("Purchase", "Purchase", None, "fee"),
        ("Tax", "Tax", None, "tax"),
        ("Credit", "Credit", None, "credit"),
        ("Refund", "Purchase", "Correction", "fee"),
        ("RoundingAdjustment", "Adjustment", None, "adjustment"),
        ("SomethingNew", "Adjustment", None, "adjustment"),
        ("", "Adjustment", None, "adjustment"),
    ],
)
def test_every_charge_type_has_a_category_and_none_is_dropped(
    tmp_path: Path, charge_type: str, category: str, charge_class: str | None, ours: str
) -> None:
    bill = details(tmp_path, {**ENTERPRISE, "ChargeType": charge_type})
    (found,) = bill.dimensions()
    assert (found["ChargeCategory"], found["ChargeClass"], found["x_Class"]) == (category, charge_class, ours)
    assert bill.one("x_ChargeType", "x_Excluded") == (charge_type or None, None)


def test_a_file_without_charge_types_holds_usage(tmp_path: Path) -> None:
    (found,) = details(tmp_path, PAY_AS_YOU_GO).dimensions()
    assert (found["ChargeCategory"], found["x_Class"]) == ("Usage", "usage")


@pytest.mark.parametrize(
    "text", [("OneTime", "One-Time"), ("Recurring", "Recurring"), ("UsageBased", "Usage-Based")]
)
def test_frequencies_are_focus_words(tmp_path: Path, text: tuple[str, str]) -> None:
    assert details(tmp_path, {**ENTERPRISE, "Frequency": text[0]}).one("ChargeFrequency") == (text[1],)


@pytest.mark.parametrize(
    ("benefit", "model", "kind", "name"),
    [(RESERVATION, "Reservation", "Usage", "Reservation"), (PLAN, "SavingsPlan", "Spend", "Savings Plan")],
)
def test_covered_usage_names_its_commitment(
    tmp_path: Path, benefit: str, model: str, kind: str, name: str
) -> None:
    line = {
        **ENTERPRISE,
        "PricingModel": model,
        "benefitId": benefit,
        "benefitName": "mine",
        "ReservationId": "guid",
    }
    bill = details(tmp_path, line)
    assert bill.one("CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountStatus") == (
        benefit,
        "mine",
        "Used",
    )
    assert bill.one("CommitmentDiscountCategory", "CommitmentDiscountType", "PricingCategory") == (
        kind,
        name,
        "Committed",
    )
    (found,) = bill.dimensions()
    assert found["x_Class"] == "usage"


@pytest.mark.parametrize("resource", ["", RESERVATION, VM])
def test_what_nobody_used_belongs_to_its_commitment(tmp_path: Path, resource: str) -> None:
    line = {
        **ENTERPRISE,
        "ChargeType": "UnusedReservation",
        "PricingModel": "Reservation",
        "benefitId": RESERVATION,
    }
    bill = details(tmp_path, {**line, "ResourceId": resource})
    assert bill.one("ResourceId", "CommitmentDiscountStatus", "ChargeCategory") == (
        RESERVATION,
        "Unused",
        "Usage",
    )
    (found,) = bill.dimensions()
    assert found["x_Class"] == "commitment"


def test_a_commitments_purchase_and_refund_are_of_class_commitment(tmp_path: Path) -> None:
    bought = {**ENTERPRISE, "ChargeType": "Purchase", "PricingModel": "Reservation", "benefitId": RESERVATION}
    bill = details(tmp_path, bought, {**bought, "ChargeType": "Refund"})
    assert {d["x_Class"] for d in bill.dimensions()} == {"commitment"}
    assert bill.rows("CommitmentDiscountStatus") == [(None,), (None,)]


@pytest.mark.parametrize(
    ("model", "category"), [("OnDemand", "Standard"), ("On Demand", "Standard"), ("Spot", "Dynamic")]
)
def test_pricing_models_are_focus_words(tmp_path: Path, model: str, category: str) -> None:
    assert details(tmp_path, {**ENTERPRISE, "PricingModel": model}).one("PricingCategory") == (category,)


@pytest.mark.parametrize(
    ("resource_id", "kind"),
    [
        (VM, "microsoft.compute/virtualmachines"),
        (VM.removeprefix("/"), "microsoft.compute/virtualmachines"),
        (VM.upper(), "microsoft.compute/virtualmachines"),
        (
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/x/databases/y",
            "microsoft.sql/servers/databases",
        ),
        (f"{VM}/providers/Microsoft.Insights/metricAlerts/a", "microsoft.insights/metricalerts"),
        (RESERVATION, "microsoft.capacity/reservationorders/reservations"),
        ("/subscriptions/s/resourceGroups/g", "microsoft.resources/subscriptions/resourcegroups"),
        ("/subscriptions/s", "microsoft.resources/subscriptions"),
        ("", None),
        ("a name", None),
    ],
)
def test_a_resources_type_is_read_from_its_id(tmp_path: Path, resource_id: str, kind: str | None) -> None:
    bill = details(tmp_path, {**ENTERPRISE, "ResourceId": resource_id})
    assert bill.one("ResourceType", "ResourceId") == (kind, resource_id or None)


def test_the_files_own_type_stands_in_where_the_id_has_none(tmp_path: Path) -> None:
    assert details(tmp_path, {**PAY_AS_YOU_GO, "InstanceId": "vm-1"}).one("ResourceType") == (
        "microsoft.compute/virtualmachines",
    )


def test_resource_names_come_from_the_file_or_the_id(tmp_path: Path) -> None:
    assert details(tmp_path, ENTERPRISE).one("ResourceName") == ("vm-1",)
    assert details(tmp_path, {**ENTERPRISE, "ResourceName": "box"}).one("ResourceName") == ("box",)


@pytest.mark.parametrize(
    ("location", "region"),
    [
        ("EastUS", "eastus"),
        ("East US 2", "eastus2"),
        ("US East 2", "eastus2"),
        ("EU West", "westeurope"),
        ("Unassigned", None),
        ("", None),
    ],
)
def test_a_region_has_the_id_that_inventories_have(tmp_path: Path, location: str, region: str | None) -> None:
    assert details(tmp_path, {**ENTERPRISE, "ResourceLocation": location}).one("RegionId") == (region,)


def test_the_normalized_location_counts_before_the_other(tmp_path: Path) -> None:
    bill = details(
        tmp_path, {**ENTERPRISE, "ResourceLocation": "dublin", "ResourceLocationNormalized": "North Europe"}
    )
    assert bill.one("RegionId") == ("northeurope",)


def test_a_service_is_its_meters_category_where_it_has_one(tmp_path: Path) -> None:
    assert details(tmp_path, ENTERPRISE).one("ServiceName") == ("Virtual Machines",)
    unnamed = {**ENTERPRISE, "MeterCategory": "Unassigned", "ConsumedService": ""}
    assert details(tmp_path, unnamed).one("ServiceName") == ("Virtual Machines - D2",)


def test_microsoft_provides_and_the_seller_publishes(tmp_path: Path) -> None:
    bill = details(
        tmp_path, ENTERPRISE, {**ENTERPRISE, "PublisherName": "Red Hat", "PublisherType": "Marketplace"}
    )
    assert bill.rows("ProviderName", "PublisherName", "InvoiceIssuerName") == [
        ("Microsoft", "Microsoft", "Microsoft"),
        ("Microsoft", "Red Hat", "Microsoft"),
    ]


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ('{"a": "b","c": "d"}', {"a": "b", "c": "d"}),
        ('"a": "b","c": "d"', {"a": "b", "c": "d"}),
        ('"a":"b"', {"a": "b"}),
        ('"path": "x/{y}: \\"z\\", w"', {"path": 'x/{y}: "z", w'}),
        ('"a,b": "c:d"', {"a,b": "c:d"}),
        ('"org": "1"," org": "2"', {"org": "1", " org": "2"}),
        ('"k": ""', {"k": ""}),
        ("", {}),
        ("null", {}),
        ("NULL", {}),
        ("{}", {}),
    ],
)
def test_tags_are_read_with_braces_and_without(tmp_path: Path, cell: str, tags: dict[str, str]) -> None:
    (text,) = details(tmp_path, {**ENTERPRISE, "Tags": cell}).tags()
    assert parse_tags(text) == tags


@pytest.mark.parametrize("cell", ["team=a", '"a": "b', '{"a": "b"', '"a": "1","a": "2"'])
def test_tags_that_stay_unreadable_are_left_for_the_quarantine(tmp_path: Path, cell: str) -> None:
    (text,) = details(tmp_path, {**ENTERPRISE, "Tags": cell}).tags()
    with pytest.raises(BadTags):
        parse_tags(text)


def test_dimensions_do_not_rest_on_what_differs_on_every_line(tmp_path: Path) -> None:
    lines = [
        {**ENTERPRISE, "ResourceId": f"{VM}{n}", "Date": f"09/{n:02}/2026", "CostInBillingCurrency": f"{n}"}
        for n in range(1, 29)
    ]
    assert len(details(tmp_path, *lines, full=False).dimensions()) == 1
    undated = [{**line, "BillingPeriodStartDate": "", "BillingPeriodEndDate": ""} for line in lines]
    assert len(details(tmp_path, *undated, full=False).dimensions()) == 1


def test_a_file_with_nothing_but_a_day_and_blanks_can_be_read(tmp_path: Path) -> None:
    blank = dict.fromkeys(PAY_AS_YOU_GO, "") | {"UsageDateTime": "2026-09-03"}
    bill = details(tmp_path, blank, full=False)
    assert bill.bad() == [(1, "PreTaxCost", "is not an exact number", None)]
    (found,) = bill.dimensions()
    assert (found["BillingAccountId"], found["BillingCurrency"], found["ResourceType"]) == (None, None, None)


@pytest.mark.parametrize("line", [ENTERPRISE, PAY_AS_YOU_GO])
def test_every_column_can_be_read_where_all_others_are_blank(tmp_path: Path, line: dict[str, str]) -> None:
    kept = {"Date", "UsageDateTime", "CostInBillingCurrency", "PreTaxCost", "BillingCurrencyCode", "Currency"}
    blank = {name: cell if name in kept else "" for name, cell in line.items()}
    bill = details(tmp_path, blank)
    assert len(bill.rows("*")) == 1
    assert len(bill.dimensions()) == 1
