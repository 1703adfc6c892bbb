"""Where in this file does each field of the billing export stand?

BigQuery nests (`service` holds `description`); a CSV writes `service.description`, some queries
`service_description`. A field goes by the last of these here, whatever the file does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import duckdb

from connectors.bill.shape import Opening
from connectors.bill.table import Column, Head
from recon.errors import DeliveryRefused

LISTS = ("labels", "system_labels", "tags", "project_labels", "project_ancestors", "credits")
_PATHS = """
billing_account_id service.id service.description sku.id sku.description usage_start_time usage_end_time
project.id project.number project.name project.labels project.ancestry_numbers project.ancestors
labels system_labels tags location.location location.country location.region location.zone
resource.name resource.global_name transaction_type seller_name subscription.instance_id
consumption_model.id consumption_model.description export_time
cost cost_at_list cost_at_effective_price_default cost_at_list_consumption_model cost_type
currency currency_conversion_rate usage.amount usage.unit usage.amount_in_pricing_units usage.pricing_unit
price.effective_price price.list_price price.tier_start_amount price.unit credits
invoice.month invoice.publisher_type
adjustment_info.id adjustment_info.description adjustment_info.mode adjustment_info.type
""".split()
FIELDS: Mapping[str, str] = {path.replace(".", "_"): path for path in _PATHS}
NUMBERS = {n for n in FIELDS if re.match("cost|price_|usage_amount|currency_", n)} - {
    "cost_type",
    "price_unit",
}
# FOCUS column of the source's `defaults` → the field that it stands in for
_DEFAULTS = {
    "BillingAccountId": "billing_account_id",
    "BillingCurrency": "currency",
    "BillingPeriodStart": "invoice_month",
    "SubAccountId": "project_id",
    "ChargeCategory": "cost_type",
}
_COST_TYPES = {"Usage": "regular", "Tax": "tax", "Adjustment": "adjustment"}
_IDENTIFY_MONEY = {
    focus: _DEFAULTS[focus] for focus in ("BillingAccountId", "BillingCurrency", "BillingPeriodStart")
}


@dataclass(frozen=True)
class Field:
    """A field in this file: the column to load (None for a value of the source's defaults), SQL over it, its type."""

    column: str | None
    sql: str
    type: str


def canonical(column: str) -> str:
    """The name that a column goes by: `Service.Description` is service_description."""
    return column.strip().lower().replace(".", "_")


def looks_like_export(columns: Collection[str]) -> bool:
    """Whether a file with these columns is a Google Cloud billing export, standard or detailed."""
    names = {canonical(c) for c in columns}
    product = ("service", "service_description", "service_id", "sku", "sku_description", "sku_id")
    return {"cost", "usage_start_time"} <= names and not names.isdisjoint(product)


def fields_of(opening: Opening, head: Head) -> dict[str, Field]:
    """The export's fields that the file has, by name, and those that the source's defaults stand in for.
    Raises `DeliveryRefused` where what identifies money is missing, or two columns mean one field."""
    columns = _by_name(head)
    fields = {name: found for name, path in FIELDS.items() if (found := _find(head, columns, path))}
    for focus, name in _DEFAULTS.items():
        value = opening.defaults.get(focus)
        if value is not None and name not in fields:
            fields[name] = Field(None, "'" + _standing_in(focus, value).replace("'", "''") + "'", "VARCHAR")
    if "cost_type" not in fields:  # tables of before 2018: all their lines are regular ones
        fields["cost_type"] = Field(None, "'regular'", "VARCHAR")
    missing = [focus for focus, name in _IDENTIFY_MONEY.items() if name not in fields]
    if missing:
        raise DeliveryRefused(
            str(head.path),
            f"lacks {', '.join(f'{FIELDS[_DEFAULTS[m]]} ({m})' for m in missing)}, without which money can't be "
            f"identified. Export the column, or give the source `defaults: {{{missing[0]}: …}}`.",
        )
    return fields


def struct_fields(sql_type: str) -> dict[str, str]:
    """Field → SQL type of a STRUCT, in lower case: SQL names a struct's fields without regard to case."""
    return {str(name).lower(): str(kind) for name, kind in duckdb.sqltype(sql_type).children}


def surprises(head: Head) -> tuple[str, ...]:
    """Columns of costs or credits that we have never seen: Google may have changed what a line costs."""
    return tuple(
        sorted(c for c in head.columns if re.match(r"cost|credit", c.lower()) and canonical(c) not in FIELDS)
    )


def _standing_in(focus: str, value: str) -> str:
    if focus == "BillingPeriodStart":
        return value[:7].replace("-", "")
    return _COST_TYPES.get(value, value) if focus == "ChargeCategory" else value


def _by_name(head: Head) -> dict[str, str]:
    found: dict[str, str] = {}
    for own in head.columns:
        name = canonical(own)
        if name in found and (name in FIELDS or name in {p.partition(".")[0] for p in _PATHS}):
            raise DeliveryRefused(
                str(head.path), f'has two columns that mean {name}: "{found[name]}" and "{own}". Remove one.'
            )
        found[name] = own
    return found


def _find(head: Head, columns: Mapping[str, str], path: str) -> Field | None:
    name, (top, _, inner) = path.replace(".", "_"), path.partition(".")
    own = columns.get(name)
    if own is not None:
        return _typed(own, head.columns[own].sql, head.columns[own].type, name)
    own = columns.get(top, top)
    if own not in head.columns and name in _DEFAULTS.values():
        return None
    found = head.column(own)  # of a JSON file also where no line so far had it
    if found is None:
        return None
    return _inside(own, found, inner, name) if inner else _typed(own, found.sql, found.type, name)


def _inside(own: str, nested: Column, inner: str, name: str) -> Field | None:
    """A field of a nested column."""
    if nested.type == "JSON":
        return _typed(own, f"({nested.sql} -> '{inner}')", "JSON", name)
    if not nested.type.upper().startswith("STRUCT"):
        return None
    kinds = struct_fields(nested.type)
    return _typed(own, f'{nested.sql}."{inner}"', kinds[inner], name) if inner in kinds else None


def _typed(own: str, sql: str, kind: str, name: str) -> Field:
    """Lists as JSON text or as they are nested; numbers and instants in their own type; all else as text."""
    upper = kind.upper()
    if kind == "JSON":
        return Field(
            own, f"nullif({sql}, 'null')::VARCHAR" if name in LISTS else f"({sql} ->> '$')", "VARCHAR"
        )
    number = upper.startswith(("DOUBLE", "FLOAT", "DECIMAL")) or upper.endswith("INT") or upper == "INTEGER"
    keeps = upper.endswith("[]") or upper.startswith(("TIMESTAMP", "DATE")) or (number and name in NUMBERS)
    return Field(own, sql, kind) if keeps or upper == "VARCHAR" else Field(own, f"{sql}::VARCHAR", "VARCHAR")
