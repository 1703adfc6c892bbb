"""How does one FOCUS file become bill lines? Nothing is guessed: a file that lacks what identifies money is refused.

A FOCUS file is in FOCUS words already; its mapping only reads text cells as instants, amounts and tags.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from connectors.bill.money import money_columns
from connectors.bill.money_sql import has_comma_sql, instant_sql
from connectors.bill.shape import INHERITED, INSTANTS, TAGS, Opening, Shaped
from connectors.bill.sql_text import sql_literal, sql_name
from connectors.bill.table import Column, Head, load, with_all_keys
from connectors.focus.names import named, spelled
from recon import focus
from recon.errors import DeliveryRefused
from recon.ingest.lines import BadRow

NAME = "focus"
_MONEY = ("BilledCost", "EffectiveCost")
_METADATA = (
    "InvoiceId",
    "InvoiceDetailId",
    "InvoiceIssuerName",
)  # a final copy differs from the first in these
_COMMITMENT = "coalesce(ResourceId = CommitmentDiscountId AND cell(CommitmentDiscountId) IS NOT NULL, false)"


def recognizes(columns: Collection[str], defaults: Mapping[str, str]) -> bool:
    """FOCUS of any version that we read, by its columns."""
    return focus.version_of(spelled(columns) | set(defaults)) is not None


def title(head: Head) -> str:
    """FOCUS and the version that its columns show."""
    return f"FOCUS {_version(spelled(head.columns), {})}"


def shape(opening: Opening, head: Head, said: Mapping[str, str] | None = None) -> Shaped:
    """The file in FOCUS words; `said`: column -> SQL over the file's own columns, where an export says it in words of
    its own. Raises `DeliveryRefused` for what can't be loaded."""
    head = with_all_keys(opening.con, head)
    own = named(head)
    _require(opening, set(own))
    table = load(opening.con, head, opening.name, set(own.values()))
    cells = {name: _read(head.columns[file_name]) for name, file_name in own.items()}
    kind = {name: sql_type for name, (_, sql_type) in cells.items()}
    selected = [f"{sql} AS {sql_name(name)}" for name, (sql, _) in cells.items()]
    known = {*INSTANTS, *_MONEY, "ResourceId", "CommitmentDiscountId", *focus.IDENTIFY_MONEY}
    for name in sorted((known | set(opening.defaults)) - own.keys()):
        selected.append(f"{_literal(opening.defaults.get(name))} AS {sql_name(name)}")
        kind[name] = "VARCHAR"
    relation = f"(SELECT {', '.join(selected)}, x_row, 1 AS x_count FROM {table.relation})"
    effective = "EffectiveCost" if "EffectiveCost" in own else "BilledCost"
    money, residue = money_columns(opening, relation, {n: kind[n] for n in {"BilledCost", effective}})
    written = {
        **{name: _cell(name, kind[name]) for name in kind if name not in (*_MONEY, *INSTANTS)},
        **{name: f"make_timestamp({instant_sql(sql_name(name), kind[name])})" for name in INSTANTS},
        "BilledCost": money["BilledCost"],
        "EffectiveCost": money[effective],
        **(said or {}),
    }
    items = ",\n    ".join(f"{sql} AS {sql_name(name)}" for name, sql in written.items())
    texts = ", ".join(f'"{n}"::VARCHAR AS "x_text_{n}"' for n in (*_MONEY, *INSTANTS))
    return Shaped(
        format=f"FOCUS {_version(own, opening.defaults)}",
        relation=f"(SELECT *, {texts}, {_COMMITMENT} AS x_is_commitment FROM {relation})",
        mapping=f"SELECT {{carried}},\n    {items},\n    x_is_commitment AS x_IsCommitment\nFROM {{raw}}",
        has_effective="EffectiveCost" in own,
        has_resources="ResourceId" in own,
        version=_version(own, opening.defaults),
        compare=tuple(sorted(n for n in own if n in focus.COLUMNS and n not in _METADATA)),
        carried=tuple(f"x_text_{n}" for n in (*_MONEY, *INSTANTS)),
        bad_rows=_bad_rows(effective, kind, "ChargePeriodEnd" in own),
        unknown_columns=tuple(sorted(f for n, f in own.items() if _unknown(n, f, opening.extra_columns))),
        rejected=table.rejected,
        residue=residue,
    )


def _version(own: Collection[str], defaults: Mapping[str, str]) -> str:
    return focus.version_of(set(own) | defaults.keys()) or "1.0"


def _require(opening: Opening, columns: set[str]) -> None:
    needed = (*focus.IDENTIFY_MONEY, "ChargePeriodStart")
    missing = [c for c in needed if c not in columns and c not in opening.defaults]
    if missing:
        raise DeliveryRefused(
            str(opening.path),
            f"lacks {', '.join(missing)}, without which money can't be identified. "
            f"Export the column, or give the source `defaults: {{{missing[0]}: …}}`.",
        )


def _bad_rows(effective: str, kind: Mapping[str, str], has_end: bool) -> tuple[BadRow, ...]:
    bad = []
    for name in sorted({"BilledCost", effective}):
        text = f'"x_text_{name}"'
        if kind[name] == "VARCHAR":
            comma = f"CASE WHEN {name} IS NULL THEN {has_comma_sql(text)} ELSE false END"
            bad.append(BadRow(name, comma, "has a decimal comma: 1.25 is read, 1,25 is not", text))
        bad.append(BadRow(name, f"{name} IS NULL", "is not an exact number", text))
    reason = "is not an ISO 8601 date or time"
    bad += [BadRow(n, f"{n} IS NULL", reason, f'"x_text_{n}"') for n in INSTANTS[:3]]
    if has_end and kind["ChargePeriodEnd"] == "VARCHAR":
        unreadable = 'cell("x_text_ChargePeriodEnd") IS NOT NULL AND ChargePeriodEnd IS NULL'
        bad.append(BadRow("ChargePeriodEnd", unreadable, reason, '"x_text_ChargePeriodEnd"'))
    return tuple(bad)


def _read(column: Column) -> tuple[str, str]:
    """The column's SQL and type; a cell of JSON is its text, which of an object or a list is JSON again."""
    return (f"({column.sql} ->> '$')", "VARCHAR") if column.type == "JSON" else (column.sql, column.type)


def _cell(name: str, sql_type: str) -> str:
    """Tags as JSON text (MAP, STRUCT and lists of {key, value} become it), everything else as it is."""
    ref = sql_name(name)
    as_text = sql_type.upper() in ("VARCHAR", "JSON")
    return ref if as_text or name not in (*TAGS, INHERITED) else f"to_json({ref})::VARCHAR"


def _unknown(name: str, file_name: str, extra: tuple[str, ...]) -> bool:
    return name not in (*focus.COLUMNS, INHERITED, *extra) and not file_name.startswith("x_")


def _literal(value: str | None) -> str:
    return "NULL::VARCHAR" if value is None else f"{sql_literal(value)}::VARCHAR"
