"""What does each product, or environment, cost? The virtual tags of allocation.yaml, a table per dimension and currency.

As shown, the lines of a dimension add up to its foot, which is the period's charges. Before splits: what is shared
stands with the value that the rules gave it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from reports.questions import Row, Store, money_text
from reports.words import apportioned, exact_sum

NONE = "(none)"


@dataclass(frozen=True)
class ValueLine:
    """One value of a dimension, as shown."""

    value: str
    effective: Decimal
    billed: Decimal
    charges: int


@dataclass(frozen=True)
class Dimension:
    """One dimension in one currency: its dearest values, the others in one line, and the foot."""

    name: str
    currency: str
    lines: list[ValueLine]
    rest: ValueLine | None
    rest_count: int
    foot: ValueLine


def dimension_tables(store: Store, period: str, order: Sequence[str], top: int) -> list[Dimension]:
    """The dimensions of a period, by name; their currencies in the report's `order`. Empty where the rules have none."""
    rows = store.ask(
        """
        SELECT dimension, BillingCurrency AS currency, value, sum(EffectiveCost) AS effective, sum(BilledCost) AS billed,
               sum(charges)::BIGINT AS charges
        FROM dimensions WHERE billing_period = ? GROUP BY ALL ORDER BY dimension, currency, value NULLS LAST
        """,
        period,
    )
    groups = groupby(rows, key=lambda row: (str(row["dimension"]), str(row["currency"])))
    found = [_dimension(name, currency, list(group), top) for (name, currency), group in groups]
    rank = {currency: place for place, currency in enumerate(order)}
    return sorted(found, key=lambda d: (d.name, rank.get(d.currency, len(rank)), d.currency))


def _dimension(name: str, currency: str, rows: list[Row], top: int) -> Dimension:
    effective = apportioned({str(n): money_text(row["effective"]) for n, row in enumerate(rows)}, currency)
    billed = apportioned({str(n): money_text(row["billed"]) for n, row in enumerate(rows)}, currency)
    lines = [
        ValueLine(NONE if row["value"] is None else str(row["value"]), effective[str(n)], billed[str(n)], int(row["charges"]))
        for n, row in enumerate(rows)
    ]  # fmt: skip
    lines.sort(key=lambda line: (-line.effective, line.value))
    return Dimension(
        name, currency, lines[:top], _added("", lines[top:]) if lines[top:] else None, len(lines[top:]), _added("Total", lines),
    )  # fmt: skip


def _added(name: str, lines: list[ValueLine]) -> ValueLine:
    return ValueLine(
        name,
        exact_sum(line.effective for line in lines),
        exact_sum(line.billed for line in lines),
        sum(line.charges for line in lines),
    )
