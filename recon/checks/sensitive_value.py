"""Question: Which tags hold a secret or personal data under a key that is not declared for it?

Why: Tags are readable by everyone with read access, are copied into bills and exports, and can't be
recalled. A password or an e-mail address in one is a leak.

What to do: Take the secret out of the tag and change it: treat it as known to others. Personal data
belongs under a key that the registry declares personal, or nowhere. tagrecon never prints the value; a
masked stand-in marks equal ones.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from recon.checks.carriers import MARKED, carriers, key_name, used_entries
from recon.checks.context import Context
from recon.checks.found import Found, as_frame
from recon.hostile import MASK, looks_personal, looks_secret, shown

CHECK_ID = "sensitive-value"
SEVERITY = "high"
# Longer texts are searched only so far: a pattern must not chew on megabytes that someone put into a tag.
_SEARCHED = 2_000
_KINDS = {"secret": "a secret", "personal": "personal data"}


def find(ctx: Context) -> pl.DataFrame:
    """One finding per resource and key whose value matches a secret or a personal pattern."""
    marked = _sensitive(ctx)
    rows = [
        _found(kind, row)
        for kind in _KINDS
        for row in carriers(ctx, marked.filter(pl.col("kind") == kind)).iter_rows(named=True)
    ]
    # one thing is one finding: a key that holds a secret here and an address there counts as the worse
    return as_frame({found.finding_id: found for found in reversed(rows)}.values())


def _found(kind: str, row: dict[str, Any]) -> Found:
    where = "on the resource" if row["live"] else "on the bill"
    return Found(
        CHECK_ID,
        "high" if kind == "secret" else "medium",
        f"The value of {shown(row['key'], 80)} {where} looks like {_KINDS[kind]}; "
        "the registry does not declare the key sensitive.",
        row["provider_id"],
        row["billing_account_id"],
        row["sub_account_id"],
        row["resource_id"],
        row["key"],
        {"kind": kind, "live": row["live"], "periods": row["periods"]},
        open=row["open"],
    )


def _sensitive(ctx: Context) -> pl.DataFrame:
    """Tagset entries that match, with their kind. Values are looked at once each."""
    entries = used_entries(ctx)
    kinds = {text: kind for text in entries["tag_value"].unique().to_list() if (kind := _kind(text))}
    suspect = entries.filter(pl.col("tag_value").is_in(list(kinds)))
    rows = []
    for provider, raw_key, value, tagset_no in suspect.sort(suspect.columns).iter_rows():
        key = key_name(ctx, provider, raw_key)
        declared = ctx.registry.keys.get(key)
        if declared is None or declared.sensitivity not in ("personal", "secret"):
            rows.append((provider, tagset_no, key, kinds[value]))
    return pl.DataFrame(rows, schema={**MARKED, "kind": pl.String}, orient="row")


def _kind(value: str) -> str | None:
    """A value that is masked though its key is not declared was masked because it matched as a secret."""
    searched = value[:_SEARCHED]
    if MASK.fullmatch(value) or looks_secret(searched):
        return "secret"
    return "personal" if looks_personal(searched) else None
