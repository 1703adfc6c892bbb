"""Which bill lines does a bill have that says everything? One per kind of charge that FOCUS tells apart.

Text as a CSV would bring it. Every ChargeCategory, a correction, both kinds of commitment (bought, used, unused),
a capacity reservation (used, unused), spot prices, a foreign pricing currency, a marketplace, a vendor without resources.
"""

from __future__ import annotations

Row = dict[str, str | None]

_EVERY: Row = {
    "BillingAccountId": "payer-1",
    "BillingAccountName": "Lantern Works",
    "BillingAccountType": "Billing Account",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-09-01T00:00:00Z",
    "BillingPeriodEnd": "2026-10-01T00:00:00Z",
    "ChargePeriodStart": "2026-09-03T00:00:00Z",
    "ChargePeriodEnd": "2026-09-04T00:00:00Z",
    "InvoiceId": "invoice-7",
    "InvoiceIssuerName": "AWS",
    "ProviderName": "AWS",
    "PublisherName": "AWS",
    "PricingCurrency": "USD",
    "SubAccountId": "sub-1",
    "SubAccountName": "search",
    "SubAccountType": "Account",
    "x_NotInvoiced": "false",  # what no FOCUS column says; excused.yaml asks for it
    "x_PaidToThirdParty": "false",
}
_COMPUTE: Row = {
    "AvailabilityZone": "eu-west-1a",
    "ChargeCategory": "Usage",
    "ChargeDescription": "m5.large, Linux, Ireland",
    "ChargeFrequency": "Usage-Based",
    "ConsumedQuantity": "24.5",
    "ConsumedUnit": "Hours",
    "ListUnitPrice": "0.1",
    "ContractedUnitPrice": "0.08",
    "PricingQuantity": "24.5",
    "PricingUnit": "Hours",
    "ListCost": "2.45",
    "ContractedCost": "1.96",
    "BilledCost": "1.96",
    "EffectiveCost": "1.96",
    "PricingCategory": "Standard",
    "PricingCurrencyListUnitPrice": "0.1",
    "PricingCurrencyContractedUnitPrice": "0.08",
    "PricingCurrencyEffectiveCost": "1.96",
    "RegionId": "eu-west-1",
    "RegionName": "EU (Ireland)",
    "ResourceId": "arn:aws:ec2:eu-west-1:400100200300:instance/i-0abc",
    "ResourceName": "search-1",
    "ResourceType": "ec2:instance",
    "ServiceCategory": "Compute",
    "ServiceName": "Amazon Elastic Compute Cloud",
    "ServiceSubcategory": "Virtual Machines",
    "SkuId": "sku-m5",
    "SkuMeter": "BoxUsage:m5.large",
    "SkuPriceDetails": '{"CoreCount": 2, "x_PreInstalledSoftware": "none"}',
    "SkuPriceId": "sku-m5.od",
    "Tags": '{"cost-center": "search", "formula": "=1+1", "bare": true}',
}
_PLAN: Row = {
    "CommitmentDiscountCategory": "Spend",
    "CommitmentDiscountId": "arn:aws:savingsplans::400100200300:savingsplan/sp-1",
    "CommitmentDiscountName": "three years",
    "CommitmentDiscountType": "Savings Plan",
    "CommitmentDiscountUnit": "USD",
}
_RESERVED: Row = {
    "CommitmentDiscountCategory": "Usage",
    "CommitmentDiscountId": "arn:aws:ec2:eu-west-1:400100200300:reserved-instances/ri-1",
    "CommitmentDiscountName": "db, one year",
    "CommitmentDiscountType": "Reservation",
    "CommitmentDiscountUnit": "Hours",
}
_NO_USE: Row = {"ConsumedQuantity": None, "ConsumedUnit": None}
_NO_PRICE: Row = {
    **dict.fromkeys(
        ("ListUnitPrice", "ContractedUnitPrice", "PricingQuantity", "PricingUnit", "PricingCategory", "SkuId", "SkuMeter")
    ),
    **dict.fromkeys(("SkuPriceId", "SkuPriceDetails", "PricingCurrencyListUnitPrice", "PricingCurrencyContractedUnitPrice")),
}  # fmt: skip
_NO_RESOURCE: Row = dict.fromkeys(("ResourceId", "ResourceName", "ResourceType", "AvailabilityZone", "Tags"))


