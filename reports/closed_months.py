"""Which months are booked, and what has changed since? Closings, and the adjustments posted for closed months."""

from __future__ import annotations

from dataclasses import dataclass

from reports.questions import Row, Store


@dataclass(frozen=True)
class ClosedMonths:
    """`closures` newest first; `adjustments` by posted and origin month, account and reason, largest first; `total`
    of them."""

    closures: list[Row]
    adjustments: list[Row]
    total: int


def closed_months(store: Store, top: int) -> ClosedMonths:
    """What finance has closed or reopened, and what is posted for it elsewhere."""
    closures = store.ask(
        "SELECT * FROM closures ORDER BY billing_period DESC, x_ProviderId, BillingAccountId, BillingCurrency, closed_at LIMIT ?",
        top * 2,
    )
    adjustments = store.ask(
        """
        SELECT billing_period, origin_period, x_ProviderId, BillingAccountId, BillingCurrency, account,
               substr(basis, length('adjustment: ') + 1) AS reason, bool_and(frozen) AS frozen, sum(EffectiveCost) AS effective, sum(BilledCost) AS billed
        FROM ledger WHERE starts_with(basis, 'adjustment: ') GROUP BY ALL
        ORDER BY billing_period DESC, abs(sum(EffectiveCost)) DESC, origin_period, x_ProviderId, BillingAccountId, BillingCurrency, account, reason
        """
    )
    return ClosedMonths(closures, adjustments[:top], len(adjustments))
