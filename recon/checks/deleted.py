"""Question: Which billed resources without the tag are gone by now?

Why: What no longer exists can't be tagged, so this money has to be decided by its account, once.

What to do: Decide by account or name who paid for it, with an allocation rule for the period. Nothing on
the resource can be mended any more.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import said, verdict_findings

CHECK_ID = "deleted"
SEVERITY = "medium"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `deleted`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    known = f" The catalogue expects {said(defect.expected_value)} for it." if defect.expected_value else ""
    return f"Billed without {defect.key}; seen in earlier snapshots, gone from the newest.{known}"
