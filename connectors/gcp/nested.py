"""Which cells of the nested columns are not plain JSON, and what do they say?

Only a text file has such cells. Each is read once (`nested_cell.py`) and looked up by the query; a cell that
nobody can read puts its line into quarantine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from connectors.gcp.nested_cell import UnreadableCell, read_cell

# what every item of a list must have
_KEY = {"credits": "amount"}
# DuckDB's JSON reads a number as a binary double: longer ones are read here, digit by digit
_LONG_NUMBER = r"[0-9][0-9.]{16}"


@dataclass(frozen=True)
class OddCells:
    """`tables`: column → temp table (cell, json) of its cells that are not plain JSON; json is null where a cell is
    unreadable. `reasons`: column → why, of columns that have such cells."""

    tables: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    def wrap(self, column: str, sql: str) -> str:
        """The column as JSON text, odd cells looked up; null where a cell is blank or unreadable."""
        if column not in self.tables:
            return f"cell({sql})"
        odd = f"(SELECT any_value(o.json) FROM {self.tables[column]} o WHERE o.cell = {sql})"
        return f"CASE WHEN {self._is_odd(column, sql)} THEN {odd} ELSE cell({sql}) END"

    def unreadable(self, column: str, sql: str) -> str:
        """Whether nobody can read the cell."""
        if column not in self.reasons:
            return "false"
        return f"coalesce({sql} IN (SELECT o.cell FROM {self.tables[column]} o WHERE o.json IS NULL), false)"

    def _is_odd(self, column: str, sql: str) -> str:
        return f"{sql} IN (SELECT o.cell FROM {self.tables[column]} o)"


def odd_cells(
    con: duckdb.DuckDBPyConnection, name: str, relation: str, columns: Mapping[str, str]
) -> OddCells:
    """Read the odd cells of `columns` (name → SQL over `relation`) into temp tables named after `name`."""
    tables, reasons = {}, {}
    for column, sql in columns.items():
        key = _KEY.get(column, "key")
        query = (
            f"SELECT c FROM (SELECT DISTINCT {sql} AS c FROM {relation}) WHERE cell(c) IS NOT NULL AND NOT ({_plain(key)}) "
            "ORDER BY c"
        )
        cells = [row[0] for row in con.execute(query).fetchall()]
        if not cells:
            continue
        read, why = _read(cells, key)
        tables[column] = f'"{name}_odd_{column}"'
        _keep(con, tables[column], cells, read)
        if why:
            reasons[column] = why
    return OddCells(tables, reasons)


def _plain(key: str) -> str:
    """A JSON array of objects that all have `key`, without numbers that are too long for a double."""
    items = f"list_filter(from_json(c, '[\"JSON\"]'), lambda e: json_type(e) IS DISTINCT FROM 'OBJECT' OR (e ->> '{key}') IS NULL)"
    return (
        "CASE WHEN c = '[]' THEN true WHEN NOT json_valid(c) THEN false WHEN json_type(c) <> 'ARRAY' THEN false "
        f"ELSE len({items}) = 0 AND NOT regexp_matches(c, '{_LONG_NUMBER}') END"
    )


def _read(cells: Sequence[str], key: str) -> tuple[list[str | None], str | None]:
    read: list[str | None] = []
    reasons: list[str] = []
    for cell in cells:
        try:
            read.append(read_cell(cell, key))
        except UnreadableCell as error:
            read.append(None)
            reasons.append(str(error))
    return read, " or ".join(sorted(set(reasons))) or None


def _keep(
    con: duckdb.DuckDBPyConnection, table: str, cells: Sequence[str], read: Sequence[str | None]
) -> None:
    found = pa.table({"cell": pa.array(cells, pa.string()), "json": pa.array(read, pa.string())})
    con.register("odd_cells", found)
    con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT cell, json FROM odd_cells")
    con.unregister("odd_cells")
