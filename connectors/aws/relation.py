"""Which rows does a Cost and Usage Report hold, with exact costs and with the rows that we derive?

Four layers, each a SELECT over the one below: the file's columns by their names here; the costs that a line's type
asks for, net where the bill is net; the same as exact amounts; and beside the lines two kinds of derived rows:

unused   the part of a reservation's or Savings Plan's fee that nobody used, from the fee's line
rest     what is left where a Savings Plan's covered usage and its negation do not cancel out within a day
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from connectors.aws.columns import COST, NET, TYPE, Columns, Named, words_of_mapping
from connectors.aws.tags import entry
from connectors.bill.money import money_columns
from connectors.bill.money_sql import instant_sql
from connectors.bill.residue import Residue
from connectors.bill.shape import Opening
from recon.money import SQL_TYPE

SAVINGS_PLAN_USAGE = ("SavingsPlanCoveredUsage", "SavingsPlanNegation")
# column of amortized cost → the line type that asks for it, and the name it has on a net bill
AMORTIZED = {
    "reservation_effective_cost": ("DiscountedUsage", "reservation_net_effective_cost"),
    "reservation_unused_amortized_upfront_fee_for_billing_period": (
        *("RIFee", "reservation_net_unused_amortized_upfront_fee_for_billing_period"),
    ),
    "reservation_unused_recurring_fee": ("RIFee", "reservation_net_unused_recurring_fee"),
    "savings_plan_savings_plan_effective_cost": (
        *("SavingsPlanCoveredUsage", "savings_plan_net_savings_plan_effective_cost"),
    ),
    "savings_plan_total_commitment_to_date": ("SavingsPlanRecurringFee", None),
    "savings_plan_used_commitment": ("SavingsPlanRecurringFee", None),
}
_UNUSED = f"""CASE {TYPE}
    WHEN 'RIFee' THEN reservation_unused_amortized_upfront_fee_for_billing_period + reservation_unused_recurring_fee
    WHEN 'SavingsPlanRecurringFee' THEN savings_plan_total_commitment_to_date - savings_plan_used_commitment END"""
_UPFRONT_REFUND = (
    f"{TYPE} = 'Refund' AND line_item_product_code = 'ComputeSavingsPlans' "
    "AND starts_with(line_item_line_item_description, 'Refund for one-time fee for Savings Plan ID')"
)
_NEEDED = (
    *(COST, NET, TYPE, "bill_payer_account_id", "line_item_usage_account_id", "line_item_currency_code"),
    *("bill_billing_period_start_date", "bill_billing_period_end_date", "line_item_usage_start_date"),
    *("line_item_operation", "split_line_item_parent_resource_id", "line_item_resource_id"),
    *("savings_plan_savings_plan_a_r_n", "reservation_reservation_a_r_n", "line_item_product_code"),
    *("line_item_line_item_description",),
)
# what the layers read themselves; the mapping's own needs come on top
ALWAYS = {*_NEEDED, *AMORTIZED, *(net for _, net in AMORTIZED.values() if net)}
# column of the relation → the report's column whose text as written it keeps, for the quarantine
TEXTS = {
    "x_text_cost": COST,
    "x_text_net": NET,
    "x_text_period_start": "bill_billing_period_start_date",
    "x_text_period_end": "bill_billing_period_end_date",
    "x_text_usage_start": "line_item_usage_start_date",
}
_REST_OF = (
    *("bill_payer_account_id", "line_item_usage_account_id", "savings_plan_savings_plan_a_r_n"),
    *("bill_billing_period_start_date", "bill_billing_period_end_date", "line_item_currency_code"),
)
_ZERO = f"0::{SQL_TYPE}"


@dataclass(frozen=True)
class Rows:
    """`relation`: the rows; `residue`: digits that rounding dropped; `types`: SQL type of each column by its name
    here; `lacking`: commitments whose lines the file has, without the columns that spread their cost."""

    relation: str
    residue: Residue
    types: Mapping[str, str]
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class Commitments:
    """Which commitments' cost can be spread over what used them: does the file have the columns that its lines ask
    for? One missing column keeps all lines of that kind of commitment at the cost that was paid, or the fee and
    the usage that it pays for would both count."""

    reservations: bool
    savings_plans: bool
    lacking: tuple[str, ...]

    @classmethod
    def of(cls, columns: Columns, types: Collection[str]) -> Commitments:
        needed = {name for name, (kind, _) in AMORTIZED.items() if kind in types}
        needed |= {"reservation_effective_cost", "savings_plan_savings_plan_effective_cost"}
        missing = {n for n in needed if n not in columns and AMORTIZED[n][1] not in columns}
        reservations = not any(n.startswith("reservation") for n in missing)
        savings_plans = not any(n.startswith("savings_plan") for n in missing)
        lacking = [
            *(["reservations"] if not reservations and {"DiscountedUsage", "RIFee"} & set(types) else []),
            *(["Savings Plans"] if not savings_plans and any("SavingsPlan" in t for t in types) else []),
        ]
        return cls(reservations, savings_plans, tuple(lacking))

    def spreads(self, name: str) -> bool:
        return self.reservations if name.startswith("reservation") else self.savings_plans


def rows_of(
    opening: Opening, columns: Columns, table: str, wanted: Collection[str], extra: Mapping[str, str]
) -> Rows:
    """The rows of a loaded file. `wanted`: columns to have (all others are read by nobody); `extra`: further
    columns of the relation → SQL over the file's columns. Creates a temp table for the rest of Savings Plans."""
    names, selected = _named(columns, wanted)
    selected += [f"{sql} AS {name}" for name, sql in extra.items()]
    selected += [f"{found.column.sql} AS tag_{n}" for n, found in enumerate(columns.tags.values())]
    selected += [f"{f.column.sql} AS category_{n}" for n, f in enumerate(columns.cost_categories.values())]
    selected += [f"{_nested(found, name in wanted)} AS {name}" for name, found in columns.maps.items()]
    file = f"(SELECT {', '.join(selected)}, x_row FROM {table})"
    query = f"SELECT DISTINCT {TYPE} FROM {file} WHERE {TYPE} IS NOT NULL ORDER BY ALL"
    types = [row[0] for row in opening.con.execute(query).fetchall()]
    commitments = Commitments.of(columns, types)
    asked, kinds = _asked_for(file, names, commitments)
    money, residue = money_columns(opening, asked, kinds)
    lines = _exact(asked, names, types, commitments, money)
    parts = [lines, *_unused(lines, types)]
    rest = _rest(opening, lines, names) if set(types) & set(SAVINGS_PLAN_USAGE) else None
    parts += [rest] if rest else []
    relation = f"({' UNION ALL BY NAME '.join(f'SELECT * FROM {part}' for part in parts)})"
    if not rest:
        relation = f"(SELECT *, NULL::{SQL_TYPE} AS x_rest FROM {relation})"
    return Rows(relation, residue, names, commitments.lacking)


