"""What do distinct raw keys and values mean today? Asked once per text, so that no rule runs per resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from recon.hostile import MASK
from recon.registry import KeyHit, Rules, is_blank

Mark = Callable[[str], str | None]
LONGEST = 1_024  # no provider carries a longer value: such a text means nothing and is near to nothing
MEANS = {
    "provider_id": pl.String, "tag_key": pl.String, "tag_value": pl.String, "raw_key": pl.String, "key": pl.String,
    "meant": pl.String, "near": pl.String, "blank": pl.Boolean, "counts": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True)
class Meaning:
    """`raw`: published value → byte-exact one; `mark`: byte-exact value → the mark under which it is published, None where it has none."""

    rules: Rules
    raw: Callable[[str], str] = field(repr=False)
    mark: Mark = field(repr=False)

    def key(self, hit: KeyHit) -> str:
        """The key that a spelling is about, though it may say nothing valid any more: what replaced it, after a sunset."""
        name = hit.key
        while (
            name not in self.rules.keys and (ended := self.rules.registry.keys[name].deprecated) is not None
        ):
            name = ended.replaced_by
        return name

    def value(self, provider_id: str, hit: KeyHit, published: str) -> tuple[str | None, str | None, bool]:
        """(canonical value as it may be published where it is valid, the valid one near it, whether it is blank)."""
        text = self.raw(published)
        if is_blank(text):
            return None, None, True
        if len(text) > LONGEST:
            return None, None, False
        said = self.rules.value_of(hit.key, provider_id, text)
        masked = MASK.fullmatch(published) is not None
        if not said.valid or said.value is None:
            return None, None if masked or hit.key not in self.rules.keys else said.nearest, False
        # of a hidden text the canonical form is hidden too: without a mark of its own it is not told
        return (self.mark(said.value) if masked else said.value), None, False


def meanings(tags: pl.DataFrame, meaning: Meaning) -> pl.DataFrame:
    """`tags` (provider_id, tag_key, tag_value) → one row of MEANS per distinct tag. `key` is null where the registry knows none;
    `counts`: the spelling counts today (one that is past its sunset does not)."""
    keys = tags.select("provider_id", "tag_key").unique()
    hits = {
        (provider_id, tag_key): hit
        for provider_id, tag_key in keys.iter_rows()
        if (hit := meaning.rules.key_of(provider_id, tag_key)) is not None
    }
    named = pl.DataFrame(
        [(*at, at[1].removeprefix(hit.prefix), meaning.key(hit), hit.key in meaning.rules.keys) for at, hit in hits.items()],
        schema={**dict.fromkeys(("provider_id", "tag_key", "raw_key", "key"), pl.String), "counts": pl.Boolean}, orient="row",
    )  # fmt: skip
    distinct = tags.select("provider_id", "tag_key", "tag_value").unique()
    ours = distinct.join(named, on=["provider_id", "tag_key"])
    rows = [
        (provider_id, tag_key, tag_value, *meaning.value(provider_id, hits[provider_id, tag_key], tag_value))
        for provider_id, tag_key, tag_value in ours.select("provider_id", "tag_key", "tag_value").iter_rows()
    ]
    schema = {name: MEANS[name] for name in ("provider_id", "tag_key", "tag_value", "meant", "near", "blank")}
    values = pl.DataFrame(rows, schema=schema, orient="row")
    on = ["provider_id", "tag_key", "tag_value"]
    rest = distinct.join(named, on=["provider_id", "tag_key"], how="anti").with_columns(
        raw_key="tag_key", key=None, meant=None, near=None, blank=False, counts=False
    )
    both = [ours.join(values, on=on), rest]
    return pl.concat([each.select(pl.col(n).cast(k) for n, k in MEANS.items()) for each in both])
