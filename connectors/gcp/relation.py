"""Which rows does a billing export hold, with exact costs, and with each credit as a row of its own?

Three layers, each a SELECT over the one below: the file's fields by their names here; costs as exact amounts and what
the mapping asks about a line; and beside the lines one row for each of their credits. Credits are never joined with
labels, which would multiply them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from connectors.bill.money import money_columns
from connectors.bill.money_sql import exact_sql, instant_sql
from connectors.bill.residue import Residue
from connectors.bill.shape import Opening
from connectors.gcp.columns import FIELDS, LISTS, Field, struct_fields
from connectors.gcp.nested import OddCells, odd_cells
from recon.money import SQL_TYPE, plain

_CREDIT = ("id", "full_name", "name", "type")
_CORRECTIONS = "('USAGE_CORRECTION', 'PRICE_CORRECTION', 'METADATA_CORRECTION')"
# what the layers read themselves; the mapping's own needs come on top
ALWAYS = {
    *("cost", "credits", "usage_start_time", "invoice_month", "adjustment_info_type", "cost_type", "tags"),
    *("sku_description", "resource_global_name"),
}
# column of the relation → the field whose text as written it keeps, for the quarantine
TEXTS = {
    "x_text_cost": "cost",
    "x_text_start": "usage_start_time",
    "x_text_end": "usage_end_time",
    "x_text_month": "invoice_month",
    "x_text_credits": "credits",
}
# these say only what the mapping passes on: nobody needs them item by item
_READ_BY_ITEM = tuple(name for name in LISTS if name != "project_ancestors")


@dataclass(frozen=True)
class Rows:
    """`relation`: the rows; `residue`: digits that rounding dropped; `types`: SQL type of each field by its name;
    `unreadable`: nested field → why some of its cells can't be read (`x_bad_<field>` marks their lines)."""

    relation: str
    residue: Residue
    types: Mapping[str, str]
    unreadable: Mapping[str, str]


def rows_of(opening: Opening, fields: Mapping[str, Field], table: str, wanted: Collection[str]) -> Rows:
    """The rows of a loaded file. `wanted`: fields to have; all others are null, for nobody reads them."""
    read = {name: field for name, field in fields.items() if name in wanted or name in ALWAYS}
    types = {name: read[name].type if name in read else "VARCHAR" for name in FIELDS}
    texts = {name: read[name].sql for name in _READ_BY_ITEM if name in read and types[name] == "VARCHAR"}
    odd = odd_cells(opening.con, opening.name, table, texts)
    file = _named(read, table, odd, texts)
    money, residue = money_columns(opening, file, {"cost": types["cost"]})
    lines = _lines(file, types, money["cost"])
    credits, more = _credits(opening, lines, types["credits"])
    relation = (
        f"(SELECT * EXCLUDE (x_credits), 'line' AS x_part, 1 AS x_count, {_no_credit()} FROM {lines} "
        f"UNION ALL BY NAME {credits})"
    )
    split_tags = {"x_direct_tags": types["tags"], "x_inherited_tags": types["tags"]}
    return Rows(relation, _both(residue, more), {**types, **split_tags}, odd.reasons)


def pairs_sql(column: str, sql_type: str) -> str:
    """A field of labels or tags as a list of STRUCT(key, value), of tags with their namespace."""
    names = ("key", "value", "namespace") if column.endswith("tags") else ("key", "value")
    if sql_type == "VARCHAR":
        structure = ",".join(f'"{name}":"VARCHAR"' for name in names)
        return f"from_json({column}, '[{{{structure}}}]')"
    has = _items(sql_type)
    built = ", ".join(f"'{n}': e.\"{n}\"::VARCHAR" if n in has else f"'{n}': NULL::VARCHAR" for n in names)
    return f"list_transform({column}, lambda e: {{{built}}})"


def _named(read: Mapping[str, Field], table: str, odd: OddCells, texts: Mapping[str, str]) -> str:
    """The first layer: the file's fields by name, nested texts as JSON."""
    sql = {name: read[name].sql if name in read else "NULL::VARCHAR" for name in FIELDS}
    items = [f"{odd.wrap(name, sql[name]) if name in texts else sql[name]} AS {name}" for name in FIELDS]
    items += [f"{sql[name]}::VARCHAR AS {text}" for text, name in TEXTS.items()]
    items += [f"{odd.unreadable(name, sql[name])} AS x_bad_{name}" for name in odd.reasons]
    return f"(SELECT {', '.join(items)}, x_row FROM {table})"


