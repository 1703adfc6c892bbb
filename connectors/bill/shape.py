"""How does a file that a format has put into FOCUS words become bill lines that the rollup can read?

A format gives a relation over the file's own columns and one mapping SELECT. Here the mapping becomes a view
of lines (money, day, resource: one expression each, read only when asked for) and the SQL that turns distinct
raw rows into dimensions and tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import duckdb

from connectors.bill.inputs import outputs_of
from connectors.bill.residue import Residue
from connectors.bill.sql_text import sql_name
from recon.ingest.lines import BadRow, Lines

BOOK = (
    *("BillingPeriodStart", "BillingPeriodEnd", "ServiceProviderName", "ProviderName", "PublisherName"),
    *("BillingAccountId", "BillingCurrency"),
)
DIMENSIONS = (
    *BOOK,
    *("SubAccountId", "InvoiceId", "ResourceType", "ServiceName", "ServiceCategory", "ServiceSubcategory"),
    *("RegionId", "ChargeCategory", "ChargeClass", "CommitmentDiscountId", "CommitmentDiscountStatus"),
    "x_IsCommitment",
)
INSTANTS = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
TAGS, INHERITED = ("AllocatedTags", "Tags"), "x_InheritedTags"
_STEP = "step_"
_SUPPORT_SERVICES = "(?i)^(aws ?|azure ?|google cloud ?)?(premium |developer |business |enterprise )?support"


@dataclass(frozen=True)
class Opening:
    """What the caller knows about a file: the connection, the relation's name, the source's defaults, columns
    that allocation rules name, a folder for unpacked copies, and whether every column is wanted (`full`: for
    `explain` and `export focus`; the ingest reads only what makes charges), and which cost the file carries where
    its manifest or the user says it (`view`: see `Lines.view`)."""

    con: duckdb.DuckDBPyConnection
    path: Path
    name: str
    defaults: Mapping[str, str]
    extra_columns: tuple[str, ...] = ()
    spool: Path = Path()
    full: bool = False
    view: str | None = None


@dataclass(frozen=True)
class Shaped:
    """A bill file in FOCUS words.

    relation   SQL relation: the columns that the mapping names, `x_row` and `x_count` (see `Lines.raw`)
    mapping    `SELECT {carried}, … AS BilledCost, … FROM {raw}`: FOCUS columns; instants are TIMESTAMP (UTC), costs
               DECIMAL(38,24), tag cells JSON text. Also `x_SourceCost` (the format's own cost column), `x_Excluded`
               (rule by which a line is left out), `step_<name>` (what leads from x_SourceCost to BilledCost)
    steps      `step_<name>` → the sentence that people read
    compare    mapping columns by which two files are compared line by line
    carried    further columns of the relation that the bad rows name
    """

    format: str
    relation: str
    mapping: str
    has_effective: bool
    has_resources: bool
    version: str | None = None
    raw_column: str = "BilledCost"
    steps: Mapping[str, str] = field(default_factory=dict)
    view: str = "both"
    compare: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    rejected: tuple[tuple[int, str, str], ...] = ()
    residue: Residue = field(default_factory=lambda: Residue(0, "0", {}))


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Define the mappings' words on the connection. Idempotent."""
    for statement in text_of("words.sql").split(";\n"):
        if statement.strip():
            con.execute(statement)


def lines_of(opening: Opening, shaped: Shaped) -> Lines:
    """The lines of a shaped file: creates view `opening.name` on the connection."""
    con = opening.con
    types = {r[0]: r[1] for r in con.execute(f"DESCRIBE SELECT * FROM {shaped.relation}").fetchall()}
    rests_on = outputs_of(con, _over(shaped.mapping, "1 AS carried", "raw"), types)
    dims = _inputs(rests_on, (*DIMENSIONS, INHERITED, *opening.extra_columns))
    tags = _inputs(rests_on, TAGS)
    names = {column: f"i_{n}" for n, column in enumerate(dict.fromkeys((*dims, *tags)))}
    carried = [f"{sql_name(c)} AS {names[c]}" for c in names] + [sql_name(c) for c in shaped.carried]
    inner = _over(shaped.mapping, ", ".join((*carried, "x_row", "x_count")), shaped.relation)
    missing = [f"NULL::VARCHAR AS {c}" for c in _expected(rests_on, opening)]
    con.execute(
        f'CREATE OR REPLACE TEMP VIEW "{opening.name}" AS SELECT {", ".join(("*", *missing))} FROM ({inner})'
    )
    distinct = _distinct_sql(shaped, types, {c: names[c] for c in dims})
    distinct_tags = _distinct_sql(shaped, types, {c: names[c] for c in tags})
    included = "x_Excluded IS NULL" if "x_Excluded" in rests_on else "true"
    billed = "BilledCost" if included == "true" else f"CASE WHEN {included} THEN BilledCost ELSE 0 END"
    effective = (
        "EffectiveCost" if included == "true" else f"CASE WHEN {included} THEN EffectiveCost ELSE 0 END"
    )
    raw_cost = "x_SourceCost" if "x_SourceCost" in rests_on else "BilledCost"
    return Lines(
        raw=f'"{opening.name}"',
        format=shaped.format,
        dim_columns=tuple(names[c] for c in dims),
        book_columns=tuple(names[c] for c in _inputs(rests_on, BOOK)),
        tag_columns=tuple(names[c] for c in tags),
        types={names[c]: types[c] for c in names},
        dims_sql=_dims_sql(distinct, rests_on, opening.extra_columns),
        tags_sql=f"SELECT h, {', '.join(t for t in TAGS if t in rests_on)} FROM ({distinct_tags})",
        inherited_sql=f"SELECT h, {INHERITED} FROM ({distinct})" if INHERITED in rests_on else None,
        billed=billed,
        effective=effective,
        day="epoch_us(ChargePeriodStart) // 86400000000",
        resource="ResourceId",
        version=shaped.version,
        has_effective=shaped.has_effective,
        has_resources=shaped.has_resources,
        excluded="x_Excluded" if "x_Excluded" in rests_on else "NULL::VARCHAR",
        raw_cost=raw_cost,
        raw_column=shaped.raw_column,
        steps=_steps(shaped, rests_on, raw_cost, included, billed),
        view=shaped.view,
        unknown_columns=shaped.unknown_columns,
        bad_rows=(*shaped.bad_rows, *_bad_rows(shaped)),
        line_columns=tuple(c for c in shaped.compare if c in rests_on),
        rejected=shaped.rejected,
        residue_rows=shaped.residue.rows,
        residue=shaped.residue.total,
    )


def _over(mapping: str, carried: str, relation: str) -> str:
    return mapping.replace("{carried}", carried).replace("{raw}", relation)


def _inputs(rests_on: Mapping[str, tuple[str, ...]], outputs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for o in outputs for c in rests_on.get(o, ())))


