"""Which values may a row not have? Those that describe what the row does not name, and prices of a tax.

A value taken away stays readable in x_Replaced.
"""

from __future__ import annotations

from recon.focus_export.rule import Rule, only_if

_IS_USAGE = "ChargeCategory = 'Usage'"
_COMMITTED = "CommitmentDiscountId IS NOT NULL"
_OF_A_PRICE = (
    "ContractedUnitPrice",
    "ListUnitPrice",
    "PricingCategory",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyListUnitPrice",
    "PricingQuantity",
    "SkuId",
    "SkuPriceId",
)
_WHOSE = {
    "CommitmentDiscountCategory": _COMMITTED,
    "CommitmentDiscountName": _COMMITTED,
    "CommitmentDiscountType": _COMMITTED,
    "CapacityReservationStatus": "CapacityReservationId IS NOT NULL",
    "SubAccountName": "SubAccountId IS NOT NULL",
    "SubAccountType": "SubAccountId IS NOT NULL",
    "ResourceName": "ResourceId IS NOT NULL",
    "ResourceType": "ResourceId IS NOT NULL",
}
_PAIRED = {
    "PricingUnit": "PricingQuantity",
    "ConsumedUnit": "ConsumedQuantity",
    "CommitmentDiscountUnit": "CommitmentDiscountQuantity",
    "SkuMeter": "SkuId",
    "SkuPriceDetails": "SkuPriceId",
}


def removals() -> tuple[Rule, ...]:
    """Values that the row's category or ids forbid."""
    return (
        *(only_if(c, "ChargeCategory <> 'Tax'", "a tax has no price and no SKU") for c in _OF_A_PRICE),
        *(only_if(c, owner, f"kept only where {owner.split()[0]} is given") for c, owner in _WHOSE.items()),
        only_if(
            "CommitmentDiscountStatus",
            f"{_COMMITTED} AND {_IS_USAGE}",
            "only usage uses a commitment, or leaves it unused",
        ),
        only_if(
            "CommitmentDiscountQuantity",
            f"{_COMMITTED} AND ChargeCategory IN ('Usage', 'Purchase')",
            "only a commitment's purchase and its usage have one",
        ),
        only_if(
            "ConsumedQuantity",
            f"{_IS_USAGE} AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused'",
            "only usage is consumed, and the unused part of a commitment was not",
        ),
    )


def pair_removals() -> tuple[Rule, ...]:
    """The second of a pair, where the first is not there."""
    return tuple(
        only_if(second, f"{first} IS NOT NULL", f"kept only where {first} is given")
        for second, first in _PAIRED.items()
    )
