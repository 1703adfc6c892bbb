"""Question: Which bill files could not be used at all?

Why: The file lacks what identifies money, or is not what it claims to be. What was loaded for its period
earlier stays in force, so the figures may be old.

What to do: Read the reason, mend the export or give the source `defaults:`, and let it be delivered
again.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.deliveries import file_findings

CHECK_ID = "refused-file"
SEVERITY = "high"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per refused file."""
    return file_findings(ctx, CHECK_ID, SEVERITY, "refused", "This bill file was refused")
