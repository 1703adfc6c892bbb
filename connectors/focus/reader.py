"""How does one FOCUS file become bill lines that the rollup can read in place?

Parquet is read where it lies; CSV is parsed once into a temporary table, because its passes would each
unpack and parse it again. Nothing is guessed: a file that lacks what identifies money is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from connectors.focus.csv_table import load_csv
from connectors.focus.money_sql import deep_sql, exact_sql, instant_sql
from connectors.focus.residue import round_deep
from connectors.focus.sniff import Sniffed, sniff
from recon import focus
from recon.errors import DeliveryRefused
from recon.ingest.lines import BadRow, Lines, TagCell

DIM_INPUTS = (
    *("BillingPeriodStart", "BillingPeriodEnd", "ServiceProviderName", "ProviderName", "PublisherName"),
    *("BillingAccountId", "BillingCurrency", "SubAccountId", "InvoiceId", "ResourceType", "ServiceName"),
    *("ServiceCategory", "ServiceSubcategory", "RegionId", "ChargeCategory", "ChargeClass"),
    *("CommitmentDiscountId", "CommitmentDiscountStatus"),
)
_INSTANTS = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
_MONEY = ("BilledCost", "EffectiveCost")
_TAGS = ("AllocatedTags", "Tags", "x_InheritedTags")
_METADATA = (
    "InvoiceId",
    "InvoiceDetailId",
    "InvoiceIssuerName",
)  # a final copy differs from the first in these
_SUPPORT_SERVICES = "(?i)^(aws ?|azure ?|google cloud ?)?(premium |developer |business |enterprise )?support"


@dataclass(frozen=True)
class Opening:
    """What the caller knows about a file: the connection, the relation's name and the source's defaults."""

    con: duckdb.DuckDBPyConnection
    path: Path
    name: str
    defaults: Mapping[str, str]
    extra_columns: tuple[str, ...] = ()


def open_lines(opening: Opening) -> Lines | None:
    """The bill lines of one file, or None for a file that is no bill and says so (a JSON manifest, an
    empty file). Raises `DeliveryRefused` with the reason for anything that can't be loaded."""
    kind = sniff(opening.path)
    if kind.kind in ("json", "empty"):
        return None
    prepare(opening.con)
    source, types, rejected = _relation(opening, kind)
    columns = _canonical(opening.path, types)
    _require(opening, set(columns))
    return _lines(opening, source, columns, types, rejected)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Define the mapping's words on the connection. Idempotent."""
    for statement in _text("macros.sql").split(";\n"):
        if statement.strip():
            con.execute(statement)


def _relation(opening: Opening, kind: Sniffed) -> tuple[str, dict[str, str], list[tuple[int, str, str]]]:
    """A relation over the file's own columns plus `x_row`, their SQL types, and rows that no parser takes."""
    if kind.kind == "csv":
        return load_csv(opening.con, opening.path, opening.name, kind)
    quoted = "'" + str(opening.path).replace("'", "''") + "'"
    relation = f"read_parquet({quoted}, file_row_number = true)"
    try:
        described = opening.con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    except duckdb.Error as error:
        raise DeliveryRefused(
            str(opening.path), f"is damaged or cut-off Parquet: {_first_line(error)}"
        ) from error
    types = {row[0]: row[1] for row in described if row[0] != "file_row_number"}
    return f"(SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS x_row FROM {relation})", types, []


def _canonical(path: Path, types: Mapping[str, str]) -> dict[str, str]:
    """FOCUS name → the file's own column name; matched without regard to case (warehouses lower-case them)."""
    wanted = {name.lower(): name for name in (*focus.COLUMNS, "x_InheritedTags")}
    found: dict[str, str] = {}
    for own in types:
        name = wanted.get(own.strip().lower(), own)
        if name in found:
            raise DeliveryRefused(
                str(path), f'has two columns that mean {name}: "{found[name]}" and "{own}". Remove one.'
            )
        found[name] = own
    return found


def _require(opening: Opening, columns: set[str]) -> None:
    if focus.version_of(columns | opening.defaults.keys()) is None:
        raise DeliveryRefused(
            str(opening.path),
            "is no FOCUS 1.0 or newer (no ChargeCategory or no BilledCost column; 0.5 and 1.0-preview are not read)",
        )
    needed = (*focus.IDENTIFY_MONEY, "ChargePeriodStart")
    missing = [c for c in needed if c not in columns and c not in opening.defaults]
    if missing:
        raise DeliveryRefused(
            str(opening.path),
            f"lacks {', '.join(missing)}, without which money can't be identified. "
            f"Export the column, or give the source `defaults: {{{missing[0]}: …}}`.",
        )


