"""Which resources and bill lines carry a marked tag?

A check marks entries of tagsets (a blank, a secret); this answers where they stand: live now, and on
which bill lines. One row per provider × sub account × resource × key, however often the tag occurs.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.frames import frame
from recon.registry.providers import spelling_of

MARKED = {"provider_id": pl.String, "tagset_no": pl.Int32, "key": pl.String}

_USED = """
SELECT DISTINCT u.provider_id, e.tag_key, e.tag_value, e.tagset_no FROM base.tagset_entry e JOIN (
    SELECT DISTINCT b.provider_id, c.tagset_no FROM base.charge c JOIN base.book b USING (book_no)
    UNION
    SELECT DISTINCT b.provider_id, d.inherited_tagset_no
    FROM base.charge_dim d JOIN base.book b USING (book_no)
    UNION
    SELECT DISTINCT r.provider_id, s.tagset_no
    FROM base.resource_state s JOIN base.resource r USING (resource_no)
    WHERE s.valid_to IS NULL) u USING (tagset_no)"""

_CARRIERS = """
WITH billed AS (
    SELECT k.key, b.provider_id, b.billing_account_id, b.billing_period, d.sub_account_id, c.bill_resource_no
    FROM base.charge c JOIN base.charge_dim d USING (dim_no) JOIN base.book b ON b.book_no = c.book_no
    JOIN marked k ON k.provider_id = b.provider_id AND k.tagset_no = c.tagset_no
    UNION
    SELECT k.key, b.provider_id, b.billing_account_id, b.billing_period, d.sub_account_id, c.bill_resource_no
    FROM base.charge c JOIN base.charge_dim d USING (dim_no) JOIN base.book b ON b.book_no = c.book_no
    JOIN marked k ON k.provider_id = b.provider_id AND k.tagset_no = d.inherited_tagset_no
), every AS (
    SELECT b.key, b.provider_id, b.billing_account_id, b.billing_period, b.sub_account_id,
           coalesce(r.resource_id, br.resource_id) AS resource_id, m.resource_no, false AS live
    FROM billed b LEFT JOIN base.bill_resource br ON br.bill_resource_no = b.bill_resource_no
    LEFT JOIN base.bill_match m ON m.bill_resource_no = b.bill_resource_no
    LEFT JOIN base.resource r ON r.resource_no = m.resource_no
    UNION ALL
    SELECT k.key, r.provider_id, NULL, NULL, r.account_id, r.resource_id, r.resource_no, true
    FROM base.resource_state s JOIN base.resource r USING (resource_no)
    JOIN marked k ON k.provider_id = r.provider_id AND k.tagset_no = s.tagset_no
    WHERE s.valid_to IS NULL AND r.deleted_at IS NULL
)
SELECT provider_id, sub_account_id, resource_id, key, bool_or(live) AS live,
       max(billing_period) AS billing_period,
       arg_max(billing_account_id, concat(billing_period, billing_account_id))
           FILTER (billing_period IS NOT NULL) AS billing_account_id,
       list_sort(list(DISTINCT billing_period) FILTER (billing_period IS NOT NULL)) AS periods
FROM every GROUP BY ALL ORDER BY ALL"""


def used_entries(ctx: Context) -> pl.DataFrame:
    """provider_id, tag_key, tag_value (as published), tagset_no: every tag on a bill or on a resource now."""
    return frame(ctx.con, _USED)


def carriers(ctx: Context, marked: pl.DataFrame) -> pl.DataFrame:
    """`marked` (columns of MARKED) → provider_id, sub_account_id, resource_id, key, live (carried now),
    billing_account_id, billing_period (newest bill that shows it; null: none), periods, open (live, or on the
    newest bill of the account)."""
    ctx.con.register("marked", marked.select(*MARKED).unique().to_arrow())
    found = frame(ctx.con, _CARRIERS)
    ctx.con.unregister("marked")
    bills = found.select("provider_id", "billing_account_id", "billing_period")
    newest = [
        ctx.newest_periods.get((provider, account)) == period
        for provider, account, period in bills.iter_rows()
    ]
    on_newest = pl.Series(newest, dtype=pl.Boolean) & found["billing_period"].is_not_null()
    return found.with_columns((found["live"] | on_newest).alias("open"))


def key_name(ctx: Context, provider_id: str, raw_key: str) -> str:
    """The registry's key that a raw one means today; else the raw key without an export's prefix."""
    hit = ctx.today.key_of(provider_id, raw_key)
    if hit is not None:
        return hit.key
    prefixes = (p.text for p in spelling_of(provider_id).prefixes if p.text and not p.generated)
    return next((raw_key.removeprefix(p) for p in prefixes if raw_key.startswith(p)), raw_key)
