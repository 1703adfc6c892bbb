"""How do both costs of a row stand in a table, and what do several rows sum to? With all digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from reports import words

Row = Mapping[str, Any]
COSTS = ("EffectiveCost", "BilledCost")


def added(rows: Sequence[Row]) -> Row:
    """Both costs of some rows, summed."""
    return {name: sum_of(rows, name) for name in ("billed_cost", "effective_cost")}


def sum_of(rows: Sequence[Row], name: str) -> Decimal:
    """One amount of some rows, summed exactly."""
    return words.exact_sum(row[name] for row in rows)


def costs(row: Row) -> tuple[str, str]:
    """EffectiveCost and BilledCost as text."""
    return words.exact(row["effective_cost"]), words.exact(row["billed_cost"])
