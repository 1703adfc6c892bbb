"""Question: Which bill files could not be read?

Why: The file is truncated, damaged, or not readable for us. What was loaded for its period earlier stays
in force, so the figures may be old.

What to do: Deliver the file again, or mend its permissions.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.deliveries import file_findings

CHECK_ID = "unreadable-file"
SEVERITY = "high"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per unreadable file."""
    return file_findings(ctx, CHECK_ID, SEVERITY, "unreadable", "This bill file can't be read")