def _line(*parts: Row, **more: str | None) -> Row:
    row: Row = {}
    for part in (_EVERY, *parts, more):
        row |= part
    return row


def _costs(listed: str, contracted: str, billed: str, effective: str) -> Row:
    named = {
        "ListCost": listed,
        "ContractedCost": contracted,
        "BilledCost": billed,
        "EffectiveCost": effective,
    }
    return {**named, "PricingCurrencyEffectiveCost": effective}


def _prices(price: str, quantity: str, unit: str) -> Row:
    per_unit = (
        "ListUnitPrice",
        "ContractedUnitPrice",
        "PricingCurrencyListUnitPrice",
        "PricingCurrencyContractedUnitPrice",
    )
    return {**dict.fromkeys(per_unit, price), "PricingQuantity": quantity, "PricingUnit": unit}


def _itself(commitment: Row) -> Row:
    """The commitment as the row's resource."""
    own = {
        "ResourceId": commitment["CommitmentDiscountId"],
        "ResourceName": commitment["CommitmentDiscountName"],
    }
    return {**own, "ResourceType": commitment["CommitmentDiscountType"], "AvailabilityZone": None}


def complete_rows() -> list[Row]:
    """Lines in which every column that applies has a value; all of them carry the same columns."""
    rows = [*_usage(), *_commitments(), *_reservations(), *_others(), *_elsewhere()]
    columns = sorted({column for row in rows for column in row})
    return [{column: row.get(column) for column in columns} for row in rows]


def _usage() -> list[Row]:
    tiny = {
        **_prices("0.000000000000000000000001", "1.5", "Requests"),
        "ConsumedUnit": "Requests",
        "ConsumedQuantity": "1.5",
    }
    cost = "0.000000000000000000000002"
    return [
        _line(_COMPUTE),
        _line(_COMPUTE, tiny, _costs(cost, cost, cost, cost), SkuPriceId="sku-m5.request"),
        _line(_COMPUTE, PricingCategory="Dynamic", SkuPriceId="sku-m5.spot"),
        _line(_COMPUTE, _costs("-2.45", "-1.96", "-1.96", "-1.96"), ChargeClass="Correction"),
    ]


def _commitments() -> list[Row]:
    covered = {"PricingCategory": "Committed"}
    unused = {**_NO_USE, **covered, "CommitmentDiscountStatus": "Unused", "Tags": None}
    bought = {**_NO_USE, "ChargeCategory": "Purchase", "PricingCategory": "Standard", "Tags": None}
    return [
        _line(_COMPUTE, _PLAN, covered, _costs("2.45", "1.96", "0", "1.2"),
              CommitmentDiscountStatus="Used", CommitmentDiscountQuantity="1.2"),
        _line(_COMPUTE, _PLAN, unused, _itself(_PLAN), _costs("0.8", "0.8", "0", "0.8"), _prices("0.1", "8.0", "Hours"),
              CommitmentDiscountQuantity="0.8", SkuId="sku-sp", SkuPriceId="sku-sp.usage"),
        _line(_COMPUTE, _PLAN, bought, _itself(_PLAN), _costs("2.0", "2.0", "2.0", "0"), _prices("0.5", "4.0", "Hours"),
              CommitmentDiscountQuantity="2.0", ChargeFrequency="Recurring", SkuId="sku-sp", SkuPriceId="sku-sp.fee"),
        _line(_COMPUTE, _RESERVED, covered, _costs("2.45", "1.96", "0", "0.9"),
              CommitmentDiscountStatus="Used", CommitmentDiscountQuantity="24.5"),
        _line(_COMPUTE, _RESERVED, unused, _itself(_RESERVED), _costs("0.1", "0.1", "0", "0.1"), _prices("0.1", "1.0", "Hours"),
              CommitmentDiscountQuantity="1.0", SkuId="sku-ri", SkuPriceId="sku-ri.usage"),
        _line(_COMPUTE, _RESERVED, bought, _itself(_RESERVED), _costs("365.5", "365.5", "365.5", "0"), _prices("365.5", "1.0", "Units"),
              CommitmentDiscountQuantity="8760", ChargeFrequency="One-Time", SkuId="sku-ri", SkuPriceId="sku-ri.fee"),
    ]  # fmt: skip