def _expected(rests_on: Mapping[str, tuple[str, ...]], opening: Opening) -> list[str]:
    """Columns that others name and this format does not have."""
    wanted = (*DIMENSIONS[:-1], "ResourceId", *opening.extra_columns)
    return [c for c in dict.fromkeys(wanted) if c not in rests_on]


def _distinct_sql(shaped: Shaped, types: Mapping[str, str], names: Mapping[str, str]) -> str:
    """The mapping over distinct rows of `{raw}` (h and some of the numbered columns); all else is NULL there."""
    own = [f"{names.get(c, f'NULL::{t}')} AS {sql_name(c)}" for c, t in types.items()]
    return _over(shaped.mapping, "h", f"(SELECT h, {', '.join(own)} FROM {{raw}})")


def _dims_sql(distinct: str, rests_on: Mapping[str, tuple[str, ...]], extra: tuple[str, ...]) -> str:
    words = [
        f"{c}::VARCHAR AS {c}" if c in rests_on else f"NULL::VARCHAR AS {c}"
        for c in dict.fromkeys((*DIMENSIONS[2:-1], *extra))
    ]
    commitment = "coalesce(x_IsCommitment, false)" if "x_IsCommitment" in rests_on else "false"
    instants = "epoch_us(BillingPeriodStart) AS us_start, epoch_us(BillingPeriodEnd) AS us_end"
    focus = f"(SELECT h, {instants}, {', '.join(words)}, {commitment} AS x_IsCommitment FROM ({distinct}))"
    pairs = ", ".join(f"'{name}', cell({name})" for name in extra)
    listed = f"json_object({pairs})::VARCHAR" if extra else "NULL::VARCHAR"
    text = text_of("charge_dims.sql").replace("{support}", _SUPPORT_SERVICES).replace("{extra}", listed)
    return text.replace("{focus}", focus)


def _steps(
    shaped: Shaped, rests_on: Mapping[str, tuple[str, ...]], raw_cost: str, included: str, billed: str
) -> dict[str, str]:
    """The format's own steps, and the two that any format may need: lines left out, costs that can't be read."""
    if raw_cost == "BilledCost":
        return {}
    readable = f"({billed}) IS NOT NULL"
    own = {
        text: f"CASE WHEN {included} AND {readable} THEN {step} ELSE 0 END"
        for step, text in shaped.steps.items()
        if step in rests_on
    }
    if included != "true":
        own["lines left out by a named rule"] = f"CASE WHEN NOT ({included}) THEN -{raw_cost} ELSE 0 END"
    own["lines without a readable cost, in quarantine"] = (
        f"CASE WHEN {included} AND NOT {readable} THEN -coalesce({raw_cost}, 0) ELSE 0 END"
    )
    return own


def _bad_rows(shaped: Shaped) -> tuple[BadRow, ...]:
    tested = [bad.condition for bad in shaped.bad_rows]
    money = (("BilledCost", "is not an exact number"), ("EffectiveCost", "is not an exact number"))
    dates = tuple((name, "is not a date or time that can be read") for name in INSTANTS[:3])
    return tuple(
        BadRow(c, f"{c} IS NULL", reason)
        for c, reason in (*money, *dates)
        if not any(f"{c} IS NULL" in t for t in tested)
    )


def text_of(name: str, package: str = "connectors.bill") -> str:
    """A file of SQL that lies beside the code."""
    return (files(package) / name).read_text(encoding="utf-8")