def _named(columns: Columns, wanted: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Types by name, and the first layer: the file's columns by name, NULL for what it has not."""
    types: dict[str, str] = {}
    selected = []
    read = {*wanted, *ALWAYS}
    for name in sorted((words_of_mapping() | read) - set(columns.maps)):
        sql, types[name] = _column(columns, name, name in read)
        selected.append(f'{sql} AS "{name}"')
    return types, selected


def _column(columns: Columns, name: str, read: bool) -> tuple[str, str]:
    found = columns.named.get(name)
    if found is not None:
        return _typed(found, name) if read else ("NULL::VARCHAR", "VARCHAR")
    if name in columns.literals:
        return "'" + columns.literals[name].replace("'", "''") + "'::VARCHAR", "VARCHAR"
    if name == "product_product_name" and "product" in columns.maps:  # CUR 2.0 keeps it in the map
        return entry(columns.maps["product"], "product_name"), "VARCHAR"
    return "NULL::VARCHAR", "VARCHAR"


def _nested(found: Named, read: bool) -> str:
    return found.column.sql if read else f"NULL::{found.column.type}"


def _typed(found: Named, name: str) -> tuple[str, str]:
    """Numbers and instants in their own type, all else as text."""
    kind = found.column.type.upper()
    number = kind.startswith(("DOUBLE", "FLOAT", "DECIMAL")) or kind.endswith("INT") or kind == "INTEGER"
    keeps = kind.startswith(("TIMESTAMP", "DATE")) or (number and not name.endswith(("_id", "_code")))
    return (
        (found.column.sql, kind)
        if keeps or kind == "VARCHAR"
        else (f"{found.column.sql}::VARCHAR", "VARCHAR")
    )


def _asked_for(file: str, names: Mapping[str, str], commitments: Commitments) -> tuple[str, dict[str, str]]:
    """The second layer: each amortized cost only on the lines whose type asks for it, its net twin where the line
    has one; and the texts that the quarantine shows. Also the type of each cost column."""
    kinds = {COST: names[COST], NET: names[NET]}
    replaced, texts = [], []
    for name, (line_type, net) in AMORTIZED.items():
        value, kinds[name] = _net_or_own(name, net, names)
        asks = f"{TYPE} = '{line_type}'" if commitments.spreads(name) else "false"
        replaced.append(f"CASE WHEN {asks} THEN {value} END AS {name}")
        texts.append(f"CASE WHEN {asks} THEN concat('{name} is \"', {value}, '\"') END")
    return (
        f"(SELECT * REPLACE ({', '.join(replaced)}), concat_ws(', ', {', '.join(texts)}) AS x_text_effective, "
        f"{', '.join(f'{name}::VARCHAR AS {text}' for text, name in TEXTS.items())} FROM {file})",
        kinds,
    )


def _net_or_own(name: str, net: str | None, names: Mapping[str, str]) -> tuple[str, str]:
    if net is None:
        return name, names[name]
    if names[name] == names[net] != "VARCHAR":
        return f"coalesce({net}, {name})", names[name]
    if names[net] == "VARCHAR" and names[name] == "VARCHAR":
        return f"coalesce(cell({net}), {name})", "VARCHAR"
    return f"coalesce(cell({net}::VARCHAR), {name}::VARCHAR)", "VARCHAR"


def _exact(
    asked: str, names: Mapping[str, str], types: list[str], commitments: Commitments, money: Mapping[str, str]
) -> str:
    """The third layer: exact costs, and what the mapping asks about a line."""
    period, start = (
        instant(name, names[name])
        for name in ("bill_billing_period_start_date", "line_item_usage_start_date")
    )
    refunds = "Refund" in types
    exact = ", ".join(f'{sql} AS "{name}"' for name, sql in money.items())
    blank = f"cell({NET})" if names[NET] == "VARCHAR" else NET
    asks = f"""
        {blank} IS NOT NULL AND {money[NET]} IS NULL AS x_bad_net,
        coalesce(line_item_operation IN ('EKSPod-EC2', 'ECSTask-EC2'), false)
            OR coalesce(split_line_item_parent_resource_id <> '', false) AS x_is_split,
        CASE WHEN savings_plan_savings_plan_a_r_n <> '' THEN line_item_resource_id = savings_plan_savings_plan_a_r_n
             WHEN reservation_reservation_a_r_n <> '' THEN line_item_resource_id = reservation_reservation_a_r_n
             ELSE false END AS x_is_commitment,
        {f"coalesce(CASE WHEN {TYPE} = 'Refund' THEN {start} < {period} END, false)" if refunds else "false"}
            AS x_corrects_earlier_period,
        {f"coalesce({_UPFRONT_REFUND}, false)" if refunds else "false"} AS x_refunds_savings_plan,
        {_KIND} AS x_resource_kind,
        {str(commitments.reservations).lower()} AS x_amortizes_reservations,
        {str(commitments.savings_plans).lower()} AS x_amortizes_savings_plans,
        'line' AS x_part, 1 AS x_count"""
    return (
        f"(SELECT *, {_UNUSED} AS x_unused_commitment FROM (SELECT * REPLACE ({exact}), {asks} FROM {asked}))"
    )


# The part of an ARN that says what the resource is (`rds:db`), or what an AWS short id begins with (`i`, `vol`). Cheap
# on purpose, for it runs on every line; services whose ARNs name no type keep the service alone. The words are looked
# for in a text and not in a list: DuckDB 2.0 fails on `split_part(x, …) IN (…)` where x is null on every line.
_ARN = """CASE WHEN contains(',s3,sns,sqs,execute-api,', concat(',', split_part(line_item_resource_id, ':', 3), ','))
    THEN split_part(line_item_resource_id, ':', 3)
    ELSE concat(split_part(line_item_resource_id, ':', 3), ':',
                split_part(ltrim(split_part(line_item_resource_id, ':', 6), '/'), '/', 1)) END"""
_SHORT_IDS = ",i,vol,snap,nat,vpce,eni,eipalloc,tgw,vpn,fs,"
_KIND = f"""CASE WHEN line_item_resource_id = '' OR line_item_resource_id IS NULL THEN NULL
    WHEN starts_with(line_item_resource_id, 'arn:') THEN {_ARN}
    WHEN contains('{_SHORT_IDS}', concat(',', split_part(line_item_resource_id, '-', 1), ','))
    THEN split_part(line_item_resource_id, '-', 1) ELSE '' END"""


def _unused(lines: str, types: list[str]) -> list[str]:
    """Rows for what nobody used of a commitment: no cost was billed for them, that stands on the fee's line."""
    if not {"RIFee", "SavingsPlanRecurringFee"} & set(types):
        return []
    return [
        f"(SELECT * REPLACE ('unused' AS x_part, 0 AS x_count, {_ZERO} AS {COST}, NULL::{SQL_TYPE} AS {NET}) "
        f"FROM {lines} WHERE {TYPE} IN ('RIFee', 'SavingsPlanRecurringFee') AND x_unused_commitment <> 0)"
    ]


def _rest(opening: Opening, lines: str, names: Mapping[str, str]) -> str:
    """The rows that keep what Savings Plan usage and its negation do not cancel out, a day and plan each. They are
    summed once, for every pass over the lines would sum them again."""
    table = f'"{opening.name}_rest"'
    start, end = names["line_item_usage_start_date"], names.get("line_item_usage_end_date", "VARCHAR")
    midnight = f"date_trunc('day', {instant('line_item_usage_start_date', start)})"
    grouped = ", ".join(_REST_OF)
    opening.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {grouped}, day, sum(coalesce({NET}, {COST})) AS x_rest "
        f"FROM (SELECT *, {midnight} AS day FROM {lines}) WHERE {TYPE} IN {SAVINGS_PLAN_USAGE} AND NOT x_is_split "
        f"AND NOT x_bad_net AND {COST} IS NOT NULL GROUP BY {grouped}, day HAVING sum(coalesce({NET}, {COST})) <> 0 ORDER BY ALL"
    )
    return (
        f"(SELECT {grouped}, {_back('day', start)} AS line_item_usage_start_date, "
        f"{_back('day + INTERVAL 1 DAY', end)} AS line_item_usage_end_date, x_rest, 'rest' AS x_part, 0 AS x_count, "
        f"{_ZERO} AS {COST}, false AS x_bad_net, false AS x_is_split, false AS x_is_commitment FROM {table})"
    )


def instant(column: str, sql_type: str) -> str:
    """SQL: the column as a TIMESTAMP in UTC, NULL where it can't be read. The two ways in which AWS writes text skip
    the patterns that other ways need: they are matched on every line, several times."""
    if sql_type != "VARCHAR":
        return f"make_timestamp({instant_sql(column, sql_type)})"
    usual = f"(length({column}) = 20 AND right({column}, 1) = 'Z' OR length({column}) = 19 AND {column}[17] = ':')"
    slow = f"make_timestamp({instant_sql(column, sql_type)})"
    return f"CASE WHEN {usual} AND {column}[5] = '-' THEN try_cast({column} AS TIMESTAMP) ELSE {slow} END"


def _back(instant: str, sql_type: str) -> str:
    """A timestamp in the type of the file's own column."""
    return (
        f"strftime({instant}, '%Y-%m-%dT%H:%M:%SZ')" if sql_type == "VARCHAR" else f"({instant})::{sql_type}"
    )
