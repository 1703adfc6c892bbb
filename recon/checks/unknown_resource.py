"""Question: Which billed resources has no complete inventory ever shown?

Why: The account is listed completely and this resource is not in it. It was created and deleted between
two snapshots, lives in a region or type that the inventory is not allowed to read, or is somebody's
shadow.

What to do: Look for it in the account by its id. If it exists, find out why the dump leaves it out; if it
lived only for hours, name its type as short-lived; decide by its account who pays.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import said, verdict_findings

CHECK_ID = "unknown-resource"
SEVERITY = "high"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `unknown-resource`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    known = f" The catalogue expects {said(defect.expected_value)} for it." if defect.expected_value else ""
    unseen = "and in no snapshot, although its account was listed completely"
    return f"Billed without {defect.key}, {unseen}.{known}"
