"""What does each tagset say for the keys of the registry, under the rules of one day?

Rules run on distinct raw keys and values. A value that is published masked keeps its mask as its text, so that
nothing sensitive leaves this module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from recon.registry import Rules, is_blank

LABELS = {
    "provider_id": pl.String, "tagset_no": pl.Int32, "key": pl.String, "value": pl.String, "valid": pl.Boolean,
}  # fmt: skip


class _Hit(NamedTuple):
    provider_id: str
    tag_key: str
    tag_value: str
    key: str
    value: str
    valid: bool


def read_labels(entries: pl.DataFrame, rules: Rules, raw: Callable[[str], str]) -> pl.DataFrame:
    """`entries` (provider_id, tagset_no, tag_key, tag_value as published) → columns of LABELS, one row per provider ×
    tagset × key that is there with a value that is not blank.

    `value`: folded; `valid`: in the registry on that day, and no other spelling of the key contradicts it.
    """
    distinct = entries.select("provider_id", "tag_key", "tag_value").unique()
    known = {
        (provider, raw_key): hit.key
        for provider, raw_key in distinct.select("provider_id", "tag_key").unique().iter_rows()
        if (hit := rules.key_of(provider, raw_key)) is not None and hit.key in rules.keys
    }
    hits = [
        _read(rules, provider, raw_key, known[provider, raw_key], text, raw(text))
        for provider, raw_key, text in distinct.iter_rows()
        if (provider, raw_key) in known and not is_blank(raw(text))
    ]
    kinds = dict(zip(_Hit._fields, (*[pl.String] * 5, pl.Boolean), strict=True))
    read = pl.DataFrame(hits, schema=kinds, orient="row")
    return (
        entries.join(read, on=["provider_id", "tag_key", "tag_value"])
        .group_by("provider_id", "tagset_no", "key")
        .agg(
            pl.col("value").min(), (pl.col("valid").all() & (pl.col("value").n_unique() == 1)).alias("valid")
        )
        .select(list(LABELS))
        .sort("provider_id", "tagset_no", "key")
    )


def _read(rules: Rules, provider: str, raw_key: str, key: str, text: str, exact: str) -> _Hit:
    hit = rules.value_of(key, provider, exact)
    value = hit.value if hit.value is not None else rules.registry.keys[key].folding.tidy(exact)
    return _Hit(provider, raw_key, text, key, text if exact != text else value, hit.valid)
