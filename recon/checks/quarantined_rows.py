"""Question: Which bill lines were set aside because they can't be read?

Why: A line with a bad number, date or tag text is never guessed. Its money stands outside of every
statement until the export is mended.

What to do: Look at the lines (view `quarantine`: file, line, column, text), mend the export, and let it
be delivered again.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.deliveries import only
from recon.checks.found import Found, as_frame, file_label
from recon.hostile import shown

CHECK_ID = "quarantined-rows"
SEVERITY = "high"

# Money per currency where the line's cost could be read; the currency with most of it is the finding's.
_ROWS = """
SELECT f.source, f.path, coalesce(q.column_name, 'the line') AS column_name, count(*) AS rows,
       min(q.row_number) AS first_row, list_sort(list(DISTINCT q.reason))[:3] AS reasons,
       list_sort(list(DISTINCT q.provider_id) FILTER (q.provider_id IS NOT NULL)) AS providers,
       list_sort(list(DISTINCT q.billing_account_id) FILTER (q.billing_account_id IS NOT NULL)) AS accounts,
       list_sort(list(DISTINCT q.billing_period) FILTER (q.billing_period IS NOT NULL)) AS periods
FROM base.quarantine q JOIN base.source_file f USING (file_no)
WHERE f.status = 'loaded' GROUP BY ALL ORDER BY ALL"""
_MONEY = """
SELECT f.source, f.path, coalesce(q.column_name, 'the line'), q.currency, sum(q.billed), sum(q.effective)
FROM base.quarantine q JOIN base.source_file f USING (file_no)
WHERE f.status = 'loaded' AND q.currency IS NOT NULL
GROUP BY ALL HAVING count(q.billed) > 0 ORDER BY f.source, f.path, 3, abs(sum(q.billed)) DESC, q.currency"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per file and column."""
    money: dict[tuple[str, str, str], tuple[str, object, object]] = {}
    for *place, currency, billed, effective in ctx.con.execute(_MONEY).fetchall():
        money.setdefault((place[0], place[1], place[2]), (currency, billed, effective))
    found = []
    for source, path, column, rows, first, reasons, providers, accounts, periods in ctx.con.execute(
        _ROWS
    ).fetchall():
        currency, billed, effective = money.get((source, path, column), (None, None, None))
        found.append(
            Found(
                CHECK_ID,
                SEVERITY,
                f"{rows} line{'s' if rows > 1 else ''} set aside, the first at row {first}: "
                f"{shown(column, 80)} {'; '.join(shown(r, 120) for r in reasons)}.",
                only(providers),
                only(accounts),
                None,
                file_label(source, path),
                column,
                {"source": source, "rows": rows, "first_row": first, "reasons": reasons, "periods": periods},
                None,
                currency,
                billed,  # type: ignore[arg-type]
                effective,  # type: ignore[arg-type]
            )
        )
    return as_frame(found)
