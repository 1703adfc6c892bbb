"""Which rows do Azure's cost details hold, with exact costs, readable days and what a line says about commitments?

Two layers: the file's columns by their names here; and beside them what the mapping asks about a line (x_…).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from connectors.azure.columns import ALIASES, Columns, Named
from connectors.azure.dates import notation_of, timestamp_sql
from connectors.bill.money import money_columns
from connectors.bill.residue import Residue
from connectors.bill.shape import Opening

_DATES = (
    "date",
    "billing_period_start_date",
    "billing_period_end_date",
    "service_period_start_date",
    "service_period_end_date",
)
_COMMITS = ("pricing_model", "reservation_id", "benefit_id")
# what the layers read themselves; the mapping's own needs come on top
ALWAYS = {
    *("cost", "date", "billing_period_start_date", "billing_period_end_date", "charge_type", *_COMMITS),
    *("resource_id", "resource_type", "cost_allocation_rule_name"),
}
# column of the relation → the file's column whose text as written it keeps, for the quarantine
TEXTS = {
    "x_text_cost": "cost",
    "x_text_date": "date",
    "x_text_start": "billing_period_start_date",
    "x_text_end": "billing_period_end_date",
}
_SCOPES = {
    "billing_profile": ("billing_profile_id", "billing_profile_name", "Billing Profile"),
    "billing_account": ("billing_account_id", "billing_account_name", "Billing Account"),
    "subscription": ("subscription_id", "subscription_name", "Subscription"),
    "default": ("billing_account_id", "billing_account_name", "Billing Account"),
}
_MONTH = "date_trunc('month', x_day)"
_FOUND = """SELECT
    coalesce(count(*) FILTER (x_kind IN ('unusedreservation', 'unusedsavingsplan')), 0),
    coalesce(count(*) FILTER (x_kind IN ('purchase', 'refund')), 0),
    coalesce(count(*) FILTER (x_kind = 'usage' AND cost = 0), 0),
    coalesce(count(*) FILTER (x_kind = 'usage' AND cost <> 0), 0)
FROM {lines} WHERE cell(cost_allocation_rule_name) IS NULL AND (x_by_commitment OR starts_with(x_kind, 'unused'))"""


@dataclass(frozen=True)
class Rows:
    """`relation`: the rows; `costs`: what the cost column is (`actual`, `amortized`, `combined`, or `plain` where no
    commitment is there to make a difference); `notation`, `proved`: how days are written, and whether that is sure;
    `types`: SQL type of each of the file's columns; `residue`: digits that rounding dropped."""

    relation: str
    costs: str
    tells_commitments: bool
    notation: str
    proved: bool
    types: Mapping[str, str]
    residue: Residue


def rows_of(opening: Opening, columns: Columns, table: str, wanted: Collection[str]) -> Rows:
    """The rows of a loaded file. `wanted`: columns to have (all others are read by nobody)."""
    types: dict[str, str] = {}
    selected = []
    for name in ALIASES:
        sql, types[name] = _column(columns, name, name in wanted or name in ALWAYS)
        selected.append(f"{sql} AS {name}")
    file = f"(SELECT {', '.join(selected)}, x_row FROM {table})"
    texts = [d for d in _DATES if d in columns and types[d] == "VARCHAR" and (d in wanted or d in ALWAYS)]
    notation, proved = notation_of(opening.con, str(opening.path), file, texts)
    money, residue = money_columns(opening, file, {"cost": types["cost"]})
    lines = _asked(opening, columns, file, types, notation, money["cost"])
    tells = any(n in columns for n in _COMMITS)
    costs = _costs(opening, lines, tells)
    return Rows(
        f"(SELECT *, '{costs}' AS x_costs FROM {lines})", costs, tells, notation, proved, types, residue
    )


def _column(columns: Columns, name: str, read: bool) -> tuple[str, str]:
    found = columns.named.get(name)
    if found is not None and read:
        return _typed(found, name)
    if found is None and name in columns.literals:
        return _literal(columns.literals[name]), "VARCHAR"
    return "NULL::VARCHAR", "VARCHAR"


def _typed(found: Named, name: str) -> tuple[str, str]:
    """Numbers and instants in their own type, all else as text; nested tags as JSON."""
    kind = found.column.type.upper()
    if kind == "JSON":
        return f"({found.column.sql} ->> '$')", "VARCHAR"
    if name == "tags" and kind != "VARCHAR":
        return f"to_json({found.column.sql})::VARCHAR", "VARCHAR"
    number = kind.startswith(("DOUBLE", "FLOAT", "DECIMAL")) or kind.endswith("INT") or kind == "INTEGER"
    keeps = kind.startswith(("TIMESTAMP", "DATE")) or (number and not name.endswith(("_id", "_number")))
    if keeps or kind == "VARCHAR":
        return found.column.sql, kind
    return f"{found.column.sql}::VARCHAR", "VARCHAR"


