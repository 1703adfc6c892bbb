"""Which FOCUS columns does each of the sample's exports have, and what stands in them?

One function gives a line's cells; an export is a list of column names out of them, by FOCUS release: 1.0 for
Azure, 1.2 for AWS, Google Cloud and the vendor, and 1.3's provider columns in Google Cloud's newest month.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from configs.sample import clock
from configs.sample.lines import Line
from recon.focus import V1_0

Cell = str | Decimal | datetime | None

FOCUS_1_0 = tuple(name for name in V1_0 if name != "AvailabilityZone")
_SINCE_1_2 = ("BillingAccountType", "InvoiceId", "ServiceSubcategory", "SkuMeter", "SubAccountType")
FOCUS_1_2 = (*FOCUS_1_0, *_SINCE_1_2)
FOCUS_1_3 = (*FOCUS_1_2, "HostProviderName", "ServiceProviderName")
_RESOURCE_LEVEL = {"ResourceId", "ResourceName", "ResourceType", "RegionId", "RegionName", "Tags"}
WITHOUT_RESOURCES = tuple(c for c in FOCUS_1_2 if c not in _RESOURCE_LEVEL and not c.startswith("Commitment"))

MONEY = frozenset({"BilledCost", "ContractedCost", "EffectiveCost", "ListCost"})
NUMBERS = MONEY | {"ConsumedQuantity", "ContractedUnitPrice", "ListUnitPrice", "PricingQuantity"}
INSTANTS = frozenset({"BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart"})

_ACCOUNT_TYPE = {"aws": "AWS Account", "azure": "Subscription", "gcp": "Project"}


def cells(line: Line) -> dict[str, Cell]:
    """A line's value for every column but Tags, whose form depends on the file."""
    return {**_who(line), **_when(line), **_what(line), **_how_much(line), **_commitment(line)}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _who(line: Line) -> dict[str, Cell]:
    payer, account = line.payer, line.account
    return {
        "BillingAccountId": payer.id,
        "BillingAccountName": payer.name,
        "BillingAccountType": "Billing Account",
        "BillingCurrency": payer.currency,
        "InvoiceIssuerName": payer.InvoiceIssuerName,
        "InvoiceId": _invoice(line),
        "ProviderName": payer.ProviderName,
        "PublisherName": line.publisher or payer.ProviderName,
        "ServiceProviderName": payer.ProviderName,
        "HostProviderName": payer.ProviderName,
        "SubAccountId": account.id if account else None,
        "SubAccountName": account.name if account else None,
        "SubAccountType": _ACCOUNT_TYPE[payer.provider] if account else None,
    }


def _invoice(line: Line) -> str | None:
    """Google Cloud has not issued the newest month's invoice yet."""
    if line.payer.provider == "gcp" and line.period == clock.PERIODS[-1]:
        return None
    return f"{line.payer.provider.upper()}-{line.payer.id[-4:]}-{line.period.replace('-', '')}"


def _when(line: Line) -> dict[str, Cell]:
    return {
        "BillingPeriodStart": _midnight(clock.period_days(line.period)[0]),
        "BillingPeriodEnd": _midnight(clock.period_end(line.period)),
        "ChargePeriodStart": line.start,
        "ChargePeriodEnd": line.end,
    }


def _what(line: Line) -> dict[str, Cell]:
    name, category, subcategory = line.service
    slug = name.lower().replace(" ", "-")
    taxed = line.category == "Tax"
    return {
        "ChargeCategory": line.category,
        "ChargeClass": line.charge_class,
        "ChargeDescription": line.description,
        "ChargeFrequency": line.frequency,
        "RegionId": line.region,
        "RegionName": line.region,
        "ResourceId": line.resource_id,
        "ResourceName": line.resource_name,
        "ResourceType": line.resource_type,
        "ServiceCategory": category,
        "ServiceName": name,
        "ServiceSubcategory": subcategory,
        "SkuId": None if taxed else f"sku-{slug}",
        "SkuMeter": None if taxed else line.unit,
        "SkuPriceId": None if taxed else f"price-{slug}-{line.region or 'global'}",
    }


def _how_much(line: Line) -> dict[str, Cell]:
    metered = line.category == "Usage" and line.commitment_status != "Unused"
    category = "Committed" if line.commitment_status else "Standard"
    return {
        "BilledCost": line.billed,
        "EffectiveCost": line.effective,
        "ListCost": line.listed,
        "ContractedCost": line.contracted,
        "ListUnitPrice": line.unit_price,
        "ContractedUnitPrice": None,
        "PricingCategory": None if line.category == "Tax" else category,
        "PricingQuantity": line.quantity,
        "PricingUnit": line.unit,
        "ConsumedQuantity": line.quantity if metered else None,
        "ConsumedUnit": line.unit if metered else None,
    }


def _commitment(line: Line) -> dict[str, Cell]:
    bought = line.commitment
    return {
        "CommitmentDiscountCategory": bought.category if bought else None,
        "CommitmentDiscountId": bought.id if bought else None,
        "CommitmentDiscountName": bought.name if bought else None,
        "CommitmentDiscountStatus": line.commitment_status,
        "CommitmentDiscountType": bought.kind if bought else None,
    }
