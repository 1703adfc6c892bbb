"""Question: Which tags were set so recently that the bill may still follow?

Why: Providers take up to two days to bring a new tag to the bill. This is usually no defect yet.

What to do: Wait. If it stays, it becomes `not-billed` or `not-activated`.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import said, verdict_findings

CHECK_ID = "lagging"
SEVERITY = "low"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `lagging`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    live = said(defect.live_value)
    return f"The resource carries {live} for {defect.key} since a short while; the bill may still follow."