def _asked(
    opening: Opening, columns: Columns, file: str, types: Mapping[str, str], notation: str, cost: str
) -> str:
    """The second layer: exact cost, days, and what the mapping asks about a line."""
    day, start, end = (timestamp_sql(n, types[n], notation) for n in _DATES[:3])
    account, account_name, scope = _SCOPES[columns.account]
    given = "" if columns.account != "default" else _literal(opening.defaults["BillingAccountId"])
    first = f"""(SELECT * REPLACE (({cost}) AS cost), {day} AS x_day,
        {", ".join(f"{n}::VARCHAR AS {text}" for text, n in TEXTS.items())},
        {_blank("billing_period_start_date")} OR {_blank("billing_period_end_date")} AS x_no_period,
        {given or account} AS x_account, {account_name} AS x_account_name, '{scope}' AS x_account_type,
        {"lower(trim(charge_type))" if _has(columns, "charge_type") else "'usage'"} AS x_kind,
        coalesce(replace(lower(trim(pricing_model)), ' ', ''), '') AS x_pricing,
        coalesce(cell(benefit_id), cell(reservation_id)) AS x_commitment,
        '/' || ltrim(lower(coalesce(resource_id, '')), '/') AS x_id,
        1 AS x_count FROM {file})"""
    given_start, given_end = (opening.defaults.get(n) for n in ("BillingPeriodStart", "BillingPeriodEnd"))
    month = _instant(given_start) if given_start else _MONTH
    after = _instant(given_end) if given_end else f"{_MONTH} + INTERVAL 1 MONTH"
    return f"""(SELECT *,
        CASE WHEN x_no_period THEN {month} ELSE {start} END AS x_period_start,
        CASE WHEN x_no_period THEN {after} ELSE date_trunc('day', {end}) + INTERVAL 1 DAY END AS x_period_end,
        x_pricing IN ('reservation', 'savingsplan') OR x_pricing = '' AND x_commitment IS NOT NULL
            AS x_by_commitment,
        x_commitment IS NOT NULL AND x_id = '/' || ltrim(lower(x_commitment), '/') AS x_is_commitment,
        {_TYPE} AS x_resource_type
        FROM (SELECT *, CASE WHEN contains(x_id, '/providers/') THEN split_part(x_id, '/providers/', -1) ELSE '' END AS x_type_path
              FROM {first}))"""


# A resource's type as Resource Graph writes it: what stands behind the last /providers/ of its id, names left out.
# Cheap on purpose, for it runs on every line. (No nulls in it: DuckDB 2.0 can't bind `split_part(…) = 'x'` over a column of nulls only.)
_TYPE = """CASE
    WHEN x_type_path <> '' THEN split_part(x_type_path, '/', 1) || '/' || split_part(x_type_path, '/', 2)
        || CASE WHEN split_part(x_type_path, '/', 4) <> '' THEN '/' || split_part(x_type_path, '/', 4) ELSE '' END
        || CASE WHEN split_part(x_type_path, '/', 6) <> '' THEN '/' || split_part(x_type_path, '/', 6) ELSE '' END
    WHEN x_id = '/' THEN NULL
    WHEN split_part(x_id, '/', 2) = 'subscriptions' AND split_part(x_id, '/', 4) = 'resourcegroups'
        THEN 'microsoft.resources/subscriptions/resourcegroups'
    WHEN split_part(x_id, '/', 2) = 'subscriptions' AND split_part(x_id, '/', 4) = '' THEN 'microsoft.resources/subscriptions'
    ELSE lower(cell(resource_type)) END"""


def _costs(opening: Opening, lines: str, tells: bool) -> str:
    """Whether the cost column is actual or amortized cost: as the user or the manifest says it, else as lines of
    commitments prove it. `combined`: amortized, with the purchases still there."""
    if opening.view in ("billed", "effective"):
        return "actual" if opening.view == "billed" else "amortized"
    if not tells:
        return "plain"
    unused, bought, free, charged = opening.con.execute(_FOUND.replace("{lines}", lines)).fetchall()[0]
    if unused or charged > free:
        return "combined" if bought else "amortized"
    return "actual" if bought or free else "plain"


def _has(columns: Columns, name: str) -> bool:
    return name in columns.named or name in columns.literals


def _blank(column: str) -> str:
    return f"cell({column}::VARCHAR) IS NULL"


def _instant(value: str) -> str:
    return f"make_timestamp(text_us({_literal(value)}))"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'::VARCHAR"
