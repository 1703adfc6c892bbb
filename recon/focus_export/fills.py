"""What stands in a column that the bill leaves empty and the specification wants filled?

Only what the row itself, or a table of names, says; nothing is divided, converted or guessed from other rows.
Prices, SKUs, quantities of a commitment and rates of exchange are never made up: they stay null.
Every filled column is named in the row's x_Filled.
"""

from __future__ import annotations

from recon.focus_export.model import provider_words
from recon.focus_export.rule import Rule, absent
from recon.focus_export.services import category_of
from recon.focus_export.words import fold, looked_up, text

_PRICED = "ChargeCategory IN ('Usage', 'Purchase') AND ChargeClass IS NULL"
_ABOUT = "lower(concat_ws(' ', CommitmentDiscountType, CommitmentDiscountName, CommitmentDiscountId))"
_SAVINGS = f"regexp_matches({_ABOUT}, 'savings? ?plan|benefitsplan')"
_RESERVED = f"regexp_matches({_ABOUT}, 'reserv')"
_ARN = r"^arn:[^:]*:([^:]+):[^:]*:[^:]*:(?:([a-zA-Z][a-zA-Z0-9-]*)[/:])?"
_AZURE = r"(?i)/providers/([^/]+/[^/]+)/[^/]+$"
_GOOGLE = r"^//([a-z0-9.]+)/.*?([a-zA-Z]+)/[^/]+$"
_BARE = r"^([a-z]+(?:-attach)?)-[0-9a-z]+$"
_ONE_NAME = "taken from the other provider columns, where the bill names only one of them"


def name_fills() -> tuple[Rule, ...]:
    """Who, where and in which currency."""
    return (
        absent("ChargeCategory", "'Adjustment'", "a charge of no known category adjusts the bill"),
        absent("EffectiveCost", "BilledCost", "a bill without amortised cost has only the billed one"),
        absent("ProviderName", "coalesce(ServiceProviderName, PublisherName, InvoiceIssuerName)", _ONE_NAME),
        absent("ServiceProviderName", "coalesce(ProviderName, PublisherName, InvoiceIssuerName)", _ONE_NAME),
        absent("PublisherName", "coalesce(ProviderName, ServiceProviderName, InvoiceIssuerName)", _ONE_NAME),
        absent("InvoiceIssuerName", "coalesce(ProviderName, ServiceProviderName, PublisherName)", _ONE_NAME),
        absent("BillingAccountName", "BillingAccountId", "an account without a name is shown by its id"),
        absent("SubAccountName", "SubAccountId", "an account without a name is shown by its id"),
        absent("RegionId", "RegionName", "a region without an id is known by its name"),
        absent("RegionName", "RegionId", "a region without a name is shown by its id"),
        absent(
            "ResourceType",
            _resource_type(),
            "read from the form of ResourceId (ARN, Azure or Google Cloud path, AWS prefix)",
        ),
        absent("CommitmentDiscountType", _by_commitment("Savings Plan", "Reservation"), _READ),
        absent("CommitmentDiscountCategory", _by_commitment("Spend", "Usage"), _READ),
        absent("PricingCurrency", "BillingCurrency", "a bill that names one currency is priced in it"),
    )


_READ = "read from the commitment's type, name or id, where it speaks of savings plans or reservations"


def category_fills() -> tuple[Rule, ...]:
    """What kind of charge, service and price."""
    category = f"coalesce({category_of('ServiceSubcategory')}, {category_of('_listed_subcategory')}, 'Other')"
    return (
        absent("ServiceName", "coalesce(_service_code, ProviderName)", "its product code, else its provider"),
        absent("ServiceCategory", category, "parent of the subcategory, else configs/service_categories.yaml, else Other"),
        absent("BillingAccountType", _account_type("billing"), "the provider's own word for its billing accounts"),
        absent("SubAccountType", _account_type("sub"), "the provider's own word for its accounts"),
        absent("ChargeFrequency", "CASE ChargeCategory WHEN 'Usage' THEN 'Usage-Based' ELSE 'One-Time' END", "Usage-Based for usage, else One-Time"),
        absent("CommitmentDiscountStatus", _status("CommitmentDiscountId"), _UNUSED),
        absent("CapacityReservationStatus", _status("CapacityReservationId"), _UNUSED),
        absent("PricingCategory", _pricing_category(), "Committed for usage under a commitment, else Standard"),
    )  # fmt: skip


_UNUSED = "on usage: Unused where ResourceId is the commitment or reservation itself, else Used"


