"""How much of the bill has an owner? Asked of the store where there is one, else reckoned from the summary.

An audit keeps no store; its summary then says the same of each period and currency, save for the causes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from reports.figures import NOTHING, FixTotal, LedgerTotal
from reports.summary import Summary
from reports.words import exact_sum

_OPEN_TO_DOUBT = ("wrong-owner", "conflict")


@dataclass(frozen=True)
class Book:
    """`causes`: open findings by cause, dearest first; empty where no store is left to ask."""

    totals: Mapping[tuple[str, str], LedgerTotal]
    fixed: Mapping[str, FixTotal]
    causes: list[Mapping[str, Any]] = field(default_factory=list)

    def of(self, period: str, currency: str) -> LedgerTotal:
        return self.totals.get((period, currency), NOTHING)

    def fixes(self, currency: str) -> FixTotal:
        return self.fixed.get(currency, FixTotal(0, Decimal(0)))


def books_of(summary: Summary, store: Path) -> Book:
    """The ledger's totals, BilledCost, per posted period and currency; open fixes; causes of findings."""
    return _from_store(store) if store.is_file() else _from_summary(summary)


def _from_store(path: Path) -> Book:
    from reports.questions import Store, finding_groups, fix_totals, ledger_totals, money_text

    with Store(path) as store:
        totals = {
            (str(row["billing_period"]), str(row["currency"])): LedgerTotal(
                money_text(row["total"]), money_text(row["owned"]), money_text(row["unresolved"])
            )
            for row in ledger_totals(store)
        }
        fixed = {
            str(row["currency"]): FixTotal(int(row["fixes"]), money_text(row["billed_recovered"]))
            for row in fix_totals(store)
        }
        return Book(totals, fixed, finding_groups(store, 5))


def _from_summary(summary: Summary) -> Book:
    places = {(row.billing_period, row.currency) for row in summary.closing}
    totals = {place: _total(summary, *place) for place in places}
    # The summary counts fixes over all currencies; a count is shown only where there is one currency.
    alone = len(summary.fixes.recovered) == 1
    fixed = {
        r.currency: FixTotal(summary.fixes.proposed if alone else 0, r.billed_cost)
        for r in summary.fixes.recovered
    }
    return Book(totals, fixed)


def _total(summary: Summary, period: str, currency: str) -> LedgerTotal:
    here = (period, currency)
    whole = exact_sum(r.ledger_billed for r in summary.closing if (r.billing_period, r.currency) == here)
    loose = exact_sum(r.billed_cost for r in summary.unallocated if (r.billing_period, r.currency) == here)
    doubtful = exact_sum(
        row.billed_cost
        for row in summary.verdicts
        if (row.billing_period, row.currency) == here and row.verdict in _OPEN_TO_DOUBT
    )
    return LedgerTotal(whole, exact_sum([whole, -loose]), exact_sum([loose, doubtful]))
