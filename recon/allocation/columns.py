"""Which columns may an allocation rule name, and which of them are not in the charge's grain anyway?"""

from __future__ import annotations

from recon.focus import COLUMNS

OWN = ("x_Class", "x_ProviderId")

# Money, quantities, times and nested documents: a rule sorts charges by text.
_NOT_TEXT = ("Cost", "Price", "Quantity", "Details", "Tags", "Start", "End", "ContractApplied")

TEXT_COLUMNS: tuple[str, ...] = (*(c for c in COLUMNS if not c.endswith(_NOT_TEXT)), *OWN)

# What a charge is rolled up by: naming one of these re-rolls nothing.
GRAIN = frozenset({
    "x_ProviderId", "ProviderName", "BillingAccountId", "BillingCurrency", "SubAccountId", "InvoiceId",
    "ResourceId", "ResourceType", "ServiceName", "ServiceCategory", "RegionId", "ChargeCategory",
    "ChargeClass", "x_Class", "CommitmentDiscountId", "CommitmentDiscountStatus",
})  # fmt: skip


def is_money_or_time(name: str) -> bool:
    """True for a FOCUS column that exists but is no text."""
    return name in COLUMNS and name not in TEXT_COLUMNS
