"""Which delivered bill files are in a given state, and whose bill is in them?"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame, file_label
from recon.hostile import shown

_FILES = """
SELECT f.source, f.path, f.reason, f.source_rows,
       list_sort(list(DISTINCT b.provider_id) FILTER (b.provider_id IS NOT NULL)) AS providers,
       list_sort(list(DISTINCT b.billing_account_id) FILTER (b.billing_account_id IS NOT NULL)) AS accounts,
       list_sort(list(DISTINCT b.billing_period) FILTER (b.billing_period IS NOT NULL)) AS periods
FROM base.source_file f LEFT JOIN base.file_book b USING (file_no)
WHERE f.status = ? GROUP BY ALL ORDER BY f.source, f.path"""


def file_findings(ctx: Context, check_id: str, severity: str, status: str, says: str) -> pl.DataFrame:
    """One finding per bill file with that status. `says` begins the sentence that ends with the reason."""
    rows = ctx.con.execute(_FILES, [status]).fetchall()
    return as_frame(
        Found(
            check_id,
            severity,
            f"{says}: {shown(reason or 'no reason was recorded', 400)}",
            only(providers),
            only(accounts),
            None,
            file_label(source, path),
            None,
            {"source": source, "rows": lines, "periods": periods},
        )
        for source, path, reason, lines, providers, accounts, periods in rows
    )


def only(values: list[str] | None) -> str | None:
    """The one value, or None where there are several or none."""
    return values[0] if values and len(values) == 1 else None
