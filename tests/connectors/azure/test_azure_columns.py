"""Are the columns found whatever the file calls them, and is a file refused that does not say whose money it is?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from connectors.azure import cost_details
from connectors.azure.columns import spelled
from connectors.bill.shape import Opening, lines_of, prepare
from recon.errors import DeliveryRefused
from tests.connectors.azure.details import (
    CUSTOMER,
    ENTERPRISE,
    PAY_AS_YOU_GO,
    VM,
    details,
    look,
    opened,
    without,
    write_details,
)

GERMAN = {
    "SubscriptionGuid": "Abonnement-GUID (SubscriptionGuid)", "ResourceGroup": "Ressourcengruppe (ResourceGroup)",
    "ResourceLocation": "Ressourcenstandort (ResourceLocation)", "UsageDateTime": "UsageDateTime (UsageDateTime)",
    "MeterCategory": "Kategorie der Verbrauchseinheit (MeterCategory)", "MeterId": "ID der Verbrauchseinheit (MeterId)",
    "MeterName": "Name der Verbrauchseinheit (MeterName)", "UsageQuantity": "UsageQuantity (UsageQuantity)",
    "ResourceRate": "Ressourcensatz (ResourceRate)", "PreTaxCost": "PreTaxCost (PreTaxCost)",
    "ConsumedService": "Genutzter Dienst (ConsumedService)", "InstanceId": "InstanceId (InstanceId)", "Tags": "Tags (Tags)",
    "UnitOfMeasure": "Maßeinheit (UnitOfMeasure)",
}  # fmt: skip


def test_old_names_mean_what_the_new_ones_mean(tmp_path: Path) -> None:
    bill = details(tmp_path, PAY_AS_YOU_GO)
    assert bill.one("BilledCost", "BillingCurrency", "SubAccountId", "ResourceId", "PricingQuantity") == (
        *(Decimal("0.2"), "USD", "sub-1"),
        *(VM, 2),
    )
    assert (bill.shaped.raw_column, bill.shaped.format) == ("PreTaxCost", "Azure usage details")


def test_names_are_found_without_regard_to_case_blanks_and_separators(tmp_path: Path) -> None:
    lower = {name.lower(): cell for name, cell in ENTERPRISE.items()}
    assert details(tmp_path, lower).one("BilledCost", "ResourceId") == (Decimal("0.2"), VM)
    spaced = {{"MeterId": "Meter ID", "Date": "usage_date"}.get(n, n): cell for n, cell in ENTERPRISE.items()}
    assert details(tmp_path, spaced).one("x_SkuMeterId", "day(ChargePeriodStart)") == ("meter-1", 3)


def test_the_cost_in_billing_currency_counts_where_several_costs_stand(tmp_path: Path) -> None:
    bill = details(tmp_path, {**CUSTOMER, "cost": "7", "PreTaxCost": "8"})
    assert bill.one("x_SourceCost", "BilledCost", "x_SourceCostInUsd") == (Decimal("0.9"), Decimal("0.9"), 1)
    assert bill.lines.raw_column == "costInBillingCurrency"


@pytest.mark.parametrize(
    ("header", "means"),
    [
        ("Kosten (Cost)", "cost"),
        ("Coût (Cost)", "cost"),
        ("ID der Instanz (InstanceId)", "instanceid"),
        ("  Date ", "date"),
        ("Cost (estimated)", "cost(estimated)"),
    ],
)
def test_a_translated_header_means_the_english_name_in_its_brackets(header: str, means: str) -> None:
    assert spelled(header) == means


def test_a_german_file_reads_like_an_english_one(tmp_path: Path) -> None:
    german = {GERMAN.get(name, name): cell for name, cell in PAY_AS_YOU_GO.items()}
    told = (
        "BilledCost",
        "BillingCurrency",
        "SubAccountId",
        "ResourceId",
        "ServiceName",
        "RegionId",
        "PricingUnit",
    )
    assert details(tmp_path, german).one(*told) == details(tmp_path, PAY_AS_YOU_GO).one(*told)


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = write_details(tmp_path / "bom.csv", [PAY_AS_YOU_GO], bom=True)
    assert opened(path).one("SubAccountId") == ("sub-1",)


def test_a_header_in_an_unknown_language_is_refused_with_the_names_that_nobody_knows(tmp_path: Path) -> None:
    foreign = {{"PreTaxCost": "Kosten vor Steuern"}.get(n, n): cell for n, cell in PAY_AS_YOU_GO.items()}
    with pytest.raises(DeliveryRefused, match=r"no cost column .*Kosten vor Steuern.*English headers"):
        details(tmp_path, foreign)


def test_two_columns_of_one_meaning_are_refused_with_both_names(tmp_path: Path) -> None:
    with pytest.raises(DeliveryRefused, match='"Tags" and "tags"'):
        details(tmp_path, {**ENTERPRISE, "tags": ""})


def test_a_file_without_currency_is_refused_until_the_source_says_it(tmp_path: Path) -> None:
    nameless = without(ENTERPRISE, "BillingCurrencyCode")
    with pytest.raises(DeliveryRefused, match=r"lacks BillingCurrency,.*`defaults: \{BillingCurrency: …\}`"):
        details(tmp_path, nameless)
    assert details(tmp_path, nameless, BillingCurrency="eur").one("BillingCurrency") == ("EUR",)


def test_an_enrollment_is_billed_by_its_billing_account(tmp_path: Path) -> None:
    bill = details(tmp_path, {**ENTERPRISE, "BillingProfileId": "other"})
    assert bill.one("BillingAccountId", "BillingAccountType", "BillingAccountName") == (
        "enrollment", "Billing Account", "Example Ltd",
    )  # fmt: skip


def test_a_customer_agreement_is_billed_by_its_billing_profile(tmp_path: Path) -> None:
    bill = details(tmp_path, CUSTOMER)
    assert bill.one("BillingAccountId", "BillingAccountType", "BillingAccountName", "x_BillingAccountId") == (
        "profile-1", "Billing Profile", "Europe", "account:1_2019-05-31",
    )  # fmt: skip
    assert bill.one("InvoiceId", "InvoiceIssuerName") == ("INV-1", "Microsoft")
    assert bill.shaped.format == "Azure cost details (MCA)"


def test_a_partner_issues_the_invoice_of_a_partner_agreement(tmp_path: Path) -> None:
    bill = details(tmp_path, {**CUSTOMER, "partnerName": "Reseller", "customerTenantId": "t-1"})
    assert bill.one("InvoiceIssuerName", "ProviderName", "x_CustomerId") == ("Reseller", "Microsoft", "t-1")
    assert bill.shaped.format == "Azure cost details (MPA)"


def test_old_pay_as_you_go_is_billed_by_subscription(tmp_path: Path) -> None:
    bill = details(tmp_path, PAY_AS_YOU_GO)
    assert bill.one("BillingAccountId", "BillingAccountType") == ("sub-1", "Subscription")


def test_a_default_billing_account_counts_before_the_subscription(tmp_path: Path) -> None:
    bill = details(tmp_path, PAY_AS_YOU_GO, BillingAccountId="mine")
    assert bill.one("BillingAccountId", "SubAccountId") == ("mine", "sub-1")


@pytest.mark.parametrize(
    "mark", ["DepartmentName", "AccountOwnerId", "customerTenantId", "BillingAccountName"]
)
def test_a_subscription_is_not_the_account_where_another_is_invoiced(tmp_path: Path, mark: str) -> None:
    with pytest.raises(DeliveryRefused, match=r"lacks BillingAccountId.*`defaults: \{BillingAccountId: …\}`"):
        details(tmp_path, {**PAY_AS_YOU_GO, mark: "someone"})


def test_a_cost_column_that_nobody_knows_is_told(tmp_path: Path) -> None:
    assert details(tmp_path, {**CUSTOMER, "costInGold": "1", "newThing": "x"}).lines.unknown_columns == (
        "costInGold",
    )
    assert (
        details(tmp_path, {**CUSTOMER, "paygCostInUsd": "1", "costCenter": "x"}).lines.unknown_columns == ()
    )


def test_other_formats_are_not_taken_for_azure() -> None:
    focus = (
        "BilledCost",
        "ChargeCategory",
        "ResourceId",
        "Tags",
        "x_SkuMeterCategory",
        "x_SkuMeterId",
        "x_SkuOfferId",
    )
    assert not cost_details.recognizes(focus, {})
    assert not cost_details.recognizes(
        ("lineItem/UnblendedCost", "lineItem/UsageStartDate", "product/location"), {}
    )
    assert not cost_details.recognizes(("cost", "currency", "sku", "usage_start_time", "labels"), {})


def test_the_ingest_reads_only_what_makes_charges(tmp_path: Path) -> None:
    path = write_details(tmp_path / "details.csv", [ENTERPRISE])
    lean, whole = opened(path, full=False), opened(path)
    said = (
        "BilledCost",
        "EffectiveCost",
        "ResourceId",
        "Tags",
        "BillingAccountId",
        "SubAccountId",
        "CommitmentDiscountId",
    )
    assert lean.rows(*said) == whole.rows(*said)
    assert lean.dimensions() == whole.dimensions()
    assert lean.one("x_SkuPartNumber", "InvoiceIssuerName", "x_AccountName") == (None, "Microsoft", None)
    assert "AAA-1" in whole.one("x_SkuPartNumber")


def test_columns_that_rules_name_are_read(tmp_path: Path) -> None:
    con = duckdb.connect()
    prepare(con)
    path = write_details(tmp_path / "details.csv", [{**ENTERPRISE, "PublisherName": "Someone"}])
    asked = ("x_ResourceGroupName", "PublisherName", "BillingAccountName")
    opening = Opening(con, path, "lines", {}, asked, tmp_path)
    lines = lines_of(opening, cost_details.shape(opening, look(path, con)))
    assert con.execute(f"SELECT {', '.join(asked)} FROM {lines.raw}").fetchall() == [
        ("RG", "Someone", "Example Ltd")
    ]
