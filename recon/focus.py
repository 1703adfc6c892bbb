"""FOCUS column names, spelled once. Source: FOCUS specification 1.0 to 1.4, Cost and Usage dataset."""

from __future__ import annotations

V1_0 = """
AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd
BillingPeriodStart ChargeCategory ChargeClass ChargeDescription ChargeFrequency ChargePeriodEnd
ChargePeriodStart CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName
CommitmentDiscountStatus CommitmentDiscountType ConsumedQuantity ConsumedUnit ContractedCost
ContractedUnitPrice EffectiveCost InvoiceIssuerName ListCost ListUnitPrice PricingCategory PricingQuantity
PricingUnit ProviderName PublisherName RegionId RegionName ResourceId ResourceName ResourceType
ServiceCategory ServiceName SkuId SkuPriceId SubAccountId SubAccountName Tags
""".split()
ADDED_1_1 = """
CapacityReservationId CapacityReservationStatus CommitmentDiscountQuantity CommitmentDiscountUnit
ServiceSubcategory SkuMeter SkuPriceDetails
""".split()
ADDED_1_2 = """
BillingAccountType SubAccountType InvoiceId PricingCurrency PricingCurrencyContractedUnitPrice
PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice
""".split()
ADDED_1_3 = """
AllocatedMethodId AllocatedMethodDetails AllocatedResourceId AllocatedResourceName AllocatedTags
ContractApplied ServiceProviderName HostProviderName
""".split()
ADDED_1_4 = ["InvoiceDetailId", "CommitmentProgramEligibilityDetails"]

COLUMNS: tuple[str, ...] = (*V1_0, *ADDED_1_1, *ADDED_1_2, *ADDED_1_3, *ADDED_1_4)

# What identifies money: a file without one of these can't be loaded unless the source gives a default.
IDENTIFY_MONEY = (
    "BilledCost",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "BillingAccountId",
)

CLASSES = ("usage", "tax", "credit", "support", "fee", "commitment", "adjustment")


def version_of(columns: set[str]) -> str | None:
    """The FOCUS release whose columns these are ("1.0" … "1.4"), or None when it is before 1.0 or no FOCUS.

    0.5 called the category `ChargeType` and the cost `AmortizedCost`; 1.0-preview still had
    `ChargeSubcategory`; both lack `ChargeCategory` as 1.0 has it.
    """
    if "ChargeCategory" not in columns or "BilledCost" not in columns:
        return None
    if "ChargeSubcategory" in columns and "ChargeClass" not in columns:
        return None
    if "InvoiceDetailId" in columns or ("ServiceProviderName" in columns and "ProviderName" not in columns):
        return "1.4"
    if columns & set(ADDED_1_3):
        return "1.3"
    if columns & (set(ADDED_1_2) - {"BillingAccountType", "SubAccountType"}):  # Azure 1.0r2 has these early
        return "1.2"
    if columns & set(ADDED_1_1):
        return "1.1"
    return "1.0"
