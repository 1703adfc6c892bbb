"""Question: Which live tags does the bill not show, for no reason that can be proved?

Why: The resource carries the tag, the key reaches this bill for others, the grace time is over. Some
services do not pass tags on, and some exports leave columns out.

What to do: Wait a night. If it stays, look whether the service passes tags to the bill; if it can't, name
it in the taggability list, else ask the provider.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import said, spelled, verdict_findings

CHECK_ID = "not-billed"
SEVERITY = "medium"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `not-billed`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    carried = spelled(defect.live_raw) if defect.live_raw else said(defect.live_value)
    return f"The resource carries {carried}, the bill line nothing for {defect.key}; no reason can be proved."
