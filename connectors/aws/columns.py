"""By which name does each column of a Cost and Usage Report go, whatever the file calls it?

Legacy CSV writes `lineItem/UsageAccountId`; its Parquet, Athena and CUR 2.0 write `line_item_usage_account_id`. The
latter is the name here. Tag and cost-category columns are kept apart: what they are called is the user's text, and
two that differ only by case are two keys.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from connectors.bill.shape import Opening, text_of
from connectors.bill.table import Column, Head
from recon.errors import DeliveryRefused
from recon.registry.folding import renamed_by_export

COST, NET = "line_item_unblended_cost", "line_item_net_unblended_cost"
TYPE = "line_item_line_item_type"
_CATEGORIES = (
    "identity|bill|line_item|product|pricing|reservation|savings_plan|split_line_item|capacity_reservation"
)
_KNOWN = re.compile(rf"(?:{_CATEGORIES})_\w+")
_MAPS = ("resource_tags", "tags", "cost_category", "product", "discount")
_ALIASES = {
    "savings_plan_savings_plan_arn": "savings_plan_savings_plan_a_r_n",
    "reservation_reservation_arn": "reservation_reservation_a_r_n",
}
_TAG_COLUMN = re.compile(r"resourceTags/(?=.)|resource_tags_(?=.)")
_CATEGORY_COLUMN = re.compile(r"costCategory/(?=.)|cost_category_(?=.)")
# FOCUS column of the source's `defaults` → the report's column that it stands in for
DEFAULTS = {
    "BillingAccountId": "bill_payer_account_id",
    "BillingCurrency": "line_item_currency_code",
    "BillingPeriodStart": "bill_billing_period_start_date",
    "BillingPeriodEnd": "bill_billing_period_end_date",
    "SubAccountId": "line_item_usage_account_id",
    "InvoiceId": "bill_invoice_id",
    "ChargeCategory": TYPE,
}
_TYPE_OF_CATEGORY = {"Usage": "Usage", "Purchase": "Fee", "Tax": "Tax", "Credit": "Credit"}
_IDENTIFY_MONEY = ("BillingAccountId", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd")
# cost columns that we know and don't need, and those that others are read instead of
_OTHER_COSTS = re.compile(
    r"(line_item_(net_)?blended|line_item_.*rate|reservation_|savings_plan_|split_line_item_)"
)


@dataclass(frozen=True)
class Named:
    """A column of the file: its own name, and how SQL names it and of what type it is."""

    own: str
    column: Column


@dataclass(frozen=True)
class Columns:
    """The file's columns. `named`: by the name they go by here; `tags`, `cost_categories`: raw key → column;
    `maps`: the nested columns of CUR 2.0; `literals`: values of the source's defaults for columns not there."""

    named: Mapping[str, Named]
    tags: Mapping[str, Named]
    cost_categories: Mapping[str, Named]
    maps: Mapping[str, Named]
    literals: Mapping[str, str]

    def own(self, name: str) -> str:
        """What the file calls it, for people; the legacy report's way where the file has no such column."""
        return self.named[name].own if name in self.named else name

    def __contains__(self, name: object) -> bool:
        return name in self.named or name in self.literals


def looks_like_cur(columns: Collection[str]) -> bool:
    """Whether a file with these columns is a Cost and Usage Report, legacy or 2.0."""
    return {COST, "line_item_usage_start_date"} <= {canonical(c) for c in columns}


def canonical(column: str) -> str:
    """The name that a column goes by. Warehouses that write in capitals are read too."""
    text = column.strip()
    name = renamed_by_export(text.lower() if text.isupper() else text)
    return _ALIASES.get(name, name)


def columns_of(opening: Opening, head: Head) -> Columns:
    """Sort the file's columns. Raises `DeliveryRefused` where what identifies money is missing or there twice."""
    named: dict[str, Named] = {}
    tags: dict[str, Named] = {}
    categories: dict[str, Named] = {}
    maps: dict[str, Named] = {}
    for own, column in head.columns.items():
        found = Named(own, column)
        name = canonical(own)
        if name in _MAPS and own.strip().lower() == name:
            maps[name] = found
        elif hit := _TAG_COLUMN.match(own):
            tags[own[hit.end() :]] = found
        elif hit := _CATEGORY_COLUMN.match(own):
            categories[own[hit.end() :]] = found
        elif _KNOWN.fullmatch(name):
            _refuse_twins(head, name, named.get(name), found)
            named.setdefault(name, found)
    literals = {
        name: _TYPE_OF_CATEGORY.get(value, value) if name == TYPE else value
        for focus, name in DEFAULTS.items()
        if (value := opening.defaults.get(focus)) is not None and name not in named
    }
    columns = Columns(named, tags, categories, maps, literals)
    _require(head, columns)
    return columns


def words_of_mapping() -> set[str]:
    """The report's columns that the mapping names."""
    return set(_KNOWN.findall(text_of("cur.sql", "connectors.aws")))


def surprises(columns: Columns, known: Collection[str]) -> tuple[str, ...]:
    """Cost columns of the line that we have never seen: AWS may have changed what a line costs."""
    return tuple(
        sorted(
            found.own
            for name, found in columns.named.items()
            if name.startswith("line_item_")
            and name.endswith("_cost")
            and name not in known
            and not _OTHER_COSTS.match(name)
        )
    )


def _refuse_twins(head: Head, name: str, first: Named | None, second: Named) -> None:
    if first is not None and (name in (COST, NET) or name in DEFAULTS.values()):
        raise DeliveryRefused(
            str(head.path), f'has two columns that mean {name}: "{first.own}" and "{second.own}". Remove one.'
        )


def _require(head: Head, columns: Columns) -> None:
    missing = [c for c in _IDENTIFY_MONEY if DEFAULTS[c] not in columns]
    if missing:
        raise DeliveryRefused(
            str(head.path),
            f"lacks {', '.join(f'{DEFAULTS[c]} ({c})' for c in missing)}, without which money can't be identified. "
            f"Export the column, or give the source `defaults: {{{missing[0]}: …}}`.",
        )
