"""What does one owner owe for one month, and how does it add up?

By currency: what came directly, by inheritance, from each pool, by adjustments; every entry; the change since the
month before; what a unit cost. Exact amounts, and rounded ones that add up to the total as shown: the total half-even,
its parts by largest remainder, each part's entries likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import groupby

from reports import words
from reports.questions import Row, Store
from reports.statement import PARTS

_EXACT = Context(prec=60)
COSTS = ("effective_cost", "billed_cost")

_ENTRIES = """
SELECT l.owner, l.billing_period, l.BillingCurrency AS currency, l.entry_id, l.transaction_id, l.x_ProviderId AS provider,
       l.BillingAccountId AS billing_account, l.origin_period, l.x_Class AS class, l.verdict, l.rung, l.rule_id, l.rule_version,
       l.basis, l.weight, l.weight_total, l.origin_account AS pool, l.charges, l.frozen, l.EffectiveCost AS effective_cost,
       l.BilledCost AS billed_cost,
       CASE WHEN starts_with(l.basis, 'adjustment') THEN 'adjustments' WHEN l.origin_account IS NOT NULL THEN 'shared'
            WHEN l.rung IN ('inherited', 'default') THEN 'inherited' ELSE 'direct' END AS part,
       CASE WHEN starts_with(l.basis, 'adjustment') THEN substr(l.basis, 13) END AS reason,
       c.closed_at::TIMESTAMP AS closed_at, c.closed_by
FROM ledger l LEFT JOIN closures c ON c.reopened_at IS NULL AND c.billing_period = l.origin_period AND c.x_ProviderId = l.x_ProviderId
 AND c.BillingAccountId = l.BillingAccountId AND c.BillingCurrency = l.BillingCurrency
WHERE starts_with(l.account, 'owner:') AND l.billing_period BETWEEN ? AND ? AND (?::VARCHAR IS NULL OR l.owner = ?)
ORDER BY l.owner, l.billing_period, currency,
         CASE part WHEN 'direct' THEN 0 WHEN 'inherited' THEN 1 WHEN 'shared' THEN 2 ELSE 3 END, pool NULLS FIRST, l.origin_period,
         abs(l.EffectiveCost) DESC, abs(l.BilledCost) DESC, provider, billing_account, l.entry_id"""


@dataclass(frozen=True)
class Amounts:
    """Both costs, exact and as shown."""

    effective: Decimal
    billed: Decimal
    effective_shown: Decimal
    billed_shown: Decimal


@dataclass(frozen=True)
class EntryLine:
    """One entry of the ledger as a row of the statement."""

    row: Row
    amounts: Amounts

    @property
    def share(self) -> Decimal | None:
        """Its weight as a share of the pool, to be read."""
        return weight_share(self.row["weight"], self.row["weight_total"])


@dataclass(frozen=True)
class Section:
    """One part of the statement; `name` is a part, or a pool below `shared`."""

    part: str
    pool: str | None
    amounts: Amounts
    entries: list[EntryLine]


@dataclass(frozen=True)
class Compared:
    """The same owner and currency a month before; `change` in money and as a share of it (None: no base)."""

    billing_period: str
    effective: Decimal
    change: Decimal
    share: Decimal | None


@dataclass(frozen=True)
class UnitCost:
    """A metric's value and what a unit cost: a figure to be read, never posted; None where the value is 0."""

    metric: str
    value: Decimal
    cost: Decimal | None
    before: Decimal | None


@dataclass(frozen=True)
class CurrencyStatement:
    """One currency of a statement."""

    currency: str
    parts: list[tuple[str, Amounts]]
    sections: list[Section]
    total: Amounts
    compared: Compared | None
    units: list[UnitCost]

    @property
    def pools(self) -> list[Section]:
        """The shares, one section per pool."""
        return [section for section in self.sections if section.part == "shared"]


@dataclass(frozen=True)
class OwnerStatement:
    """One owner's month."""

    owner: str
    billing_period: str
    currencies: list[CurrencyStatement]
    closed: list[Row]


UnitValues = Mapping[tuple[str, str], Mapping[str, Decimal]]
"""(month, owner) → metric → value."""


def owner_statements(
    store: Store, periods: tuple[str, str], owner: str | None, units: UnitValues
) -> Iterable[OwnerStatement]:
    """The statements of the posted periods (first, last) by owner and month; of one owner, where one is named."""
    rows = store.ask(_ENTRIES, month_before(periods[0]), periods[1], owner, owner)
    totals = _totals(rows)
    for (name, period), mine in groupby(rows, key=_of("owner", "billing_period")):
        if period < periods[0]:
            continue
        entries = list(mine)
        currencies = [
            _currency(currency, list(group), name, period, totals, units)
            for currency, group in groupby(entries, key=lambda row: str(row["currency"]))
        ]
        yield OwnerStatement(name, period, currencies, _closed(entries))


def _of(*names: str) -> Callable[[Row], tuple[str, ...]]:
    return lambda row: tuple(str(row[name]) for name in names)


