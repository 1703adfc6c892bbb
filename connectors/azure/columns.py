"""By which name does each column of Azure's cost details go, whatever the file calls it?

Every kind of account has its own spelling, each has changed over the years, and the portal translates headers but
keeps the English name behind them: `Kosten (Cost)`. The snake_case names here are those that the mapping is
written in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from connectors.bill.shape import Opening
from connectors.bill.table import Column, Head
from recon.errors import DeliveryRefused

# name here → what files call it (without blanks, _ and -, in lower case), the first that a file has counts
ALIASES: Mapping[str, tuple[str, ...]] = {
    "cost": ("costinbillingcurrency", "cost", "pretaxcost", "extendedcost"),
    "billing_currency": ("billingcurrencycode", "billingcurrency", "currency"),
    "date": ("date", "usagedatetime", "usagedate"),
    "billing_period_start_date": ("billingperiodstartdate",),
    "billing_period_end_date": ("billingperiodenddate",),
    "billing_account_id": ("billingaccountid",),
    "billing_account_name": ("billingaccountname",),
    "billing_profile_id": ("billingprofileid",),
    "billing_profile_name": ("billingprofilename",),
    "invoice_id": ("invoiceid",),
    "previous_invoice_id": ("previousinvoiceid",),
    "invoice_section_id": ("invoicesectionid", "departmentid"),
    "invoice_section_name": ("invoicesectionname", "invoicesection", "departmentname"),
    "account_id": ("accountid",),
    "account_name": ("accountname",),
    "account_owner_id": ("accountownerid",),
    "cost_center": ("costcenter",),
    "partner_name": ("partnername",),
    "partner_tenant_id": ("partnertenantid",),
    "customer_name": ("customername",),
    "customer_tenant_id": ("customertenantid",),
    "reseller_name": ("resellername",),
    "subscription_id": ("subscriptionguid", "subscriptionid"),  # the oldest files have a number in the latter
    "subscription_name": ("subscriptionname",),
    "resource_group": ("resourcegroup", "resourcegroupname"),
    "resource_id": ("resourceid", "instanceid", "instancename"),
    "resource_name": ("resourcename",),
    "resource_type": ("resourcetype",),
    "resource_location": ("resourcelocationnormalized", "resourcelocation", "location"),
    "availability_zone": ("availabilityzone",),
    "tags": ("tags",),
    "additional_info": ("additionalinfo",),
    "service_info1": ("serviceinfo1", "serviceinfo"),
    "service_info2": ("serviceinfo2",),
    "consumed_service": ("consumedservice",),
    "service_family": ("servicefamily",),
    "service_name": ("servicename",),
    "service_tier": ("servicetier",),
    "product_name": ("productname", "product"),
    "product_id": ("productid",),
    "product_order_id": ("productorderid",),
    "product_order_name": ("productordername",),
    "meter_category": ("metercategory",),
    "meter_sub_category": ("metersubcategory",),
    "meter_id": ("meterid",),
    "meter_name": ("metername",),
    "meter_region": ("meterregion",),
    "part_number": ("partnumber",),
    "offer_id": ("offerid",),
    "plan_name": ("planname",),
    "publisher_name": ("publishername",),
    "publisher_type": ("publishertype",),
    "charge_type": ("chargetype",),
    "frequency": ("frequency",),
    "pricing_model": ("pricingmodel",),
    "term": ("term",),
    "reservation_id": ("reservationid",),
    "reservation_name": ("reservationname",),
    "benefit_id": ("benefitid",),
    "benefit_name": ("benefitname",),
    "cost_allocation_rule_name": ("costallocationrulename",),
    "quantity": ("quantity", "usagequantity", "consumedquantity"),
    "unit_of_measure": ("unitofmeasure",),
    "effective_price": ("effectiveprice", "resourcerate"),
    "unit_price": ("unitprice",),
    "payg_price": ("paygprice", "payasyougoprice", "marketprice"),
    "payg_cost": ("paygcostinbillingcurrency",),
    "pricing_currency": ("pricingcurrency", "pricingcurrencycode"),
    "exchange_rate": ("exchangeratepricingtobilling", "exchangerate"),
    "cost_in_usd": ("costinusd", "costusd"),
    "cost_in_pricing_currency": ("costinpricingcurrency",),
    "service_period_start_date": ("serviceperiodstartdate",),
    "service_period_end_date": ("serviceperiodenddate",),
}
# columns that only Azure's details have: two of them make a file one of ours
_MARKS = {
    *(
        "metercategory",
        "metersubcategory",
        "meterid",
        "metername",
        "meterregion",
        "consumedservice",
        "offerid",
    ),
    *(
        "subscriptionguid",
        "subscriptionid",
        "partnumber",
        "unitofmeasure",
        "resourcelocation",
        "resourcerate",
    ),
}
_NAMES = {spelling: name for name, spellings in ALIASES.items() for spelling in spellings}
_SEEN_BEFORE = {"paygcostinusd", "costcenter", "costallocationrulename"}
_BEHIND_TRANSLATION = re.compile(r".*\(([^()]+)\)$")
_ENTERPRISE = ("account_owner_id", "account_name", "part_number")
_INVOICED_ELSEWHERE = (
    *("billing_account_id", "billing_account_name", "billing_profile_id", "billing_profile_name"),
    *("partner_name", "partner_tenant_id", "customer_name", "customer_tenant_id"),
    *(*_ENTERPRISE, "invoice_section_name"),
)
# FOCUS column of the source's `defaults` → the column that it stands in for
DEFAULTS = {
    "BillingCurrency": "billing_currency",
    "SubAccountId": "subscription_id",
    "InvoiceId": "invoice_id",
    "ChargeCategory": "charge_type",
}


@dataclass(frozen=True)
class Named:
    """A column of the file: its own name, and how SQL names it and of what type it is."""

    own: str
    column: Column


@dataclass(frozen=True)
class Columns:
    """The file's columns by the name they go by here. `literals`: values of the source's defaults for columns that
    the file has not; `account`: what stands for the billing account (`billing_profile`, `billing_account`,
    `subscription`, or `default`); `unknown`: columns of the file that go by no name here."""

    named: Mapping[str, Named]
    literals: Mapping[str, str]
    account: str
    unknown: tuple[str, ...]

    def own(self, name: str) -> str:
        """What the file calls it, for people."""
        return self.named[name].own if name in self.named else name

    def __contains__(self, name: object) -> bool:
        return name in self.named


def recognized(columns: Collection[str]) -> bool:
    """Whether these are columns of Azure's cost or usage details, in whatever language."""
    return len({spelled(c) for c in columns} & _MARKS) >= 2


