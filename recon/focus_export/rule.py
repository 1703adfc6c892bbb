"""What is one rule of the export? A column, and the SQL of its new value over the row as it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`sql` gives `column` its value from the row's other columns; `why` is the sentence in docs/focus-export.md.

    A rule that puts a value where the bill had none shows in x_Filled; one that takes away or respells a value
    that the bill had shows in x_Replaced. No rule touches BilledCost, BillingCurrency, an id or a period.
    """

    column: str
    sql: str
    why: str


def absent(column: str, sql: str, why: str) -> Rule:
    """Fills `column` from `sql` where the bill has nothing."""
    return Rule(column, f"coalesce({column}, {sql})", why)


def only_if(column: str, condition: str, why: str) -> Rule:
    """Takes `column` away where `condition` is not true."""
    return Rule(column, f"CASE WHEN {condition} THEN {column} END", why)