def _totals(rows: Sequence[Row]) -> dict[tuple[str, ...], Decimal]:
    found: dict[tuple[str, ...], list[Decimal]] = {}
    for row in rows:
        found.setdefault(_of("owner", "billing_period", "currency")(row), []).append(row["effective_cost"])
    return {key: words.exact_sum(amounts) for key, amounts in found.items()}


def _currency(
    currency: str,
    rows: list[Row],
    owner: str,
    period: str,
    totals: Mapping[tuple[str, ...], Decimal],
    units: UnitValues,
) -> CurrencyStatement:
    keys = [f"{place:09}" for place in range(len(rows))]
    shown = {cost: _rounded(rows, keys, cost, currency) for cost in COSTS}
    lines = [
        EntryLine(row, Amounts(row[COSTS[0]], row[COSTS[1]], shown[COSTS[0]][key], shown[COSTS[1]][key]))
        for row, key in zip(rows, keys, strict=True)
    ]
    sections = [
        Section(part, pool or None, _added(group), group)
        for (part, pool), members in groupby(lines, key=lambda line: _section(line.row))
        if (group := list(members))
    ]
    by_part = {part: [line for line in lines if line.row["part"] == part] for part in PARTS}
    total = _added(lines)
    before = month_before(period)
    had = totals.get((owner, before, currency))
    return CurrencyStatement(
        currency=currency,
        parts=[(part, _added(members)) for part, members in by_part.items()],
        sections=sections,
        total=total,
        compared=None if had is None else _compared(before, had, total.effective),
        units=_units(owner, period, before, had, total.effective, units),
    )


def _section(row: Row) -> tuple[str, str]:
    return str(row["part"]), str(row["pool"] or "") if row["part"] == "shared" else ""


def _rounded(rows: list[Row], keys: list[str], cost: str, currency: str) -> dict[str, Decimal]:
    """Amount as shown of each row: the total's parts first, then each part's pools, then their entries."""
    amounts = dict(zip(keys, (row[cost] for row in rows), strict=True))
    of_part: dict[str, dict[tuple[str, str], list[str]]] = {}
    for key, row in zip(keys, rows, strict=True):
        section = _section(row)
        of_part.setdefault(section[0], {}).setdefault(section, []).append(key)
    parts = {p: words.exact_sum(amounts[k] for ks in s.values() for k in ks) for p, s in of_part.items()}
    shown_parts = words.apportioned({part: parts.get(part, Decimal(0)) for part in PARTS}, currency)
    shown: dict[str, Decimal] = {}
    for part, sections in of_part.items():
        sums = {name: words.exact_sum(amounts[k] for k in ks) for (_, name), ks in sections.items()}
        of_section = words.apportioned(sums, currency, shown_parts[part])
        for (_, name), mine in sections.items():
            shown |= words.apportioned({k: amounts[k] for k in mine}, currency, of_section[name])
    return shown


def _added(lines: Iterable[EntryLine]) -> Amounts:
    listed = [line.amounts for line in lines]
    return Amounts(
        words.exact_sum(a.effective for a in listed),
        words.exact_sum(a.billed for a in listed),
        words.exact_sum(a.effective_shown for a in listed),
        words.exact_sum(a.billed_shown for a in listed),
    )


def _compared(before: str, had: Decimal, now: Decimal) -> Compared:
    change = words.exact_sum([now, -had])
    return Compared(before, had, change, words.ratio(change, had))


def _units(
    owner: str, period: str, before: str, had: Decimal | None, now: Decimal, units: UnitValues
) -> list[UnitCost]:
    old = units.get((before, owner), {})
    return [
        UnitCost(
            metric,
            value,
            _per(now, value),
            _per(had, old[metric]) if had is not None and metric in old else None,
        )
        for metric, value in sorted(units.get((period, owner), {}).items())
    ]


def _per(amount: Decimal, value: Decimal) -> Decimal | None:
    return _EXACT.divide(amount, value) if value else None


def _closed(rows: Iterable[Row]) -> list[Row]:
    """The books of this month that are closed, each once."""
    found = {
        (row["provider"], row["billing_account"], row["currency"]): row
        for row in rows
        if row["closed_at"] is not None and row["origin_period"] == row["billing_period"]
    }
    return [found[key] for key in sorted(found)]


def weight_share(weight: str | None, total: str | None) -> Decimal | None:
    """A weight of a total as a share 0..1, rounded to be read; None where it is none. Both are exact texts, maybe n/d."""
    try:
        part, whole = Fraction(weight or ""), Fraction(total or "")
    except (ValueError, ZeroDivisionError):
        return None
    if whole == 0 or not 0 <= part / whole <= 1:
        return None
    return Decimal(round(part / whole * 10**6)) / 10**6


def month_before(period: str) -> str:
    """`2026-01` → `2025-12`."""
    year, month = int(period[:4]), int(period[5:7])
    return f"{year - (month == 1):04d}-{(month - 2) % 12 + 1:02d}"
