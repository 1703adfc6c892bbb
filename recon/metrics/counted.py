"""Which resources does coverage by count count, and what does each carry?

Live resources of complete inventories where there are any, and billed resources; the metric chooses by scope.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recon.metrics.asked import asked
from recon.metrics.cells import ENVIRONMENT
from recon.metrics.coverage import UNTAGGABLE
from recon.registry import Rules
from recon.taggability import Taggability

# resource_no: of the bill where count_basis is billed, of the inventory where it is inventory
COUNTED = {
    "billing_period": pl.String, "currency": pl.String, "key": pl.String, "provider_id": pl.String,
    "account": pl.String, "environment": pl.String, "resource_no": pl.Int32, "count_basis": pl.String,
    "labelled": pl.Boolean, "taggable": pl.Boolean,
}  # fmt: skip


def counted_billed(cells: pl.DataFrame) -> pl.DataFrame:
    """Columns of COUNTED: each billed resource per key, as its newest charge of the period shows it."""
    own = pl.col("class").eq("usage") & pl.col("rung").eq("billed").fill_null(False)
    return (
        cells.filter(pl.col("bill_no") > 0)
        .with_columns(own.alias("labelled"), (~pl.col("verdict").is_in(UNTAGGABLE)).alias("taggable"))
        .sort("last_day", "labelled", "taggable", "account", "environment", nulls_last=False)
        .group_by("billing_period", "currency", "key", "provider_id", "bill_no", maintain_order=True)
        .agg(pl.col("account", "environment", "labelled", "taggable").last())
        .with_columns(
            pl.lit("billed").alias("count_basis"), pl.col("bill_no").cast(pl.Int32).alias("resource_no")
        )
        .select(list(COUNTED))
    )


def counted_live(
    live: pl.DataFrame, labels: pl.DataFrame, billed: pl.DataFrame, matches: pl.DataFrame,
    rules: Rules, taggability: Taggability, keys: Sequence[str],
) -> pl.DataFrame:  # fmt: skip
    """Columns of COUNTED: each live resource of a complete inventory per key, with what it carries itself.

    `live`: of `live_by_period`; `labels`: columns of LABELS, under `rules`; `billed`: of `counted_billed`, which says
    for billed resources whether the key is asked for; `matches`: resource_no → bill_no. A resource counts in each
    currency in which its account, else its provider, is billed in the period.
    """
    whole = live.filter("complete").select(
        "billing_period",
        "provider_id",
        "account",
        "region",
        "resource_type",
        "resource",
        "resource_no",
        "tagset_no",
    )
    whole = with_values(whole, labels, rules, keys)
    place = billed.rename({"resource_no": "bill_no"}).join(matches, on="bill_no")
    parts = [_of_key(whole, place.filter(pl.col("key") == key), key, rules, taggability) for key in keys]
    if not parts or whole.is_empty():
        return pl.DataFrame(schema=COUNTED)
    return _in_currencies(pl.concat(parts), billed).select(list(COUNTED))


def with_values(live: pl.DataFrame, labels: pl.DataFrame, rules: Rules, keys: Sequence[str]) -> pl.DataFrame:
    """`live` with `valid:<key>` for the keys counted, `value:<key>` for every key that a condition may read."""
    scopes = [s for k in rules.keys.values() for s in k.required] + [e.scope for e in rules.exemptions]
    read = {*keys, ENVIRONMENT, *(name for scope in scopes for name in scope.where)}
    for key in sorted(read):
        own = labels.filter(pl.col("key") == key).select(
            "provider_id",
            "tagset_no",
            pl.col("valid").alias(f"valid:{key}"),
            pl.when("valid").then("value").alias(f"value:{key}"),
        )
        live = live.join(own, on=["provider_id", "tagset_no"], how="left", maintain_order="left")
    return live.with_columns(pl.col(f"valid:{key}").fill_null(False) for key in read)


def _of_key(
    live: pl.DataFrame, billed: pl.DataFrame, key: str, rules: Rules, taggability: Taggability
) -> pl.DataFrame:
    judged = billed.group_by("billing_period", "resource_no").agg(
        pl.col("taggable").any().alias("asked_on_bill"), pl.col("account").max().alias("billed_account"),
        pl.col("environment").max().alias("billed_environment"),
    )  # fmt: skip
    found = live.join(judged, on=["billing_period", "resource_no"], how="left", maintain_order="left")
    if key in rules.keys:
        found = found.with_columns(asked(rules, taggability, found, key).alias("asked"))
    else:
        found = found.with_columns(pl.lit(False).alias("asked"))
    return found.select(
        "billing_period", "provider_id", "resource_no",
        pl.lit(key).alias("key"), pl.lit("inventory").alias("count_basis"),
        pl.coalesce("billed_account", "account").alias("account"),
        pl.coalesce("billed_environment", f"value:{ENVIRONMENT}").alias("environment"),
        pl.col(f"valid:{key}").alias("labelled"),
        (pl.col(f"valid:{key}") | pl.coalesce("asked_on_bill", "asked")).alias("taggable"),
    )  # fmt: skip


def _in_currencies(resources: pl.DataFrame, billed: pl.DataFrame) -> pl.DataFrame:
    by_account = billed.select("billing_period", "provider_id", "account", "currency").unique()
    by_provider = billed.select("billing_period", "provider_id", "currency").unique()
    known = resources.join(by_account, on=["billing_period", "provider_id", "account"])
    others = resources.join(by_account, on=["billing_period", "provider_id", "account"], how="anti")
    return pl.concat([known, others.join(by_provider, on=["billing_period", "provider_id"])], how="diagonal")
