"""Which amounts have more than 24 decimals, and what does rounding them half-even drop?

DuckDB's cast rounds half away from zero and says nothing. The few values that are too deep are rounded here,
by `recon.money.exact`, once per distinct value, and the query looks them up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from recon.money import SQL_TYPE, exact, plain


@dataclass(frozen=True)
class Residue:
    """`rows` bill lines lost digits beyond the 24th decimal, in sum `total` (exact text)."""

    rows: int
    total: str
    tables: Mapping[str, tuple[str, str]]

    def wrap(self, column: str, expression: str) -> str:
        """The money expression, looking deep values up first."""
        if column not in self.tables:
            return expression
        table, text = self.tables[column]
        looked_up = f"(SELECT any_value(d.amount) FROM {table} d WHERE d.text = {text})"
        return f"coalesce({looked_up}, {expression})"


def round_deep(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    name: str,
    deep: Mapping[str, str],
    kind: Mapping[str, str],
) -> Residue:
    """Find the deep values of each money column of `relation` (`deep`: column → condition) and keep them in
    temp tables named after `name`."""
    tables: dict[str, tuple[str, str]] = {}
    rows, total = 0, Decimal(0)
    for column, condition in sorted(deep.items()):
        text = f'trim("{column}"::VARCHAR)' if kind[column] == "VARCHAR" else f'"{column}"::VARCHAR'
        query = f"SELECT {text} AS text, count(*) AS n FROM {relation} WHERE {condition} GROUP BY ALL ORDER BY ALL"
        known = []
        for value, count in con.execute(query).fetchall():
            amount = exact(value)
            if amount is None:
                continue
            known.append((value, amount[0]))
            if amount[1]:
                rows, total = rows + count, total + amount[1] * count
        if known:
            table = f'"{name}_deep_{column}"'
            con.execute(f"CREATE OR REPLACE TEMP TABLE {table} (text VARCHAR, amount {SQL_TYPE})")
            con.executemany(f"INSERT INTO {table} VALUES (?, ?)", known)
            tables[column] = (table, text)
    return Residue(rows, plain(total) or "0", tables)
