"""How does a relation of bill lines, with any subset of FOCUS columns, become rows of one FOCUS release?"""

from __future__ import annotations

from collections.abc import Mapping

from recon.focus_export.model import Column, columns_of, every_column
from recon.focus_export.rules import stages
from recon.focus_export.services import listed_subcategory
from recon.focus_export.typed import source_text, typed
from recon.focus_export.words import name, text

FILLED, REPLACED = "x_Filled", "x_Replaced"
_CODE = "x_ServiceCode"


def focus_select(columns: Mapping[str, str], version: str) -> str:
    """The SELECT that makes FOCUS rows of release `version`, one per row of the relation, in its order.

    `columns` maps the relation's column names to their DuckDB types. The relation is written `{raw}` in the
    text: put its name there with `.replace`. Columns: all that the release has, in the specification's order;
    `x_Filled` (comma-separated names of the columns that a rule filled, null for none); `x_Replaced` (JSON
    object, column → the bill's own text where a rule respelled it or took it away, null for none); then the
    relation's other columns, each with the prefix `x_`. Costs keep every digit. InputError for an unknown release.
    """
    wanted = columns_of(version)
    staged = "\n".join(_stage(number) for number in range(1, len(stages()) + 1))
    final = f"_stage{len(stages())}"
    listed = ",\n  ".join(
        [*(_output(c) for c in wanted), _filled(wanted), _replaced(wanted), *_others(columns, wanted)]
    )
    return f"WITH {_first(columns)}\n{staged}\nSELECT\n  {listed}\nFROM {final}"


def _first(columns: Mapping[str, str]) -> str:
    """Every FOCUS column, typed; beside them what the bill said, and its own columns."""
    known = {c.lower(): c for c in columns}
    of = {c.name: columns.get(known.get(c.name.lower(), "")) for c in every_column()}
    cells = [f"{typed(c, of[c.name])} AS {c.name}" for c in every_column()]
    said = [f"{source_text(c, of[c.name])} AS _said_{c.name}" for c in every_column()]
    code = (
        f"CAST({name(known[_CODE.lower()])} AS VARCHAR)"
        if _CODE.lower() in known
        else "CAST(NULL AS VARCHAR)"
    )
    own = [f"{name(c)} AS {name('_own_' + c)}" for c in columns if c.lower() not in _focus_names()]
    lines = ",\n  ".join([*cells, *said, f"{code} AS _service_code", *own])
    return (
        f"_lines AS (SELECT\n  {lines}\nFROM {{raw}})\n"
        f", _stage0 AS (SELECT *, {listed_subcategory()} AS _listed_subcategory FROM _lines)"
    )


def _stage(number: int) -> str:
    replaced = ",\n  ".join(f"{rule.sql} AS {rule.column}" for rule in stages()[number - 1])
    return f", _stage{number} AS (SELECT * REPLACE (\n  {replaced})\nFROM _stage{number - 1})"


def _output(column: Column) -> str:
    return f"{column.name} AT TIME ZONE 'UTC' AS {column.name}" if column.type == "time" else column.name


def _filled(wanted: tuple[Column, ...]) -> str:
    ruled = {rule.column for stage in stages() for rule in stage}
    cases = ", ".join(
        f"CASE WHEN _said_{c.name} IS NULL AND {c.name} IS NOT NULL THEN '{c.name}' END"
        for c in wanted
        if c.name in ruled
    )
    return f"nullif(concat_ws(',', {cases}), '') AS {FILLED}"


def _replaced(wanted: tuple[Column, ...]) -> str:
    """A JSON object's text, built by hand: json_object can't leave a member out. No braces: the caller may format."""
    cases = ", ".join(
        f"CASE WHEN {_differs(c)} THEN concat({text(_member(c.name))}, to_json(_said_{c.name})) END"
        for c in wanted
    )
    return f"chr(123) || nullif(concat_ws(', ', {cases}), '') || chr(125) AS {REPLACED}"


def _member(column: str) -> str:
    return f'"{column}": '


def _differs(column: Column) -> str:
    """True where the bill said something and the row now says otherwise; a number written otherwise is the same."""
    lost = f"_said_{column.name} IS NOT NULL AND {column.name} IS NULL"
    respelled = f" OR _said_{column.name} <> {column.name}"
    return f"({lost}{respelled if column.type == 'string' else ''})"


def _others(columns: Mapping[str, str], wanted: tuple[Column, ...]) -> list[str]:
    """The relation's own columns, and FOCUS columns of another release that it has, each as `x_…`."""
    taken = {FILLED.lower(), REPLACED.lower()}
    names = {c.name.lower() for c in wanted}
    listed = []
    for column in columns:
        shown = column if column.lower().startswith("x_") else f"x_{column}"
        if column.lower() in names or shown.lower() in taken:
            continue
        taken.add(shown.lower())
        source = column if column.lower() in _focus_names() else "_own_" + column
        listed.append(f"{name(source)} AS {name(shown)}")
    return listed


def _focus_names() -> frozenset[str]:
    return frozenset(c.name.lower() for c in every_column())
