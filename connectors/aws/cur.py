"""How does one AWS Cost and Usage Report, legacy or 2.0, become bill lines?

`cur.sql` says what each column means; `relation.py` gives it the rows, `tags.py` the tags.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from connectors.aws import tags
from connectors.aws.columns import COST, NET, Columns, columns_of, looks_like_cur, surprises, words_of_mapping
from connectors.aws.relation import ALWAYS, TEXTS, Rows, instant, rows_of
from connectors.bill.inputs import outputs_of
from connectors.bill.money_sql import exact_sql
from connectors.bill.shape import DIMENSIONS, INHERITED, INSTANTS, TAGS, Opening, Shaped, text_of
from connectors.bill.table import Head, load
from recon.ingest.lines import BadRow

NAME = "aws"
STEPS = {
    "step_net": "net of private discounts: NetUnblendedCost instead of UnblendedCost",
    "step_savings_plan": "Savings Plan: covered usage and its negation cancel out, neither is billed",
    "step_rest": "Savings Plan: what covered usage and its negation leave over on a day",
}
_COMPARE = (
    *("SubAccountId", "ChargePeriodStart", "ChargePeriodEnd", "BilledCost", "x_SourceCost", "ResourceId"),
    *("x_LineItemType", "x_UsageType", "x_Operation", "ConsumedQuantity", "AvailabilityZone"),
)
_CHARGES = (*DIMENSIONS, *TAGS, INHERITED, *_COMPARE, *INSTANTS, "EffectiveCost", "x_Excluded", *STEPS)
_ONLY_ASKED = re.compile(r"/\*asked\*/(.*?)/\*end\*/", re.DOTALL)
_WORD = re.compile(r"\b(instant|amount)\((\w+)\)")


def recognizes(columns: Collection[str], defaults: Mapping[str, str]) -> bool:
    """A Cost and Usage Report by its columns; FOCUS exports of AWS have none of them."""
    return looks_like_cur(columns)


def title(head: Head) -> str:
    """AWS CUR 2.0 where tags or products are nested, else AWS CUR."""
    nested = {"resource_tags", "tags", "product", "cost_category"} & set(head.columns)
    return "AWS CUR 2.0" if nested else "AWS CUR"


def shape(opening: Opening, head: Head) -> Shaped:
    """The file in FOCUS words. Raises `DeliveryRefused` for what can't be loaded."""
    columns = columns_of(opening, head)
    text = _text(opening)
    wanted = _wanted(opening, columns, text)
    table = load(opening.con, head, opening.name, _files_columns(columns, wanted))
    taken = _taken_out(opening, columns, table.relation, wanted)
    rows = rows_of(opening, columns, table.relation, wanted, {c: sql for c, (_, sql) in taken.items()})
    mapping = _filled_in(columns, text, {c: key for c, (key, _) in taken.items()})
    return Shaped(
        format=title(head),
        relation=rows.relation,
        mapping=_WORD.sub(lambda hit: _word(hit, rows), mapping),
        has_effective=not rows.lacking,
        has_resources="line_item_resource_id" in columns,
        raw_column=columns.own(COST),
        steps=STEPS,
        compare=_COMPARE,
        carried=(*TEXTS, "x_text_effective", "x_bad_net"),
        bad_rows=_bad_rows(columns),
        unknown_columns=surprises(columns, words_of_mapping() | ALWAYS),
        rejected=table.rejected,
        residue=rows.residue,
    )


def _text(opening: Opening) -> str:
    """The mapping. Every charge is AWS's, so that no book asks for its publisher; it would be read on every line."""
    asked = opening.full or "PublisherName" in opening.extra_columns
    text = text_of("cur.sql", "connectors.aws")
    return text if asked else _ONLY_ASKED.sub("NULL::VARCHAR", text)