def _lines(file: str, types: Mapping[str, str], cost: str) -> str:
    """The second layer: exact costs, and what the mapping asks about a line."""
    start = instant_sql("usage_start_time", types["usage_start_time"])
    amount = exact_sql("c.amount", _amount_type(types["credits"]))
    return f"""(SELECT * REPLACE ({cost} AS cost),
        {cost} IS NULL AS x_bad_cost,
        {_any_credit(f"{amount} IS NULL")} AS x_bad_amount,
        {_any_credit("starts_with(c.type, 'COMMITTED_USAGE_DISCOUNT')")} AS x_has_commitment_credit,
        coalesce(starts_with(sku_description, 'Commitment') AND lower(cost_type) = 'regular', false) AS x_is_commitment_fee,
        coalesce(CASE WHEN adjustment_info_type IN {_CORRECTIONS}
                      THEN {start} < epoch_us(pacific_start(invoice_month)) END, false) AS x_corrects_earlier_month,
        CASE WHEN starts_with(resource_global_name, '//') THEN string_split(resource_global_name, '/')[-2] END AS x_resource_type,
        {_tags_where("NOT", types["tags"])} AS x_direct_tags,
        {_tags_where("", types["tags"])} AS x_inherited_tags
        FROM (SELECT *, {_credit_list(types["credits"])} AS x_credits FROM {file}))"""


def _any_credit(test: str) -> str:
    return (
        f"CASE WHEN len(x_credits) > 0 THEN len(list_filter(x_credits, lambda c: {test})) > 0 ELSE false END"
    )


def _credit_list(sql_type: str) -> str:
    """The credits as a list of STRUCT(id, full_name, name, type, amount)."""
    if sql_type == "VARCHAR":
        structure = ",".join(f'"{name}":"VARCHAR"' for name in (*_CREDIT, "amount"))
        return f"CASE WHEN length(credits) > 2 THEN from_json(credits, '[{{{structure}}}]') END"
    missing = [name for name in (*_CREDIT, "amount") if name not in _items(sql_type)]
    if not missing:
        return "credits"
    nulls = "".join(f", {name} := NULL::VARCHAR" for name in missing)
    return f"list_transform(credits, lambda c: struct_insert(c{nulls}))"


def _amount_type(sql_type: str) -> str:
    return "VARCHAR" if sql_type == "VARCHAR" else _items(sql_type).get("amount", "VARCHAR")


def _credits(opening: Opening, lines: str, sql_type: str) -> tuple[str, Residue]:
    """The third layer: a row for each credit, which carries all that its line says. One of nothing is no charge."""
    kind = _amount_type(sql_type)
    named = ", ".join(f"c.{name}::VARCHAR AS credit_{name}" for name in _CREDIT)
    items = (
        f"(SELECT * EXCLUDE (x_credits, c), 'credit' AS x_part, 0 AS x_count, {named}, c.amount AS credit_amount "
        f"FROM (SELECT *, unnest(x_credits) AS c FROM {lines}))"
    )
    money, residue = money_columns(opening, items, {"credit_amount": kind})
    exact = f"SELECT * REPLACE ({money['credit_amount']} AS credit_amount) FROM {items}"
    return f"SELECT * FROM ({exact}) WHERE credit_amount <> 0", residue


def _no_credit() -> str:
    nulls = [f"NULL::VARCHAR AS credit_{name}" for name in _CREDIT]
    return ", ".join((*nulls, f"NULL::{SQL_TYPE} AS credit_amount"))


def _tags_where(negation: str, sql_type: str) -> str:
    """The tags that the resource itself has (`NOT` inherited), or those that it inherits; in the field's own form."""
    if sql_type == "VARCHAR":
        items = f"list_filter(from_json(tags, '[\"JSON\"]'), lambda t: {negation} coalesce(t ->> 'inherited' = 'true', false))"
        return f"CASE WHEN length(tags) > 2 THEN to_json({items})::VARCHAR END"
    inherited = "coalesce(t.inherited, false)" if "inherited" in _items(sql_type) else "false"
    return f"CASE WHEN len(tags) > 0 THEN list_filter(tags, lambda t: {negation} {inherited}) END"


def _items(sql_type: str) -> dict[str, str]:
    """Field → type of a list's structs."""
    return struct_fields(sql_type.removesuffix("[]"))


def _both(one: Residue, other: Residue) -> Residue:
    total = plain(Decimal(one.total) + Decimal(other.total)) or "0"
    return Residue(one.rows + other.rows, total, {**one.tables, **other.tables})
