"""Question: Which resources and bill lines carry a registered key with nothing in it?

Why: A blank value counts as absent, yet tools that only ask whether the key is there call the resource
tagged.

What to do: Give the key a value, or remove the empty tag. Look for the template or pipeline that sets it
without one.
"""

from __future__ import annotations

import polars as pl

from recon.checks.carriers import MARKED, carriers, used_entries
from recon.checks.context import Context
from recon.checks.found import Found, as_frame
from recon.registry import is_blank

CHECK_ID = "empty-value"
SEVERITY = "low"


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and registered key whose only spellings are blank."""
    return as_frame(
        Found(
            CHECK_ID,
            ctx.severity(row["key"], SEVERITY),
            f"{row['key']} is blank{_where(row['live'], row['periods'])}; a blank value counts as absent.",
            row["provider_id"],
            row["billing_account_id"],
            row["sub_account_id"],
            row["resource_id"],
            row["key"],
            {"live": row["live"], "periods": row["periods"]},
            open=row["open"],
        )
        for row in carriers(ctx, _blank(ctx)).iter_rows(named=True)
    )


def _where(live: bool, periods: list[str] | None) -> str:
    places = [*(["on the resource"] if live else []), *(["on the bill"] if periods else [])]
    return " " + " and ".join(places) if places else ""


def _blank(ctx: Context) -> pl.DataFrame:
    """Tagsets in which a registered key occurs and no spelling of it has a value."""
    entries = used_entries(ctx)
    pairs = entries.select("provider_id", "tag_key").unique()
    hits = [ctx.today.key_of(provider, raw_key) for provider, raw_key in pairs.iter_rows()]
    keys = pl.Series(
        "key", [hit.key if hit and hit.key in ctx.today.keys else None for hit in hits], pl.String
    )
    named = entries.join(pairs.with_columns(keys).drop_nulls("key"), on=["provider_id", "tag_key"])
    texts = named["tag_value"].unique().to_list()
    blank = [text for text in texts if is_blank(ctx.raw(text))]
    return (
        named.group_by("provider_id", "tagset_no", "key")
        .agg(pl.col("tag_value").is_in(blank).all().alias("blank"))
        .filter("blank")
        .select(pl.col(name).cast(kind) for name, kind in MARKED.items())
    )