def _wanted(opening: Opening, columns: Columns, text: str) -> set[str]:
    """The report's columns that this opening reads: all that the mapping names, or those that make charges."""
    named = words_of_mapping() | set(columns.maps)
    if opening.full:
        return named
    plain = re.sub(r"\{(?!carried|raw)\w+\}", "NULL", text).replace("{carried}", "1 AS carried")
    rests_on = outputs_of(opening.con, _WORD.sub(r"\2", plain).replace("{raw}", "raw"), named)
    asked = {c for o in (*_CHARGES, *opening.extra_columns) for c in rests_on.get(o, ())}
    for output, maps in _MAPS_OF.items():
        if output in (*TAGS, INHERITED, *opening.extra_columns):
            asked |= maps & named
    return asked | {"product"} & named if "product_product_name" in asked else asked


_MAPS_OF = {
    "Tags": {"tags", "resource_tags"},
    INHERITED: {"tags"},
    "x_CostCategories": {"tags", "cost_category"},
    "x_IamPrincipalTags": {"tags"},
    "x_UserAttributes": {"tags"},
    "x_Discounts": {"discount"},
}


def _files_columns(columns: Columns, wanted: Collection[str]) -> set[str]:
    read = {*wanted, *ALWAYS}
    plain = {found.own for name, found in columns.named.items() if name in read}
    nested = {found.own for name, found in columns.maps.items() if name in wanted}
    return plain | nested | {f.own for f in (*columns.tags.values(), *columns.cost_categories.values())}


def _taken_out(
    opening: Opening, columns: Columns, relation: str, wanted: Collection[str]
) -> dict[str, tuple[str, str]]:
    """Parts of the `tags` map as columns of their own: a dimension must not rest on the whole map."""
    if "tags" not in columns.maps or "tags" not in wanted:
        return {}
    named = f"(SELECT {columns.maps['tags'].column.sql} AS tags FROM {relation})"
    keys = tags.keys_of_tags(opening.con, columns, named)
    prefixes = (tags.ACCOUNT, tags.CATEGORY, tags.PRINCIPAL, tags.USER)
    return {c: taken for p in prefixes for c, taken in tags.columns_of_part(columns, p, keys).items()}


def _filled_in(columns: Columns, text: str, taken: Mapping[str, str]) -> str:
    """The mapping with what depends on the file's nested and tag columns."""
    parts = {
        "tags": tags.own_tags(columns),
        "account_tags": tags.part_of_tags(tags.ACCOUNT, taken),
        "cost_categories": tags.cost_categories(columns, tags.part_of_tags(tags.CATEGORY, taken)),
        "principal_tags": tags.part_of_tags(tags.PRINCIPAL, taken),
        "user_attributes": tags.part_of_tags(tags.USER, taken),
        "discounts": tags.as_json_or_null(columns, "discount"),
    }
    return re.sub(r"\{(\w+)\}", lambda hit: parts.get(hit[1], hit[0]), text)


def _word(hit: re.Match[str], rows: Rows) -> str:
    """`instant(column)` and `amount(column)` for the type that the file's column has."""
    word, name = hit.groups()
    if word == "instant":
        return instant(name, rows.types[name])
    return exact_sql(name, rows.types[name])


def _bad_rows(columns: Columns) -> tuple[BadRow, ...]:
    """Costs and dates that can't be read, by the names that the file's columns have."""
    dates = {
        "BillingPeriodStart": "x_text_period_start",
        "BillingPeriodEnd": "x_text_period_end",
        "ChargePeriodStart": "x_text_usage_start",
    }
    number, date = "is not an exact number", "is not a date or time that can be read"
    return (
        BadRow(_cited(columns, COST), "x_SourceCost IS NULL", number, "x_text_cost"),
        *([BadRow(_cited(columns, NET), "x_bad_net", number, "x_text_net")] if NET in columns else []),
        BadRow("EffectiveCost", "EffectiveCost IS NULL", number, "x_text_effective"),
        *(BadRow(_cited(columns, TEXTS[text]), f"{o} IS NULL", date, text) for o, text in dates.items()),
    )


def _cited(columns: Columns, name: str) -> str:
    return columns.own(name).replace("'", "''")
