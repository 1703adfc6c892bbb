"""Question: Which bills carry no resource ids?

Why: Their lines are judged by their own tags alone: nobody can say which resource to tag, and live tags
don't help. This is a limitation of the export, no defect of the estate.

What to do: Where the provider offers an export with resources (Google Cloud's detailed export, AWS with
RESOURCES), deliver that one.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame

CHECK_ID = "no-resource-level"
SEVERITY = "low"

_ACCOUNTS = """
SELECT provider_id, billing_account_id, list_sort(list(DISTINCT billing_period)) AS periods FROM (
    SELECT b.provider_id, b.billing_account_id, b.billing_period
    FROM base.charge c JOIN base.book b USING (book_no)
    GROUP BY ALL HAVING max(c.bill_resource_no) = 0)
GROUP BY ALL ORDER BY ALL"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per billing account with periods in which no line names a resource."""
    return as_frame(
        Found(
            CHECK_ID,
            SEVERITY,
            "This bill names no resources: its lines are judged by their own tags alone.",
            provider,
            account,
            evidence={"periods": periods},
            open=ctx.newest_periods.get((provider, account)) in periods,
        )
        for provider, account, periods in ctx.con.execute(_ACCOUNTS).fetchall()
    )
