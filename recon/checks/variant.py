"""Question: Which tags mean the right thing and are written otherwise?

Why: tagrecon folds the spelling and allocates correctly; the provider's own cost tools do not, so this
money is split over several spellings there.

What to do: Write key and value in the canonical form. The fix plan proposes it.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import said, spelled, verdict_findings

CHECK_ID = "variant"
SEVERITY = "medium"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `variant`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    meant = f"{defect.key} {said(defect.billed_value)}"
    return f"Written as {spelled(defect.billed_raw)}; it means {meant}, which the registry writes otherwise."
