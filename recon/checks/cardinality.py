"""Question: Which registered keys have so many values that they no longer sort anything?

Why: A key with thousands of values was given ids, dates or names. Reports by it are unreadable, and some
providers stop showing a key beyond a limit.

What to do: Give the key a list of values, or move what is unique per resource to a key of its own. Raise
`cardinality_limit` if the number is right.
"""

from __future__ import annotations

import polars as pl

from recon.checks.carriers import used_entries
from recon.checks.context import Context
from recon.checks.found import Found, as_frame

CHECK_ID = "cardinality"
SEVERITY = "medium"

MOST = 1000  # where the key gives no cardinality_limit


def find(ctx: Context) -> pl.DataFrame:
    """One finding per registered key with more distinct values, on bills and on resources, than its limit."""
    values: dict[str, set[str]] = {}
    pairs = used_entries(ctx).select("provider_id", "tag_key", "tag_value").unique()
    for (provider, raw_key), part in pairs.group_by("provider_id", "tag_key"):
        hit = ctx.today.key_of(str(provider), str(raw_key))
        if hit is not None and hit.key in ctx.today.keys:
            meant = _meant(ctx, hit.key, str(provider), part["tag_value"].to_list())
            values.setdefault(hit.key, set()).update(meant)
    return as_frame(
        Found(
            CHECK_ID,
            ctx.severity(key, SEVERITY),
            f"{key} has {len(found)} distinct values, more than {limit}.",
            key=key,
            evidence={"values": len(found), "limit": limit},
        )
        for key, found in sorted(values.items())
        if len(found) > (limit := ctx.today.keys[key].cardinality_limit or MOST)
    )


def _meant(ctx: Context, key: str, provider: str, texts: list[str]) -> set[str]:
    """The distinct values that spellings fold to; one that is not valid counts as its own folded form."""
    fold = ctx.today.keys[key].folding.fold
    raws = [ctx.raw(text) for text in texts]
    hits = [(raw, ctx.today.value_of(key, provider, raw)) for raw in raws if raw.strip()]
    return {fold(raw if hit.value is None else hit.value) for raw, hit in hits}
