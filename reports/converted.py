"""What is each owner's cost in the reporting currency, at which rates, and what could not be converted?

Amounts are converted per period and currency such that owners' lines add up to the converted total; only then are they added
over currencies. Totals in the currency of the bill stand in the owners' statement and stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from recon.rates import convert
from reports.csv_tables import write_csv
from reports.questions import Store
from reports.words import apportioned, exact_sum

_COLUMNS = (
    "billing_period", "account", "owner", "BillingCurrency", "EffectiveCost", "BilledCost", "rate", "rate_source",
    "reporting_currency", "EffectiveCost_converted", "BilledCost_converted",
)  # fmt: skip
_HAS_VIEW = "SELECT 1 FROM information_schema.tables WHERE table_name = 'owner_totals'"
_TOTALS = "SELECT * FROM owner_totals WHERE reporting_currency IS NOT NULL ORDER BY billing_period, BillingCurrency, account"


@dataclass(frozen=True)
class Total:
    """One account's cost of a period in one currency; `in_reporting` (effective, billed): None without a rate."""

    period: str
    account: str
    owner: str | None
    currency: str
    effective: Decimal
    billed: Decimal
    rate: Decimal | None
    source: str | None
    reporting: str
    in_reporting: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True)
class Line:
    """One account's cost in the reporting currency, as shown: lines add up to the foot."""

    name: str
    effective: Decimal
    billed: Decimal
    is_owner: bool


@dataclass(frozen=True)
class RateRow:
    """One currency of the period: its whole cost, the rate (None: not converted), and what that makes."""

    currency: str
    effective: Decimal
    billed: Decimal
    rate: Decimal | None
    source: str | None
    effective_converted: Decimal | None
    billed_converted: Decimal | None


@dataclass(frozen=True)
class Converted:
    """The headline period in the reporting currency; `rest`: the lines beyond the top, `rest_count` of them."""

    currency: str
    lines: list[Line]
    rest: Line | None
    rest_count: int
    foot: Line
    rates: list[RateRow]


def read_totals(store: Store) -> list[Total]:
    """Every total of the store with its conversion; empty where no reporting currency is configured."""
    if not store.ask(_HAS_VIEW):
        return []  # a store of an earlier version, whose report is only written again
    rows = [
        Total(
            str(r["billing_period"]), str(r["account"]), r["owner"], str(r["BillingCurrency"]), r["EffectiveCost"],
            r["BilledCost"], r["rate"], r["rate_source"], str(r["reporting_currency"]),
        )
        for r in store.ask(_TOTALS)
    ]  # fmt: skip
    groups = groupby(rows, key=lambda row: (row.period, row.currency))
    return [row for _, group in groups for row in _converted(list(group))]


def converted(store: Store, period: str, top: int) -> Converted | None:
    """The table of one period; None where no reporting currency is configured, or the period has no cost."""
    totals = [row for row in read_totals(store) if row.period == period]
    if not totals:
        return None
    reporting = totals[0].reporting
    effective, billed = _by_account(totals, 0), _by_account(totals, 1)
    shown = [apportioned(amounts, reporting) for amounts in (effective, billed)]
    lines = [
        Line(
            account.removeprefix("owner:"), shown[0][account], shown[1][account], account.startswith("owner:")
        )
        for account in effective
    ]
    lines.sort(key=lambda line: (not line.is_owner, -line.effective, line.name))
    kept, rest = lines[:top], lines[top:]
    return Converted(
        reporting,
        kept,
        _summed("rest", rest) if rest else None,
        len(rest),
        _summed("Converted", lines),
        [_rate_row(list(group)) for _, group in groupby(totals, key=lambda row: row.currency)],
    )


def write_converted(store: Store, path: Path) -> list[Path]:
    """csv/owners_converted.csv: every period, exact amounts; nothing where no reporting currency is configured."""
    totals = read_totals(store)
    if not totals:
        return []
    return [write_csv(path, list(_COLUMNS), _csv_rows(totals))]


def _csv_rows(totals: Sequence[Total]) -> Iterator[Sequence[object]]:
    for t in totals:
        made = t.in_reporting or (None, None)
        yield [
            t.period, t.account, t.owner, t.currency, t.effective, t.billed, t.rate, t.source, t.reporting, *made,
        ]  # fmt: skip


def _converted(totals: list[Total]) -> list[Total]:
    """`totals`: of one period and currency, which have one rate."""
    rate = totals[0].rate
    if rate is None:
        return totals
    effective = convert({row.account: row.effective for row in totals}, rate)
    billed = convert({row.account: row.billed for row in totals}, rate)
    return [replace(row, in_reporting=(effective[row.account], billed[row.account])) for row in totals]


def _by_account(totals: Sequence[Total], book: int) -> dict[str, Decimal]:
    found: dict[str, list[Decimal]] = {}
    for row in totals:
        if row.in_reporting is not None:
            found.setdefault(row.account, []).append(row.in_reporting[book])
    return {account: exact_sum(parts) for account, parts in sorted(found.items())}


def _summed(name: str, lines: Sequence[Line]) -> Line:
    return Line(name, exact_sum(x.effective for x in lines), exact_sum(x.billed for x in lines), False)


def _rate_row(totals: Sequence[Total]) -> RateRow:
    made = [row.in_reporting for row in totals if row.in_reporting is not None]
    return RateRow(
        totals[0].currency,
        exact_sum(row.effective for row in totals),
        exact_sum(row.billed for row in totals),
        totals[0].rate,
        totals[0].source,
        exact_sum(effective for effective, _ in made) if made else None,
        exact_sum(billed for _, billed in made) if made else None,
    )
