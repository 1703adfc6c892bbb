"""What does each owner pay, and how does it add up?

EffectiveCost by how it came (direct, inherited, shared, adjustments), the total, its change, and the same as
billed. As shown, a row's parts add up to its total, and each column adds up to its foot; the grand total is
the exact one, half-even. Owners beyond the top are one line, money without an owner its own lines, so that
the foot is the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from reports.periods import Periods
from reports.summary import Owner, Summary, Unallocated
from reports.words import apportioned, exact_sum

PARTS = ("direct", "inherited", "shared", "adjustments")


@dataclass(frozen=True)
class StatementLine:
    """One line as shown. `parts` follow PARTS; `change` on the period before, None where there was none."""

    name: str
    parts: tuple[Decimal, ...]
    total: Decimal
    billed: Decimal
    change: Decimal | None
    is_owner: bool


@dataclass(frozen=True)
class Statement:
    """One currency's statement: lines, the rest in one line, what has no owner, and the foot."""

    owners: list[StatementLine]
    rest: StatementLine | None
    rest_count: int
    without_owner: list[StatementLine]
    foot: StatementLine


def statement(summary: Summary, periods: Periods, currency: str, top: int) -> Statement:
    """The owners' statement of the headline period, dearest first, ties by name."""
    owners = _of(summary.owners, periods.headline, currency)
    loose = _of(summary.unallocated, periods.headline, currency)
    before = {row.owner: row.total for row in _of(summary.owners, periods.previous, currency)}
    totals = apportioned(
        {f"o:{row.owner}": row.total for row in owners}
        | {f"u:{row.account}": row.effective_cost for row in loose},
        currency,
    )
    billed = apportioned(
        {f"o:{row.owner}": row.billed_total for row in owners}
        | {f"u:{row.account}": row.billed_cost for row in loose},
        currency,
    )
    lines = []
    for row in sorted(owners, key=lambda row: (-row.total, row.owner)):
        total = totals[f"o:{row.owner}"]
        change = exact_sum([row.total, -before[row.owner]]) if row.owner in before else None
        parts = _parts(row, total, currency)
        lines.append(StatementLine(row.owner, parts, total, billed[f"o:{row.owner}"], change, True))
    nothing = (Decimal(0),) * len(PARTS)
    without = [
        StatementLine(
            row.account, nothing, totals[f"u:{row.account}"], billed[f"u:{row.account}"], None, False
        )
        for row in sorted(loose, key=lambda row: (-row.effective_cost, row.account))
    ]
    rest = lines[top:]
    return Statement(
        owners=lines[:top],
        rest=_added("", rest) if rest else None,
        rest_count=len(rest),
        without_owner=without,
        foot=_added("Total", [*lines, *without]),
    )


def owner_lines(row: Owner, currency: str) -> list[tuple[str, Decimal]]:
    """One owner's parts as shown, adding up to the owner's total as shown on its own page."""
    shown = apportioned({part: getattr(row, part) for part in PARTS}, currency)
    return [(part, shown[part]) for part in PARTS]


_Line = TypeVar("_Line", Owner, Unallocated)


def _of(rows: Iterable[_Line], period: str | None, currency: str) -> list[_Line]:
    return [row for row in rows if (row.billing_period, row.currency) == (period, currency)]


def _parts(row: Owner, total: Decimal, currency: str) -> tuple[Decimal, ...]:
    shown = apportioned({part: getattr(row, part) for part in PARTS}, currency, total)
    return tuple(shown[part] for part in PARTS)


def _added(name: str, lines: Sequence[StatementLine]) -> StatementLine:
    return StatementLine(
        name,
        tuple(exact_sum(line.parts[place] for line in lines) for place in range(len(PARTS))),
        exact_sum(line.total for line in lines),
        exact_sum(line.billed for line in lines),
        None,
        False,
    )
