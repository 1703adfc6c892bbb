"""Question: Which exemptions of the registry have passed their last day?

Why: What was exempt is now judged like anything else. The line in the registry says otherwise to whoever
reads it.

What to do: Remove the exemption, or give it a new last day and a reason that still holds.
"""

from __future__ import annotations

import json

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame
from recon.hostile import shown
from recon.registry import Exemption

CHECK_ID = "exemption-expired"
SEVERITY = "low"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per key and scope whose exemption has ended and that no other exemption goes on with."""
    today = ctx.now.date()
    still = {(e.key, _place(e)) for e in ctx.registry.exemptions if e.until is None or e.until >= today}
    ended = {
        (e.key, _place(e)): e
        for e in ctx.registry.exemptions
        if e.until is not None and (e.key, _place(e)) not in still
    }
    return as_frame(
        Found(
            CHECK_ID,
            SEVERITY,
            f"The exemption from {key} for {place or 'everything'} ended on {exemption.until} "
            f"({shown(exemption.reason)}).",
            resource_id=place or None,
            key=key,
            evidence={"until": str(exemption.until), "reason": exemption.reason},
        )
        for (key, place), exemption in sorted(ended.items())
    )


def _place(exemption: Exemption) -> str:
    """The scope as written: its parts, in their order; empty means everywhere."""
    parts = exemption.scope.model_dump(exclude_defaults=True)
    return json.dumps(parts, ensure_ascii=False, default=list) if parts else ""