def _reservations() -> list[Row]:
    held = "arn:aws:ec2:eu-west-1:400100200300:capacity-reservation/cr-1"
    itself = {
        "ResourceId": held,
        "ResourceName": "held",
        "ResourceType": "ec2:capacity-reservation",
        "Tags": None,
    }
    return [
        _line(_COMPUTE, CapacityReservationId=held, CapacityReservationStatus="Used"),
        _line(_COMPUTE, itself, CapacityReservationId=held, CapacityReservationStatus="Unused"),
    ]


def _others() -> list[Row]:
    own = {
        "ServiceName": "AWS Support (Business)",
        "ServiceCategory": "Management and Governance",
        "ServiceSubcategory": "Support",
    }
    account = {
        **_COMPUTE,
        **own,
        **_NO_USE,
        **_NO_RESOURCE,
        "RegionId": None,
        "RegionName": None,
        "ChargeFrequency": "One-Time",
    }
    no_price = {**account, **_NO_PRICE}
    return [
        _line(no_price, _costs("0.37", "0.37", "0.37", "0.37"), ChargeCategory="Tax", ChargeDescription="VAT"),
        _line(no_price, _costs("-5", "-5", "-5", "-5"), ChargeCategory="Credit", ChargeDescription="goodwill"),
        _line(no_price, _costs("0.01", "0.01", "0.01", "0.01"), ChargeCategory="Adjustment", ChargeDescription="rounding"),
        _line(account, _costs("29.5", "29.5", "29.5", "29.5"), _prices("29.5", "1.0", "Months"), ChargeCategory="Purchase",
              ChargeFrequency="Recurring", SkuId="sku-support", SkuPriceId="sku-support.business"),
    ]  # fmt: skip


def _elsewhere() -> list[Row]:
    reseller = {
        "ProviderName": "Microsoft",
        "PublisherName": "Microsoft",
        "InvoiceIssuerName": "Nordic Cloud Partner",
    }
    azure = {
        **reseller,
        "ServiceName": "Virtual Machines",
        "SubAccountType": "Subscription",
        "ResourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm-é",
        "ResourceType": "microsoft.compute/virtualmachines",
        "SkuId": "sku-d2s",
        "SkuPriceId": "sku-d2s.od",
    }
    euro = {
        "PricingCurrency": "EUR",
        "PricingCurrencyListUnitPrice": "0.09",
        "PricingCurrencyContractedUnitPrice": "0.07",
    }
    shop = {
        "PublisherName": "Scanner GmbH",
        "ServiceName": "Scanner",
        "SkuId": "sku-scan",
        "SkuPriceId": "sku-scan.seat",
    }
    vendor = {"ProviderName": "Pagemark", "PublisherName": "Pagemark", "InvoiceIssuerName": "Pagemark"}
    web = {"ServiceName": "Pagemark", "ServiceCategory": "Web", "ServiceSubcategory": "Application Platforms"}
    return [
        _line(_COMPUTE, azure, euro, PricingCurrencyEffectiveCost="1.7"),
        _line(_COMPUTE, _NO_USE, _NO_RESOURCE, shop, _costs("9.5", "9.5", "9.5", "9.5"), _prices("9.5", "1.0", "Seats"),
              ChargeCategory="Purchase", ChargeFrequency="One-Time"),
        _line(_COMPUTE, _NO_USE, _NO_RESOURCE, shop, _costs("9.5", "9.5", "0", "9.5"), _prices("9.5", "1.0", "Seats"),
              ChargeCategory="Purchase", ChargeFrequency="One-Time", InvoiceIssuerName="Scanner GmbH", x_PaidToThirdParty="true"),
        _line(_COMPUTE, InvoiceId=None, x_NotInvoiced="true"),
        _line(_COMPUTE, _NO_RESOURCE, vendor, web, SkuId="sku-page", SkuPriceId="sku-page.view", RegionId=None, RegionName=None),
    ]  # fmt: skip
