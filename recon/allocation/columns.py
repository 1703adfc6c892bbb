"""Which columns may an allocation rule name, and which of them are not in the charge's grain anyway?"""

from __future__ import annotations

from collections.abc import Iterable

from recon.focus import COLUMNS

PROVIDER = "x_ProviderId"
OWN = ("x_Class", PROVIDER)

# Money, quantities, times and nested documents: a rule sorts charges by text.
_NOT_TEXT = ("Cost", "Price", "Quantity", "Details", "Tags", "Start", "End", "ContractApplied")

TEXT_COLUMNS: tuple[str, ...] = (*(c for c in COLUMNS if not c.endswith(_NOT_TEXT)), *OWN)

# What a charge is rolled up by: naming one of these re-rolls nothing.
GRAIN = frozenset({
    "x_ProviderId", "ProviderName", "BillingAccountId", "BillingCurrency", "SubAccountId", "InvoiceId",
    "ResourceId", "ResourceType", "ServiceName", "ServiceCategory", "RegionId", "ChargeCategory",
    "ChargeClass", "x_Class", "CommitmentDiscountId", "CommitmentDiscountStatus",
})  # fmt: skip

ACCOUNT_NAME, FOLDER, GROUP, DAY, OWNER = (
    *("account:name", "account:folder", "resource_group"),
    *("x_ChargeDate", "owner"),
)
TAG, DIMENSION = "tag:", "dimension:"
# Where a charge lies, what the bill or the inventory says about it → the bill's column behind it, if there is one.
PLACES = {ACCOUNT_NAME: "SubAccountName", FOLDER: None, GROUP: "x_ResourceGroupName"}


def is_money_or_time(name: str) -> bool:
    """True for a FOCUS column that exists but is no text."""
    return name in COLUMNS and name not in TEXT_COLUMNS


def beyond_grain(names: Iterable[str]) -> tuple[str, ...]:
    """The columns of a bill that what rules name rests on, without those that a charge is rolled up by anyway."""
    behind = {PLACES.get(n, n) for n in names if not n.startswith((TAG, DIMENSION)) and n not in (DAY, OWNER)}
    return tuple(sorted({n for n in behind if n is not None} - GRAIN))


def tag_keys(names: Iterable[str]) -> set[str]:
    """The registry keys among what rules name."""
    return {name.removeprefix(TAG) for name in names if name.startswith(TAG)}
