"""Question: Which charges have a category that FOCUS does not know?

Why: They are never dropped: they count as adjustments, in every total. What they are, nobody has said.

What to do: Ask the provider what it is, or mend the export. If it is usage under another name, the money
is not allocated by tags until the export says so.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame
from recon.hostile import shown

CHECK_ID = "unknown-charge-category"
SEVERITY = "medium"

_KNOWN = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
_CHARGES = f"""
WITH unknown AS (
    SELECT b.provider_id, b.billing_account_id, coalesce(d.charge_category, '(none)') AS category,
           b.billing_period, b.currency, sum(c.lines)::BIGINT AS lines,
           sum(c.billed) AS billed, sum(c.effective) AS effective
    FROM base.charge c JOIN base.charge_dim d USING (dim_no) JOIN base.book b ON b.book_no = c.book_no
    WHERE coalesce(d.charge_category NOT IN {_KNOWN}, true) GROUP BY ALL
)
SELECT *, list(DISTINCT billing_period) OVER (
    PARTITION BY provider_id, billing_account_id, category) AS periods
FROM unknown
QUALIFY row_number() OVER (PARTITION BY provider_id, billing_account_id, category
                           ORDER BY billing_period DESC, abs(effective) DESC, currency) = 1
ORDER BY provider_id, billing_account_id, category"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per billing account and category; `key` is the category."""
    rows = ctx.con.execute(_CHARGES).fetchall()
    return as_frame(
        Found(
            CHECK_ID,
            SEVERITY,
            f"The bill has charges of category {shown(category, 80)}, which FOCUS does not know; "
            "they count as adjustments.",
            provider,
            account,
            key=category,
            evidence={"lines": lines, "billing_period": period, "periods": sorted(periods)},
            currency=currency,
            billed_at_stake=billed,
            effective_at_stake=effective,
            open=ctx.newest_periods.get((provider, account)) == period,
        )
        for provider, account, category, period, currency, lines, billed, effective, periods in rows
    )
