"""How does one file of Azure's cost details become bill lines, whichever account and year it comes from?

`cost_details.sql` says what each column means; `columns.py` finds the columns, `dates.py` reads the days,
`relation.py` gives the rows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache

import yaml

from connectors.azure.columns import (
    ALIASES,
    Columns,
    agreement_of,
    columns_of,
    names_of,
    recognized,
    surprises,
)
from connectors.azure.dates import spoken
from connectors.azure.relation import ALWAYS, TEXTS, Rows, rows_of
from connectors.bill.inputs import outputs_of
from connectors.bill.money_sql import exact_sql
from connectors.bill.shape import DIMENSIONS, INSTANTS, TAGS, Opening, Shaped, text_of
from connectors.bill.table import Head, load
from recon.ingest.lines import BadRow

NAME = "azure"
STEPS = {
    "step_amortized": "amortized cost of commitments: their purchases were billed, not the usage that they cover",
}
_COMPARE = (
    *("SubAccountId", "ChargePeriodStart", "x_SourceCost", "ResourceId", "x_SkuMeterId", "x_ChargeType"),
    *("PricingQuantity", "x_ResourceGroupName", "ServiceName"),
)
_CHARGES = (*DIMENSIONS, *TAGS, *_COMPARE, *INSTANTS, "EffectiveCost", "x_Excluded", *STEPS)
_PACKAGE = "connectors.azure"
_PUBLISHER = "coalesce(cell(publisher_name), 'Microsoft')"
_VIEWS = {"actual": "billed", "amortized": "effective", "combined": "both", "plain": "both"}
_AMOUNT = re.compile(r"\bamount\((\w+)\)")
# prices and quantities have few digits: twelve before and after the point multiply without overflow, else NULL
_TIMES = """CREATE OR REPLACE TEMP MACRO times(a, b) AS
    try_cast(try_cast(a AS DECIMAL(19,12)) * try_cast(b AS DECIMAL(19,12)) AS DECIMAL(38,24))"""


def recognizes(columns: Collection[str], defaults: Mapping[str, str]) -> bool:
    """Cost or usage details by their columns, in whatever language; FOCUS exports of Azure have none of them."""
    return recognized(columns)


def title(head: Head) -> str:
    """Azure cost details, with the agreement where the columns show one; Azure usage details for the old names."""
    if "charge_type" not in names_of(head.columns):
        return "Azure usage details"
    agreement = agreement_of(names_of(head.columns))
    return f"Azure cost details ({agreement})" if agreement else "Azure cost details"


def shape(opening: Opening, head: Head) -> Shaped:
    """The file in FOCUS words. Raises `DeliveryRefused` for what can't be loaded."""
    columns = columns_of(opening, head)
    opening.con.execute(_TIMES)
    mapping = _filled_in(opening, text_of("cost_details.sql", _PACKAGE))
    wanted = _wanted(opening, mapping)
    table = load(
        opening.con, head, opening.name, {f.own for n, f in columns.named.items() if n in wanted | ALWAYS}
    )
    rows = rows_of(opening, columns, table.relation, wanted)
    return Shaped(
        format=_titled(head, rows),
        relation=rows.relation,
        mapping=_AMOUNT.sub(lambda hit: exact_sql(hit[1], rows.types[hit[1]]), mapping),
        has_effective=rows.costs == "amortized" or (rows.tells_commitments and rows.costs != "actual"),
        has_resources="resource_id" in columns,
        raw_column=columns.own("cost"),
        steps=STEPS,
        view=_VIEWS[rows.costs] if rows.tells_commitments or opening.view else "billed",
        compare=_COMPARE,
        carried=tuple(TEXTS),
        bad_rows=_bad_rows(columns),
        unknown_columns=surprises(columns),
        rejected=table.rejected,
        residue=rows.residue,
    )


def _titled(head: Head, rows: Rows) -> str:
    """The format, and how days were read where the file does not prove it."""
    return title(head) if rows.proved else f"{title(head)}, days taken for {spoken(rows.notation)}"


def _wanted(opening: Opening, mapping: str) -> set[str]:
    """The columns that this opening reads: all, or those that make charges."""
    if opening.full:
        return set(ALIASES)
    plain = _AMOUNT.sub(r"\1", mapping).replace("{carried}", "1 AS carried").replace("{raw}", "raw")
    relation = {*ALIASES, "x_account", "x_account_name"}
    rests_on = outputs_of(opening.con, plain, relation)
    asked = {c for o in (*_CHARGES, *opening.extra_columns) for c in rests_on.get(o, ())}
    if "x_account" in asked:
        asked |= {"billing_profile_id", "billing_account_id", "subscription_id"}
    if "x_account_name" in asked:
        asked |= {"billing_profile_name", "billing_account_name", "subscription_name"}
    return asked & set(ALIASES)


def _filled_in(opening: Opening, text: str) -> str:
    """The mapping with regions and publisher. Every charge is Microsoft's, so that no book asks for its publisher,
    which would be read on every line."""
    asks = opening.full or "PublisherName" in opening.extra_columns
    publisher = _PUBLISHER if asks else "NULL::VARCHAR"
    return text.replace("{publisher}", publisher).replace("{regions}", _regions())


@cache
def _regions() -> str:
    """The arms of a CASE over a location, lower case and without blanks."""
    known: dict[str, str | None] = yaml.safe_load(text_of("regions.yaml", _PACKAGE))
    arms = " ".join(f"WHEN '{old}' THEN {_text(new)}" for old, new in known.items())
    return f"{arms} ELSE replace(lower(cell(resource_location)), ' ', '')"


def _bad_rows(columns: Columns) -> tuple[BadRow, ...]:
    """Costs and days that can't be read, by the names that the file's columns have."""
    date = "is not a date that can be read"
    return (
        BadRow(_cited(columns, "cost"), "x_SourceCost IS NULL", "is not an exact number", "x_text_cost"),
        BadRow(_cited(columns, "date"), "ChargePeriodStart IS NULL", date, "x_text_date"),
        BadRow(
            _cited(columns, "billing_period_start_date"), "BillingPeriodStart IS NULL", date, "x_text_start"
        ),
        BadRow(_cited(columns, "billing_period_end_date"), "BillingPeriodEnd IS NULL", date, "x_text_end"),
    )


def _cited(columns: Columns, name: str) -> str:
    return columns.own(name).replace("'", "''")


def _text(value: str | None) -> str:
    return "NULL" if value is None else f"'{value}'"
