"""Question: Where do two records of one tag contradict each other?

Why: The bill says one value and the resource another, or one resource carries two spellings of a key with
two values. One of them is wrong, and the owner who is charged may be the wrong one.

What to do: Ask both owners which is right. If the resource was handed over, the bill follows by itself.
If there are two spellings, keep the canonical one.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import said, spelled, verdict_findings

CHECK_ID = "conflict"
SEVERITY = "high"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `conflict`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    if len(set(defect.billed_raw.values())) > 1:
        both = spelled(defect.billed_raw)
        return f"The bill line carries {defect.key} in two spellings with two values: {both}."
    billed, live = said(defect.billed_value), said(defect.live_value)
    return f"The bill says {billed} for {defect.key}, the resource itself {live}."
