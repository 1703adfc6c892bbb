"""Question: Which inventory dumps could not be used, or only in part?

Why: What a dump leaves out looks unknown, deleted or untagged although it is not.

What to do: Read the reason, mend the dump's job, and let it run again.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame, file_label
from recon.hostile import shown

CHECK_ID = "inventory-problem"
SEVERITY = "medium"

_FILES = """
SELECT source, path, status, reason, rows FROM base.inventory_file
WHERE status = 'refused' OR reason IS NOT NULL ORDER BY ALL"""
_SAYS = {"refused": "Refused"}


def find(ctx: Context) -> pl.DataFrame:
    """One finding per dump that was refused, or of which rows were left out."""
    return as_frame(
        Found(
            CHECK_ID,
            SEVERITY if status == "refused" else "low",
            f"{_SAYS.get(status, 'Read in part')}: {shown(reason or 'no reason given', 400)}",
            resource_id=file_label(source, path),
            evidence={"source": source, "rows": rows, "status": status},
        )
        for source, path, status, reason, rows in ctx.con.execute(_FILES).fetchall()
    )
