"""Question: Which keys do resources carry that were never activated for billing?

Why: The work is done and does not show: live resources carry the key, and no line of the billing
account's whole period does. One step in the billing account mends all of them.

What to do: Activate the key as a cost allocation tag in the billing account, then ask for a backfill of
the earlier months where the provider offers one.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import verdict_findings
from recon.hostile import shown

CHECK_ID = "not-activated"
SEVERITY = "high"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `not-activated`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    keys = ", ".join(sorted(defect.live_raw)) or defect.key
    count = f"{defect.resources} resource" + ("" if defect.resources == 1 else "s")
    return (
        f"{defect.key} (as {shown(keys)}) is set on {count} of billing account {defect.billing_account_id}, "
        "and on no line of its bill: the key is not activated for billing."
    )
