"""Question: Which bills come without EffectiveCost?

Why: Without it, commitments are not spread over what used them: EffectiveCost is then taken to be
BilledCost, and coverage by cost shows a month's prepayment in one day.

What to do: Export FOCUS with EffectiveCost; for Azure deliver the amortized export beside the actual one; for AWS
include the reservation and Savings Plan columns.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame

CHECK_ID = "no-effective-cost"
SEVERITY = "low"

_SOURCES = """
SELECT f.source, count(DISTINCT f.file_no),
       list_sort(list(DISTINCT b.billing_period) FILTER (b.billing_period IS NOT NULL))
FROM base.source_file f LEFT JOIN base.file_book b USING (file_no)
WHERE f.status = 'loaded' AND NOT f.has_effective AND coalesce(b.counts, 'both') <> 'billed' GROUP BY f.source ORDER BY f.source"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per source with such files."""
    return as_frame(
        Found(
            CHECK_ID,
            SEVERITY,
            "This source's bills carry no EffectiveCost; BilledCost stands in for it.",
            resource_id=source,
            evidence={"files": files, "periods": periods},
        )
        for source, files, periods in ctx.con.execute(_SOURCES).fetchall()
    )
