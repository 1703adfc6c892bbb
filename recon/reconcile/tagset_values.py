"""What do the distinct tagsets of a provider say for each key of the registry, in one epoch?

Rules run here, on distinct raw keys and values, never on charges. Values become numbers: two spellings of
one value have one number, so that everything after this compares integers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from recon.registry import Rules, is_blank
from recon.store.masking import Masker

SCHEMA = {
    "tagset_no": pl.Int32,
    "value_no": pl.Int32,
    "valid": pl.Boolean,
    "canonical": pl.Boolean,
    "clash": pl.Boolean,
    "raw_key": pl.String,
    "raw_value": pl.String,
    "reason": pl.String,
}


@dataclass
class ValueNumbers:
    """Value text ↔ number, over all keys and runs."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers) + 1)


@dataclass(frozen=True)
class Resolved:
    """`by_key`: key → frame of SCHEMA, one row per tagset that carries the key with a value that is not
    blank. `blanks`: (tagset_no, key, raw_key) of keys that are there with a blank value."""

    by_key: dict[str, pl.DataFrame]
    blanks: pl.DataFrame


def resolve_tagsets(
    entries: pl.DataFrame, provider_id: str, rules: Rules, numbers: ValueNumbers, masker: Masker
) -> Resolved:
    """`entries` (tagset_no, tag_key, tag_value as published) → what each tagset says per key.

    `masker` gives the byte-exact value behind a mask, and masks what is derived from it. Where several raw keys mean one key, the canonical
    spelling gives the value; different values are a `clash`.
    """
    hits = _key_hits(entries, provider_id, rules)
    if hits.is_empty():
        return Resolved(
            {}, pl.DataFrame(schema={"tagset_no": pl.Int32, "key": pl.String, "raw_key": pl.String})
        )
    named = entries.join(hits, on="tag_key")
    values = _value_hits(named, provider_id, rules, numbers, masker)
    joined = named.join(values, on=["key", "tag_value"])
    blanks = (
        joined.filter(pl.col("blank"))
        .select("tagset_no", "key", raw_key="tag_key")
        .sort("tagset_no", "key", "raw_key")
    )
    found = (
        joined.filter(~pl.col("blank"))
        .sort("tagset_no", "key", ~pl.col("key_canonical"), "tag_key")
        .group_by("tagset_no", "key", maintain_order=True)
        .agg(
            pl.col("value_no").first(),
            pl.col("valid").first(),
            (pl.col("key_canonical").first() & pl.col("value_canonical").first() & (pl.len() == 1)).alias(
                "canonical"
            ),
            (pl.col("value_no").n_unique() > 1).alias("clash"),
            pl.col("tag_key").first().alias("raw_key"),
            pl.col("tag_value").first().alias("raw_value"),
            pl.col("reason").first(),
        )
    )
    by_key = {str(key): part.drop("key") for (key,), part in found.partition_by("key", as_dict=True).items()}
    return Resolved(by_key, blanks)


def _key_hits(entries: pl.DataFrame, provider_id: str, rules: Rules) -> pl.DataFrame:
    rows = []
    for raw_key in entries["tag_key"].unique().sort().to_list():
        hit = rules.key_of(provider_id, raw_key)
        if hit is not None:
            rows.append((raw_key, hit.key, hit.canonical))
    return pl.DataFrame(
        rows, schema={"tag_key": pl.String, "key": pl.String, "key_canonical": pl.Boolean}, orient="row"
    )


def _value_hits(
    named: pl.DataFrame, provider_id: str, rules: Rules, numbers: ValueNumbers, masker: Masker
) -> pl.DataFrame:
    rows: list[tuple[str, str, int | None, bool, bool, bool, str | None]] = []
    for key, shown in named.select("key", "tag_value").unique().sort("key", "tag_value").iter_rows():
        text = masker.raw(shown)
        if is_blank(text):
            rows.append((key, shown, None, False, False, True, None))
            continue
        hit = rules.value_of(key, provider_id, text)
        value = hit.value if hit.value is not None else rules.registry.keys[key].folding.tidy(text)
        rows.append(
            (
                key,
                shown,
                numbers.number(masker.published(value, shown)),
                hit.valid,
                hit.canonical,
                False,
                hit.reason,
            )
        )
    schema = {
        "key": pl.String, "tag_value": pl.String, "value_no": pl.Int32, "valid": pl.Boolean,
        "value_canonical": pl.Boolean, "blank": pl.Boolean, "reason": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")
