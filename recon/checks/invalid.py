"""Question: Which billed values does the registry not allow?

Why: A typo or a retired value is money under a name that no owner answers to. Typos are never folded
silently: they are shown with the value that was most likely meant.

What to do: Correct the value on the resource, or add it to the registry if it is right. A retired value
needs the one that took its place.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import said, verdict_findings

CHECK_ID = "invalid"
SEVERITY = "high"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `invalid`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    value = said(next(iter(defect.billed_raw.values()), defect.billed_value))
    if defect.refusal == "retired":
        return f"The bill says {value} for {defect.key}, which the registry has retired."
    meant = f" Did you mean {said(defect.nearest)}?" if defect.nearest else " No valid value is near."
    return f"The bill says {value} for {defect.key}, which is no valid value on that day.{meant}"
