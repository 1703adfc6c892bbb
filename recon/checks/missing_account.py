"""Question: Which accounts, subscriptions or projects that were billed a month ago are not in the newest bill
of their billing account at all?

Why: An account that leaves an export without a word is the quietest way to lose money: its cost goes to nobody,
and every share that is computed without it looks better.

What to do: See whether the account was closed or moved to another payer. If not, the export is not whole: deliver the
period again.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame

CHECK_ID = "missing-account"
SEVERITY = "medium"

_FEWEST_DAYS = 5  # a month that has only begun lacks accounts that were used later in the last one
_GONE = """
WITH billed AS (
    SELECT b.provider_id, b.billing_account_id, b.billing_period, d.sub_account_id, b.currency, sum(c.billed) AS billed,
           sum(c.effective) AS effective
    FROM base.charge c JOIN base.book b USING (book_no) JOIN base.charge_dim d USING (dim_no)
    WHERE d.sub_account_id IS NOT NULL AND d.class = 'usage' GROUP BY ALL
), months AS (
    SELECT provider_id, billing_account_id, billing_period,
           lag(billing_period) OVER (PARTITION BY provider_id, billing_account_id ORDER BY billing_period) AS before,
           lead(billing_period) OVER (PARTITION BY provider_id, billing_account_id ORDER BY billing_period) AS after
    FROM (SELECT b.provider_id, b.billing_account_id, b.billing_period FROM base.charge c JOIN base.book b USING (book_no)
          JOIN base.charge_dim d USING (dim_no) WHERE d.class = 'usage' GROUP BY ALL HAVING count(DISTINCT c.day) >= $fewest)
)
SELECT m.provider_id, m.billing_account_id, m.billing_period, m.before, o.sub_account_id, o.currency, o.billed, o.effective
FROM months m JOIN billed o ON o.provider_id = m.provider_id AND o.billing_account_id = m.billing_account_id
 AND o.billing_period = m.before
WHERE m.after IS NULL AND NOT EXISTS (SELECT 1 FROM billed n WHERE n.provider_id = m.provider_id
 AND n.billing_account_id = m.billing_account_id AND n.billing_period = m.billing_period AND n.sub_account_id = o.sub_account_id)
QUALIFY row_number() OVER (PARTITION BY m.provider_id, m.billing_account_id, o.sub_account_id ORDER BY o.billed DESC, o.currency) = 1
ORDER BY ALL"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per account, with what it cost in the month before."""
    return as_frame(
        Found(
            CHECK_ID,
            SEVERITY,
            f"Used in {before}, and without usage in the bill of {period}: closed, moved to another payer, or missing in the export.",
            provider,
            billing_account,
            sub_account_id=account,
            evidence={"billing_period": period, "last_billed": before},
            currency=currency,
            billed_at_stake=billed,
            effective_at_stake=effective,
        )
        for provider, billing_account, period, before, account, currency, billed, effective in ctx.con.execute(
            _GONE, {"fewest": _FEWEST_DAYS}
        ).fetchall()
    )