def cost_fills() -> tuple[Rule, ...]:
    """The costs before discounts, the metered and the priced quantity, the finer service."""
    cost = "CASE ChargeCategory WHEN 'Usage' THEN EffectiveCost ELSE BilledCost END"
    consumed = "CASE WHEN ChargeCategory = 'Usage' AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused' THEN PricingQuantity END"
    priced = f"CASE WHEN {_PRICED} AND ListUnitPrice IS NULL AND ContractedUnitPrice IS NULL THEN ConsumedQuantity END"
    return (
        absent("ContractedCost", f"coalesce(ListCost, {cost})", "ListCost, else EffectiveCost of usage, else BilledCost"),
        absent("ListCost", f"coalesce(ContractedCost, {cost})", "ContractedCost, else EffectiveCost of usage, else BilledCost"),
        absent("ConsumedQuantity", consumed, "PricingQuantity, for usage"),
        absent("PricingQuantity", priced, "ConsumedQuantity, where no unit price contradicts it"),
        absent("ConsumedUnit", "PricingUnit", "PricingUnit, with its quantity"),
        absent("PricingUnit", "ConsumedUnit", "ConsumedUnit, with its quantity"),
        absent("ServiceSubcategory", _subcategory(), "configs/service_categories.yaml where it agrees with the category, else Other"),
    )  # fmt: skip


def pair_fills() -> tuple[Rule, ...]:
    """Units of quantities without one, and the price after negotiation where nothing was negotiated."""
    price = "CASE WHEN ContractedCost = ListCost THEN ListUnitPrice END"
    return (
        absent("ConsumedUnit", "CASE WHEN ConsumedQuantity IS NOT NULL THEN 'Units' END", "Units, where a quantity has none"),
        absent("PricingUnit", "CASE WHEN PricingQuantity IS NOT NULL THEN 'Units' END", "Units, where a quantity has none"),
        absent("ContractedUnitPrice", price, "ListUnitPrice, where ContractedCost equals ListCost"),
    )  # fmt: skip


def currency_fills() -> tuple[Rule, ...]:
    """The amounts in the pricing currency, where that is the billing one."""
    same = "CASE WHEN PricingCurrency = BillingCurrency THEN"
    only = "where both currencies are one"
    return (
        absent("PricingCurrencyEffectiveCost", f"{same} EffectiveCost END", f"EffectiveCost, {only}"),
        absent("PricingCurrencyListUnitPrice", f"{same} ListUnitPrice END", f"ListUnitPrice, {only}"),
        absent("PricingCurrencyContractedUnitPrice", f"{same} ContractedUnitPrice END", f"ContractedUnitPrice, {only}"),
    )  # fmt: skip


def _resource_type() -> str:
    arn, google = (_joined(pattern, separator) for pattern, separator in ((_ARN, ":"), (_GOOGLE, "/")))
    azure = f"nullif(lower(regexp_extract(ResourceId, {text(_AZURE)}, 1)), '')"
    bare = looked_up(f"regexp_extract(ResourceId, {text(_BARE)}, 1)", _prefixes())
    return f"coalesce({arn}, {azure}, {google}, CASE WHEN regexp_matches(ProviderName, '^(aws|amazon)', 'i') THEN {bare} END)"


def _joined(pattern: str, separator: str) -> str:
    parts = (f"nullif(regexp_extract(ResourceId, {text(pattern)}, {group}), '')" for group in (1, 2))
    return f"nullif(concat_ws('{separator}', {', '.join(parts)}), '')"


def _prefixes() -> dict[str, str]:
    return {fold(prefix): kind for prefix, kind in provider_words()["id_prefixes"].items()}


def _by_commitment(savings: str, reserved: str) -> str:
    return f"CASE WHEN {_SAVINGS} THEN {text(savings)} WHEN {_RESERVED} THEN {text(reserved)} END"


def _status(of: str) -> str:
    used = f"CASE WHEN ResourceId = {of} THEN 'Unused' ELSE 'Used' END"
    return f"CASE WHEN {of} IS NOT NULL AND ChargeCategory = 'Usage' THEN {used} END"


def _pricing_category() -> str:
    committed = "CommitmentDiscountId IS NOT NULL AND ChargeCategory = 'Usage'"
    return f"CASE WHEN {_PRICED} THEN CASE WHEN {committed} THEN 'Committed' ELSE 'Standard' END END"


def _subcategory() -> str:
    agrees = f"{category_of('_listed_subcategory')} = ServiceCategory"
    return f"CASE WHEN {agrees} THEN _listed_subcategory ELSE concat('Other (', ServiceCategory, ')') END"


def _account_type(kind: str) -> str:
    cases = " ".join(
        f"WHEN regexp_matches(ProviderName, {text(entry['provider'])}, 'i') THEN {text(entry[kind])}"
        for entry in provider_words()["account_types"]
    )
    owner = "BillingAccountId" if kind == "billing" else "SubAccountId"
    return f"CASE WHEN {owner} IS NULL THEN NULL {cases} END"
