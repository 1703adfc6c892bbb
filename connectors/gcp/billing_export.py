"""How does one file of a Google Cloud billing export, standard or detailed, become bill lines?

`billing_export.sql` says what each column means; `columns.py` finds the fields in nested and flat files,
`nested.py` reads labels and credits that became text, `relation.py` gives the rows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from connectors.bill.inputs import outputs_of
from connectors.bill.money_sql import exact_sql, instant_sql
from connectors.bill.shape import DIMENSIONS, INHERITED, INSTANTS, TAGS, Opening, Shaped, text_of
from connectors.bill.table import Head, Table, load
from connectors.gcp.columns import FIELDS, Field, canonical, fields_of, looks_like_export, surprises
from connectors.gcp.relation import ALWAYS, TEXTS, Rows, pairs_sql, rows_of
from recon.frames import one
from recon.ingest.lines import BadRow

NAME = "gcp"
STEPS = {"step_credits": "credits: committed and sustained use, promotions, free tier and all others"}
_COMPARE = (
    *(
        "SubAccountId",
        "ServiceName",
        "SkuId",
        "RegionId",
        "AvailabilityZone",
        "ResourceId",
        "ChargePeriodStart",
    ),
    *(
        "ChargePeriodEnd",
        "BilledCost",
        "x_SourceCost",
        "ConsumedQuantity",
        "x_CostType",
        "x_CreditType",
        "x_CreditName",
    ),
    *("x_AdjustmentType", "x_Labels", "x_Tags", "x_ProjectLabels"),
)
_CHARGES = (*DIMENSIONS, *TAGS, INHERITED, *_COMPARE, *INSTANTS, "EffectiveCost", *STEPS)
_WORD = re.compile(r"\b(instant|amount|pairs|json_of)\((\w+)\)")


def recognizes(columns: Collection[str], defaults: Mapping[str, str]) -> bool:
    """A billing export by its columns; FOCUS exports of Google Cloud have none of them."""
    return looks_like_export(columns)


def title(head: Head) -> str:
    """Which of the two exports; what leaves BigQuery says it by its columns only."""
    names = {canonical(column) for column in head.columns}
    return _title(not names.isdisjoint(("resource", "resource_name", "resource_global_name")))


def shape(opening: Opening, head: Head) -> Shaped:
    """The file in FOCUS words. Raises `DeliveryRefused` for what can't be loaded."""
    fields = fields_of(opening, head)
    _define_words(opening)
    text = text_of("billing_export.sql", "connectors.gcp")
    wanted = _wanted(opening, text)
    needed = {f.column for name, f in fields.items() if f.column and (name in wanted or name in ALWAYS)}
    table = load(opening.con, head, opening.name, needed)
    rows = rows_of(opening, fields, table.relation, wanted)
    has_resources = _has_resources(opening, head, fields, table)
    return Shaped(
        format=_title(has_resources),
        relation=rows.relation,
        mapping=_WORD.sub(lambda hit: _word(hit, rows), text),
        has_effective=True,
        has_resources=has_resources,
        raw_column="cost",
        steps=STEPS,
        compare=_COMPARE,
        carried=(*TEXTS, "x_bad_cost", "x_bad_amount", *(f"x_bad_{name}" for name in rows.unreadable)),
        bad_rows=_bad_rows(rows),
        unknown_columns=surprises(head),
        rejected=table.rejected,
        residue=rows.residue,
    )


def _title(detailed: bool) -> str:
    return f"Google Cloud billing export ({'detailed' if detailed else 'standard'})"


def _define_words(opening: Opening) -> None:
    for statement in text_of("words.sql", "connectors.gcp").split(";\n"):
        opening.con.execute(statement)


def _wanted(opening: Opening, text: str) -> set[str]:
    """The fields that this opening reads: all that the mapping names, or those that make charges."""
    if opening.full:
        return set(FIELDS)
    mapping = _WORD.sub(r"\2", text).replace("{carried}", "1 AS carried").replace("{raw}", "raw")
    rests_on = outputs_of(opening.con, mapping, tuple(FIELDS))
    return {c for output in (*_CHARGES, *opening.extra_columns) for c in rests_on.get(output, ())}


def _word(hit: re.Match[str], rows: Rows) -> str:
    word, name = hit[1], hit[2]
    kind = rows.types[name]
    if word == "instant":
        return f"make_timestamp({instant_sql(name, kind)})"
    if word == "amount":
        return f"({exact_sql(name, kind)})"
    if word == "pairs":
        return pairs_sql(name, kind)
    return f"try(json({name})::VARCHAR)" if kind == "VARCHAR" else f"to_json({name})::VARCHAR"


def _has_resources(opening: Opening, head: Head, fields: Mapping[str, Field], table: Table) -> bool:
    """Whether this is the detailed export. Any line of a JSON file may be the first to name a resource."""
    ids = [fields[name].sql for name in ("resource_global_name", "resource_name") if name in fields]
    if head.kind.kind != "jsonl":
        return bool(ids)
    query = f"SELECT 1 FROM {table.relation} WHERE coalesce({', '.join(ids)}) <> '' LIMIT 1"
    return one(opening.con, query) is not None


def _bad_rows(rows: Rows) -> tuple[BadRow, ...]:
    """Where a part of a line can't be read, the line and its credits are bad as a whole."""
    reason = "is not an ISO 8601 date or time"
    return (
        BadRow("cost", "x_bad_cost", "is not an exact number", "x_text_cost"),
        BadRow("credits", "x_bad_amount", "has an amount that is not an exact number", "x_text_credits"),
        *(
            BadRow(
                FIELDS[name], f"x_bad_{name}", why, "x_text_credits" if name == "credits" else "NULL::VARCHAR"
            )
            for name, why in rows.unreadable.items()
        ),
        BadRow("invoice.month", "BillingPeriodStart IS NULL", "is not a month (YYYYMM)", "x_text_month"),
        BadRow("usage_start_time", "ChargePeriodStart IS NULL", reason, "x_text_start"),
        BadRow(
            "usage_end_time", "cell(x_text_end) IS NOT NULL AND ChargePeriodEnd IS NULL", reason, "x_text_end"
        ),
    )
