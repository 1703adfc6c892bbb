"""Question: Which billed resources lack a required tag, wherever one looks?

Why: Nobody can be asked about this money. The key is required here, the resource can carry it, and
neither the bill, nor the resource itself, nor a container that could pass its value on, says anything.

What to do: Set the key on the resource, or on the account or resource group that it stands in, if the
registry lets the key be inherited. Where the account is exempt on purpose, say so in the registry with a
last day.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.defects import Defect
from recon.checks.judged import said, verdict_findings

CHECK_ID = "untagged"
SEVERITY = "high"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key with the verdict `untagged`."""
    return verdict_findings(ctx, CHECK_ID, SEVERITY, _reason)


def _reason(defect: Defect) -> str:
    if defect.resource_id is None:
        where = "These bill lines name no resource, and carry no"
        return f"{where} {defect.key}: they can only be told by an allocation rule."
    looked = "" if defect.live_known else " Its live tags were not read, so it may carry the tag unseen."
    known = f" The catalogue expects {said(defect.expected_value)}." if defect.expected_value else ""
    absent = "is required here and absent on the bill, on the resource and on what contains it"
    return f"{defect.key} {absent}.{known}{looked}"
