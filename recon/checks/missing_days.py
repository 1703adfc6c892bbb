"""Question: On which days between the first and the last of a period does a billing account show no usage
at all?

Why: Clouds bill something every day. A day without a single usage line usually means that a part of the
export is missing, and the month is too cheap.

What to do: Deliver the period again, whole. If the account really slept, there is nothing to do.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context, day_text
from recon.checks.found import Found, as_frame

CHECK_ID = "missing-days"
SEVERITY = "medium"

_FEWEST_DAYS = 5  # an account with less than this many days in a period is used now and then
_DAYS = """
SELECT b.provider_id, b.billing_account_id, b.billing_period, list_sort(list(DISTINCT c.day)) AS days
FROM base.charge c JOIN base.book b USING (book_no) JOIN base.charge_dim d USING (dim_no)
WHERE d.class = 'usage' GROUP BY ALL HAVING count(DISTINCT c.day) >= $fewest ORDER BY ALL"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per billing account, with the missing days of each of its periods."""
    missing: dict[tuple[str, str], dict[str, list[str]]] = {}
    for provider, account, period, days in ctx.con.execute(_DAYS, {"fewest": _FEWEST_DAYS}).fetchall():
        holes = sorted({*range(days[0], days[-1])} - {*days})
        if holes:
            missing.setdefault((provider, account), {})[period] = [day_text(day) for day in holes]
    return as_frame(_found(provider, account, periods) for (provider, account), periods in missing.items())


def _found(provider: str, account: str, periods: dict[str, list[str]]) -> Found:
    days = [day for found in periods.values() for day in found]
    named = ", ".join(days[:5]) + (f" and {len(days) - 5} more" if len(days) > 5 else "")
    reason = (
        f"No usage on {named}, between days of the same period that have some: the export may be incomplete."
    )
    return Found(CHECK_ID, SEVERITY, reason, provider, account, evidence={"days": periods})
