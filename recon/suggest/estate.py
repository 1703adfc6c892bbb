"""What may a signal look at? The resources, what their tags mean, and what is known around them, as frames.

Hiding a tag hides it everywhere: its canonical value, every raw spelling of the key on the resource, and what the bill said of it;
a name, stack, group or creator that is a copy of it goes too. A signal sees nothing else of the store, so that nothing can leak into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from recon.registry.rules import Rules

# One row per resource. `name`: "" where it has none; `stack`: a stack or deployment that made it; `group`: resource group, cluster,
# network or other nearest container below the account; `creator`: who first changed its tags; null where not known.
ITEMS = {
    "item_no": pl.Int64, "provider_id": pl.String, "account_id": pl.String, "region": pl.String, "resource_type": pl.String,
    "resource_id": pl.String, "name": pl.String, "group": pl.String, "stack": pl.String, "creator": pl.String,
}  # fmt: skip
# What its own tags mean: one row per resource and canonical key that it carries with one valid value. `value` is canonical.
KNOWN = {"item_no": pl.Int64, "key": pl.String, "value": pl.String}
# Its own tags as they are: raw key (export prefixes removed), canonical key (null: none of the registry's), value as published.
# `meant`: the canonical value where it is valid; `near`: the valid value that an invalid one most likely meant.
RAW = {
    "item_no": pl.Int64, "raw_key": pl.String, "key": pl.String, "raw_value": pl.String, "meant": pl.String, "near": pl.String,
}  # fmt: skip
# Frames of `more`; a column `own` marks rows that may be copies of the resource's own tag, and are hidden with it:
# `places`: which item is a resource's container at a level of the registry's ladder
PLACES = {"item_no": pl.Int64, "level": pl.String, "container_no": pl.Int64}
# `billed_ids`: other ids by which the bill names it
BILLED_IDS = {"item_no": pl.Int64, "resource_id": pl.String}
# `managed`: tags that code gives a resource; `value` canonical and valid. A state repeats what a refresh read from the resource: `own`
MANAGED = {
    "item_no": pl.Int64, "key": pl.String, "value": pl.String, "address": pl.String, "file": pl.String, "own": pl.Boolean,
}  # fmt: skip
# `code`: in which file code that makes it stands
CODE = {"item_no": pl.Int64, "file": pl.String}
# `owners`: what CODEOWNERS files say, in their order
OWNERS = {"source": pl.String, "line": pl.Int64, "pattern": pl.String, "owner": pl.String}
MORE = {"places": PLACES, "billed_ids": BILLED_IDS, "managed": MANAGED, "code": CODE, "owners": OWNERS}
# Which keys are asked for on which resources.
ASKED = {"item_no": pl.Int64, "key": pl.String}
# What a signal says: `score` is its own measure of how sure it is (0..1, higher is surer), not yet a probability; `evidence` is one sentence.
SAID = {**ASKED, "value": pl.String, "score": pl.Float64, "evidence": pl.String}
_COPIES = ("name", "group", "stack", "creator")


@dataclass(frozen=True)
class Estate:
    """`rules`: the registry as it is in force; `more`: what is known around the resources (MORE)."""

    rules: Rules = field(repr=False)
    items: pl.DataFrame = field(repr=False)
    known: pl.DataFrame = field(repr=False)
    raw: pl.DataFrame = field(repr=False)
    more: Mapping[str, pl.DataFrame] = field(default_factory=dict, repr=False)

    def around(self, name: str) -> pl.DataFrame:
        """A frame of `more`; without rows where nothing of the kind is known."""
        return self.more.get(name, pl.DataFrame(schema=MORE.get(name, {})))

    def without(self, hidden: pl.DataFrame) -> Estate:
        """The same estate in which the pairs of `hidden` (ASKED) were never tagged."""
        on = ["item_no", "key"]
        hidden = hidden.select(on).unique()
        return replace(
            self,
            items=self._without_copies(hidden),
            known=self.known.join(hidden, on=on, how="anti"),
            raw=self.raw.join(hidden, on=on, how="anti"),
            more={
                name: frame.join(hidden, on=on, how="anti") if {*on, "own"} <= set(frame.columns) else frame
                for name, frame in self.more.items()
            },
        )

    def _without_copies(self, hidden: pl.DataFrame) -> pl.DataFrame:
        """A tag may be where name, stack or group come from (AWS: the name is a tag): such a copy is blank, where it says
        just what the hidden tag says."""
        texts = (
            self.raw.join(hidden, on=["item_no", "key"], how="semi")
            .unpivot(["raw_value", "meant"], index="item_no", value_name="text")
            .select("item_no", pl.col("text").str.to_lowercase().str.strip_chars())
            .drop_nulls()
            .unique()
        )
        items = self.items
        for column in _COPIES:
            own = items.select("item_no", pl.col(column).str.to_lowercase().str.strip_chars().alias("text"))
            copies = own.join(texts, on=["item_no", "text"], how="semi")["item_no"]
            blank = pl.lit("") if column == "name" else pl.lit(None, pl.String)
            copied = pl.col("item_no").is_in(copies.implode())
            items = items.with_columns(pl.when(copied).then(blank).otherwise(pl.col(column)).alias(column))
        return items


def said(rows: pl.DataFrame | None = None) -> pl.DataFrame:
    """What a signal says, in the columns and order of SAID; nothing without rows."""
    if rows is None or rows.is_empty():
        return pl.DataFrame(schema=SAID)
    return rows.select(pl.col(name).cast(kind) for name, kind in SAID.items()).sort("item_no", "key", "value")
