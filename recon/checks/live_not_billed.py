"""Question: Which live resources stand on no line of their account's bill?

Why: Either it is free, or the bill is not complete, or it is charged where nobody looks. Others of its
type are billed, so it should be.

What to do: Look for it in the bill by name. If it is stopped or covered by a free tier, there is nothing
to do; else ask for the missing part of the export.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame
from recon.providers import provider, short_lived_types

CHECK_ID = "live-not-billed"
SEVERITY = "low"

# Live now, listed completely, older than the end of the newest ended period of its account, and on none of
# that period's lines, although that bill names resources. Types that no bill line of the provider has ever
# named are left aside: networks, roles and the like are free.
_RESOURCES = """
WITH last_period AS (
    SELECT b.provider_id, d.sub_account_id, max(b.billing_period) AS billing_period,
           arg_max(b.billing_account_id, b.billing_period || b.billing_account_id) AS billing_account_id
    FROM base.charge c JOIN base.charge_dim d USING (dim_no) JOIN base.book b ON b.book_no = c.book_no
    WHERE c.bill_resource_no > 0 AND strptime(b.billing_period, '%Y-%m') + INTERVAL 1 MONTH <= $now
    GROUP BY ALL
), billed AS (
    SELECT DISTINCT m.resource_no, b.billing_period
    FROM base.charge c
    JOIN base.bill_match m USING (bill_resource_no) JOIN base.book b ON b.book_no = c.book_no
), billed_type AS (
    SELECT DISTINCT r.provider_id, r.resource_type FROM billed JOIN base.resource r USING (resource_no)
), newest AS (
    SELECT provider_id, account_id, bool_and(complete) AS complete FROM base.snapshot s
    WHERE observed_at = (SELECT max(observed_at) FROM base.snapshot l
                         WHERE l.provider_id = s.provider_id AND l.account_id = s.account_id)
    GROUP BY ALL
)
SELECT r.provider_id, p.billing_account_id, r.account_id, r.resource_id, lower(r.resource_type) AS kind,
       p.billing_period
FROM base.resource r
JOIN newest n ON n.provider_id = r.provider_id AND n.account_id = r.account_id AND n.complete
JOIN last_period p ON p.provider_id = r.provider_id AND p.sub_account_id = r.account_id
JOIN billed_type t ON t.provider_id = r.provider_id AND t.resource_type = r.resource_type
LEFT JOIN billed b ON b.resource_no = r.resource_no AND b.billing_period = p.billing_period
WHERE b.resource_no IS NULL AND r.deleted_at IS NULL
  AND r.first_seen < strptime(p.billing_period, '%Y-%m') + INTERVAL 1 MONTH
ORDER BY r.provider_id, r.account_id, r.resource_id"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource."""
    rows = ctx.con.execute(_RESOURCES, {"now": ctx.now}).fetchall()
    return as_frame(
        Found(
            CHECK_ID,
            SEVERITY,
            f"Live now and before the end of {period}, and on no line of that period's bill, "
            "though others of its type are billed.",
            provider_id,
            billing_account,
            account,
            resource,
            evidence={"billing_period": period, "resource_type": kind},
        )
        for provider_id, billing_account, account, resource, kind, period in rows
        if not _set_aside(provider_id, kind or "")
    )


def _set_aside(provider_id: str, kind: str) -> bool:
    """Containers are billed through what they hold; short-lived types come and go between snapshots."""
    habits = provider(provider_id)
    containers = {t.lower() for t in (*habits.account_types, *habits.container_types)}
    return kind in containers or any(fnmatchcase(kind, pattern) for pattern in short_lived_types())
