"""How do the cost columns of a file become exact amounts, with what the source wrote beyond the 24th decimal counted?"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.bill.money_sql import deep_sql, exact_sql
from connectors.bill.residue import Residue, round_deep
from connectors.bill.shape import Opening


def money_columns(
    opening: Opening, relation: str, types: Mapping[str, str]
) -> tuple[dict[str, str], Residue]:
    """Column → a DECIMAL(38,24) expression over it (NULL where it holds no exact number), and the residue.

    `types`: cost column of `relation` → its SQL type. Text is read once more here, for amounts that are too
    deep: they are few, and looked up.
    """
    deep = {name: test for name, kind in types.items() if (test := deep_sql(f'"{name}"', kind))}
    residue = round_deep(opening.con, relation, opening.name, deep, types)
    return {n: residue.wrap(n, exact_sql(f'"{n}"', kind)) for n, kind in types.items()}, residue
