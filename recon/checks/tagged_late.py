"""Question: Which charges were made before their resource got its tag?

Why: Providers don't go back: the days before the tag was set stay untagged on the bill for good.

What to do: Nothing on the resource. tagrecon allocates the earlier days to the later owner; take over the
same in the provider's own tools if they matter to you, and ask why tagging follows creation.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import said, verdict_findings

CHECK_ID = "tagged-late"
SEVERITY = "medium"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `tagged-late`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    return f"{defect.key} was set to {said(defect.live_value)} only after these days; later days carry it."
