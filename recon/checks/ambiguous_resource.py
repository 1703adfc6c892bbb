"""Question: Which billed ids could mean several live resources?

Why: Bills write some resources by a name or a short id that occurs more than once in the account. Which one it is
decides whose tags count, so it is never guessed: the charge is judged by what stands on the bill alone.

What to do: See which of the resources named was billed. If one of them is gone for good, or listed by two inventories
under two ids, let one source list it; else allocate the id by a rule.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame
from recon.hostile import shown

CHECK_ID = "ambiguous-resource"
SEVERITY = "medium"

# In its newest period, where it cost most; the money of one currency.
_AMBIGUOUS = """
WITH billed AS (
    SELECT a.bill_resource_no, a.found, a.resources, r.provider_id, r.resource_id, b.billing_account_id, b.billing_period,
           d.sub_account_id, b.currency, sum(c.billed) AS billed, sum(c.effective) AS effective
    FROM base.ambiguous_match a JOIN base.bill_resource r USING (bill_resource_no) JOIN base.charge c USING (bill_resource_no)
    JOIN base.book b ON b.book_no = c.book_no JOIN base.charge_dim d USING (dim_no) GROUP BY ALL
)
SELECT b.provider_id, b.billing_account_id, b.sub_account_id, b.resource_id, b.found, b.currency, b.billed, b.effective,
       (SELECT list(l.resource_id ORDER BY l.resource_id) FROM base.resource l WHERE list_contains(b.resources, l.resource_no)) AS named
FROM billed b
QUALIFY row_number() OVER (PARTITION BY b.bill_resource_no
    ORDER BY b.billing_period DESC, b.effective DESC, b.billing_account_id, b.sub_account_id, b.currency) = 1
ORDER BY b.provider_id, b.resource_id"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per billed id, with what it cost in its newest period."""
    return as_frame(
        Found(
            CHECK_ID,
            SEVERITY,
            f"Could mean any of {found} live resources: {', '.join(shown(name, 200) for name in named[:3])}"
            f"{' …' if found > 3 else ''}. None was taken.",
            provider,
            payer,
            sub_account_id=account,
            resource_id=resource,
            evidence={"candidates": named},
            currency=currency,
            billed_at_stake=billed,
            effective_at_stake=effective,
        )
        for provider, payer, account, resource, found, currency, billed, effective, named in ctx.con.execute(
            _AMBIGUOUS
        ).fetchall()
    )
