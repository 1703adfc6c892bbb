"""Question: Which valid values does the catalogue or a binding container contradict?

Why: The tag looks right and names the wrong one: the catalogue, or an account whose own tag is binding,
says that somebody else answers for this. It is paid as billed until someone decides.

What to do: Correct the tag, or correct the catalogue entry. Until then it counts as misallocated.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import said, verdict_findings

CHECK_ID = "wrong-owner"
SEVERITY = "high"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `wrong-owner`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    billed, expected = said(defect.billed_value), said(defect.expected_value)
    return f"The bill says {billed} for {defect.key}, the catalogue or a binding container {expected}."