def _lines(
    opening: Opening,
    source: str,
    columns: dict[str, str],
    types: dict[str, str],
    rejected: list[tuple[int, str, str]],
) -> Lines:
    kind = {name: types[own] for name, own in columns.items()}
    selected = [f'"{_quoted(own)}" AS "{_quoted(name)}"' for name, own in columns.items()]
    wanted = {*DIM_INPUTS, *_INSTANTS, *_MONEY, *_TAGS, "ResourceId", *opening.extra_columns}
    for name in sorted(wanted - columns.keys()):
        default = opening.defaults.get(name)
        selected.append(f"{_literal(default)} AS {name}")
        kind[name] = "VARCHAR"
    selected.extend(f"{instant_sql(name, kind[name])} AS us_{name}" for name in _INSTANTS)
    effective = "EffectiveCost" if "EffectiveCost" in columns else "BilledCost"
    inner = f"SELECT {', '.join(selected)}, x_row FROM {source}"
    commitment = "coalesce(ResourceId = CommitmentDiscountId AND cell(CommitmentDiscountId) IS NOT NULL, false) AS x_IsCommitment"
    opening.con.execute(
        f'CREATE OR REPLACE TEMP VIEW "{opening.name}" AS SELECT *, {commitment} FROM ({inner})'
    )
    deep = {
        name: condition for name in {"BilledCost", effective} if (condition := deep_sql(name, kind[name]))
    }
    residue = round_deep(opening.con, opening.name, deep, kind)
    money = {name: residue.wrap(name, exact_sql(name, kind[name])) for name in {"BilledCost", effective}}
    own_names = {*focus.COLUMNS, "x_InheritedTags", *opening.extra_columns}
    dims = ("us_BillingPeriodStart", "us_BillingPeriodEnd", *DIM_INPUTS[2:], *opening.extra_columns)
    return Lines(
        raw=f'"{opening.name}"',
        dim_columns=(*dims, "x_IsCommitment"),
        book_columns=dims[:7],
        dims_sql=_dims_sql(opening.extra_columns),
        billed=money["BilledCost"],
        effective=money[effective],
        day="us_ChargePeriodStart // 86400000000",
        resource="ResourceId",
        tags=tuple(_tag_cell(t, kind[t]) for t in _TAGS[:2] if t in columns),
        inherited_tags=_tag_cell(_TAGS[2], kind[_TAGS[2]]) if _TAGS[2] in columns else None,
        version=focus.version_of(set(columns) | opening.defaults.keys()) or "1.0",
        has_effective="EffectiveCost" in columns,
        has_resources="ResourceId" in columns,
        unknown_columns=tuple(sorted(n for n in columns if n not in own_names and not n.startswith("x_"))),
        bad_rows=_bad_rows(kind, money, effective),
        line_columns=tuple(sorted(n for n in columns if n in focus.COLUMNS and n not in _METADATA)),
        rejected=tuple(rejected),
        residue_rows=residue.rows,
        residue=residue.total,
    )


def _bad_rows(kind: Mapping[str, str], money: Mapping[str, str], effective: str) -> tuple[BadRow, ...]:
    bad = [
        BadRow(n, f"({money[n]}) IS NULL", "is not an exact number")
        for n in sorted({"BilledCost", effective})
    ]
    bad.extend(
        BadRow(name, f"us_{name} IS NULL", "is not an ISO 8601 date or time") for name in _INSTANTS[:3]
    )
    if kind["ChargePeriodEnd"] == "VARCHAR":
        unreadable = "cell(ChargePeriodEnd) IS NOT NULL AND us_ChargePeriodEnd IS NULL"
        bad.append(BadRow("ChargePeriodEnd", unreadable, "is not an ISO 8601 date or time"))
    return tuple(bad)


def _tag_cell(column: str, sql_type: str) -> TagCell:
    """Text stays as it is; MAP, STRUCT and lists of {key, value} become JSON."""
    return TagCell(
        column, column if sql_type.upper() in ("VARCHAR", "JSON") else f"to_json({column})::VARCHAR"
    )


def _dims_sql(extra: tuple[str, ...]) -> str:
    pairs = ", ".join(f"'{name}', cell({name}::VARCHAR)" for name in extra)
    listed = f"json_object({pairs})::VARCHAR" if extra else "NULL::VARCHAR"
    text = _text("dims.sql").replace("{support}", _SUPPORT_SERVICES).replace("{extra}", listed)
    return text.replace("BillingPeriodStart, BillingPeriodEnd", "us_BillingPeriodStart, us_BillingPeriodEnd")


def _text(name: str) -> str:
    return (files("connectors.focus") / name).read_text(encoding="utf-8")


def _quoted(name: str) -> str:
    return name.replace('"', '""')


def _literal(value: str | None) -> str:
    return "NULL::VARCHAR" if value is None else "'" + value.replace("'", "''") + "'::VARCHAR"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
