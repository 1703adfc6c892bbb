"""Question: Which billing periods are not loaded because two deliveries cover the same money?

Why: Counting a bill twice is worse than counting it late. Where files repeat each other, or two sources
cover one period, tagrecon stops for that period and asks.

What to do: Say in the source which files count: `files: parts`, `files: newest`, `files: {prefer:
'glob'}`, or rank the sources.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame, file_label
from recon.hostile import shown

CHECK_ID = "held-period"
SEVERITY = "high"

_HELD = """
SELECT f.source, f.path, f.reason, b.provider_id, b.billing_account_id, b.billing_period
FROM base.source_file f LEFT JOIN (
    SELECT DISTINCT file_no, provider_id, billing_account_id, billing_period FROM base.file_book) b
ON b.file_no = f.file_no
AND contains(f.reason, b.billing_period || '/' || b.provider_id || '/' || b.billing_account_id)
WHERE f.status = 'held' ORDER BY ALL"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per billing account with held periods."""
    accounts: dict[tuple[str | None, str | None], list[tuple[str, str, str | None]]] = {}
    for source, path, reason, provider, account, period in ctx.con.execute(_HELD).fetchall():
        accounts.setdefault((provider, account), []).append((file_label(source, path), reason or "", period))
    return as_frame(_found(provider, account, files) for (provider, account), files in accounts.items())


def _found(provider: str | None, account: str | None, files: list[tuple[str, str, str | None]]) -> Found:
    periods = sorted({period for _, _, period in files if period})
    return Found(
        CHECK_ID,
        SEVERITY,
        f"Held: {shown(files[0][1], 600)}",
        provider,
        account,
        evidence={"periods": periods, "files": sorted({label for label, _, _ in files})},
    )