def spelled(column: str) -> str:
    """A header as the aliases write it; of a translated one, the English name that it carries in brackets."""
    text = column.strip()
    behind = _BEHIND_TRANSLATION.match(text)
    if behind and (inner := _plain(behind[1])) in _NAMES:
        return inner
    return _plain(text)


def names_of(columns: Collection[str]) -> set[str]:
    """The names that these columns go by here, those that we know."""
    return {_NAMES[s] for c in columns if (s := spelled(c)) in _NAMES}


def agreement_of(names: Collection[str]) -> str:
    """MPA, MCA, or empty: enterprise and pay-as-you-go accounts share their columns."""
    if "partner_name" in names or "customer_tenant_id" in names:
        return "MPA"
    return "MCA" if "billing_profile_id" in names and not any(n in names for n in _ENTERPRISE) else ""


def columns_of(opening: Opening, head: Head) -> Columns:
    """The file's columns, by name. Raises `DeliveryRefused` where what identifies money is missing or there twice."""
    by_spelling: dict[str, Named] = {}
    for own, column in head.columns.items():
        name = spelled(own)
        if name in by_spelling and name in _NAMES:
            raise DeliveryRefused(
                str(head.path),
                f'has two columns that mean {_NAMES[name]}: "{by_spelling[name].own}" and "{own}". Remove one.',
            )
        by_spelling[name] = Named(own, column)
    named = {
        name: by_spelling[found]
        for name, spellings in ALIASES.items()
        if (found := next((s for s in spellings if s in by_spelling), None))
    }
    literals = {
        name: value
        for focus, name in DEFAULTS.items()
        if (value := opening.defaults.get(focus)) is not None and name not in named
    }
    unknown = tuple(named_.own for spelling, named_ in by_spelling.items() if spelling not in _NAMES)
    columns = Columns(named, literals, _account(named, opening.defaults), unknown)
    _require(head, columns)
    return columns


def surprises(columns: Columns) -> tuple[str, ...]:
    """Cost columns that we have never seen: Azure may have changed what a line costs."""
    return tuple(
        sorted(c for c in columns.unknown if "cost" in spelled(c) and spelled(c) not in _SEEN_BEFORE)
    )


def _plain(text: str) -> str:
    return re.sub(r"[ _-]", "", text).lower()


def _account(named: Mapping[str, Named], defaults: Mapping[str, str]) -> str:
    """Whose bill it is. A customer agreement is invoiced by billing profile, an enrollment by billing account, and
    an old pay-as-you-go file, which names neither, by subscription. Empty where nothing says it."""
    if agreement_of(named) and "billing_profile_id" in named:
        return "billing_profile"
    if "billing_account_id" in named:
        return "billing_account"
    if "BillingAccountId" in defaults:
        return "default"
    paid_alone = "subscription_id" in named and not any(n in named for n in _INVOICED_ELSEWHERE)
    return "subscription" if paid_alone else ""


def _require(head: Head, columns: Columns) -> None:
    if lacking := [n for n in ("cost", "date") if n not in columns]:
        spellings = " and ".join(f"no {n} column ({', '.join(ALIASES[n])})" for n in lacking)
        rest = (
            f" It has columns of no known meaning: {', '.join(columns.unknown[:8])}."
            if columns.unknown
            else ""
        )
        raise DeliveryRefused(
            str(head.path),
            f"has {spellings}: it is no cost details file, or its header is in a language without the English names."
            f"{rest} Export it with English headers.",
        )
    missing = ["BillingCurrency"] if not {"billing_currency"} & {*columns.named, *columns.literals} else []
    missing += ["BillingAccountId"] if not columns.account else []
    if missing:
        raise DeliveryRefused(
            str(head.path),
            f"lacks {', '.join(missing)}, without which money can't be identified. Export the column, or give the "
            f"source `defaults: {{{', '.join(f'{m}: …' for m in missing)}}}`.",
        )
