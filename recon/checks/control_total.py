"""Question: Which bills don't sum to what the provider's invoice, or its own interface, says?

Why: The books close on what was delivered. If the delivery itself is short of the invoice, money is missing before the
first rule has looked at it.

What to do: Compare by account and service: credits, tax, support and marketplace are the usual differences. Deliver the
period again if the export was cut; otherwise the difference is the provider's to explain.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame
from recon.money import plain

CHECK_ID = "control-total"
SEVERITY = "high"

# What an interface says of a month that still runs differs by its timing. What is below half a hundredth is the invoice's own rounding.
_OFF = """
SELECT t.provider_id, t.billing_account_id, t.billing_period, t.currency, min_by(t.total, t.rank) AS total,
       min_by(t.said_by, t.rank) AS said_by, coalesce(max(s.billed), 0) AS billed
FROM (SELECT * FROM base.control WHERE source = 'invoice' OR billing_period < strftime($now::TIMESTAMP, '%Y-%m')) t LEFT JOIN (
    SELECT billing_period, provider_id, billing_account_id, currency, sum(CASE WHEN counts = 'effective' THEN 0 ELSE billed END) AS billed
    FROM base.file_book WHERE in_force GROUP BY ALL) s USING (billing_period, provider_id, billing_account_id, currency)
GROUP BY t.provider_id, t.billing_account_id, t.billing_period, t.currency
HAVING abs(min_by(t.total, t.rank) - coalesce(max(s.billed), 0)) >= 0.005 ORDER BY ALL"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per period and billing account, with the difference as its money."""
    return as_frame(
        Found(
            CHECK_ID,
            SEVERITY,
            f"The bill of {period} sums to {plain(billed)} {currency}, but {said_by} says {plain(total)}.",
            provider,
            account,
            key=f"{period} {currency}",
            evidence={"billing_period": period, "control_total": plain(total), "said_by": said_by},
            currency=currency,
            billed_at_stake=total - billed,
        )
        for provider, account, period, currency, total, said_by, billed in ctx.con.execute(
            _OFF, {"now": ctx.now}
        ).fetchall()
    )
