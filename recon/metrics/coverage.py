"""Question    Which share of the spend, and of the resources, carries a valid label of its own?

Definition  By cost: positive EffectiveCost of usage charges whose own billed value is valid after folding
            (rung `billed`), divided by the positive EffectiveCost in scope. *All*: charges of every class.
            *Taggable*: usage charges without the verdicts shared, untaggable and not-required. *With
            inherited*: the covered ones and those with the verdict inherited, divided by all. By count:
            resources with a valid label divided by all resources; *taggable* leaves out those that are not
            asked for the key or can't carry it.
Grain       billing_period × currency × key × scope; scope is `all`, `provider:<id>`, `environment:<resolved
            value>` or `account:<id>`
Reads       cells (recon/metrics/cells.py), counted (recon/metrics/counted.py)
Returns     by_cost, by_cost_taggable, by_cost_with_inherited, by_count, by_count_taggable: shares 0..1,
            null where the base is not above zero; count_basis: `inventory` (live resources of complete
            inventories) or `billed` (where the scope has none); covered_cost ÷ base_cost is by_cost;
            negative_cost stands beside, never netted
Caveats     What has no resolved environment is in no environment scope. Where part of a scope has a
            complete inventory, the count is over that part.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> from recon.metrics.counted import COUNTED
    >>> cell = {"billing_period": "2026-10", "currency": "USD", "provider_id": "aws", "account": None,
    ...         "environment": None, "key": "owner", "class": "usage", "negative": Decimal(0)}
    >>> cells = pl.DataFrame([cell | {"verdict": "ok", "rung": "billed", "positive": Decimal(75)},
    ...                       cell | {"verdict": "untagged", "rung": None, "positive": Decimal(25)}])
    >>> coverage(cells, pl.DataFrame(schema=COUNTED)).filter(scope="all").select("by_cost", "covered_cost").row(0)
    (0.75, Decimal('75.000000000000000000000000'))
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from recon.metrics.cells import MONEY
from recon.metrics.measure import ratio

UNTAGGABLE = ("shared", "untaggable", "not-required")
GRAIN = ["billing_period", "currency", "key", "scope"]
_PLACE = ["billing_period", "currency", "key", "provider_id", "account", "environment"]
_AMOUNTS = ("base", "covered", "taggable", "taggable_covered", "with_inherited", "negative")
_SHARES = {
    "by_cost": ("covered", "base"),
    "by_cost_taggable": ("taggable_covered", "taggable"),
    "by_cost_with_inherited": ("with_inherited", "base"),
    "by_count": ("labelled", "resources"),
    "by_count_taggable": ("taggable_labelled", "taggable_resources"),
}
_COLUMNS = [*GRAIN, *_SHARES, "count_basis", "covered_cost", "base_cost", "negative_cost"]


def coverage(cells: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """The coverage table, sorted by its grain; see the module's headings."""
    found = _by_cost(cells).join(_by_count(counted), on=GRAIN, how="left")
    shares = [
        pl.Series(name, [_ratio(*pair) for pair in found.select(top, base).iter_rows()], pl.Float64)
        for name, (top, base) in _SHARES.items()
    ]
    return (
        found.with_columns(
            *shares, pl.col("covered").alias("covered_cost"), pl.col("base").alias("base_cost"),
            pl.col("negative").alias("negative_cost"),
        )
        .select(_COLUMNS)
        .sort(GRAIN)
    )  # fmt: skip


def _ratio(top: Decimal | int | None, base: Decimal | int | None) -> float | None:
    return None if top is None or base is None else ratio(Decimal(top), Decimal(base))


def _by_cost(cells: pl.DataFrame) -> pl.DataFrame:
    usage = pl.col("class") == "usage"
    covered = usage & (pl.col("rung") == "billed").fill_null(False)
    taggable = usage & ~pl.col("verdict").is_in(UNTAGGABLE)
    amounts = {
        "base": pl.lit(True),
        "covered": covered,
        "taggable": taggable,
        "taggable_covered": taggable & covered,
        "with_inherited": covered | (usage & (pl.col("verdict") == "inherited")),
    }
    places = cells.group_by(_PLACE).agg(
        *(pl.col("positive").filter(where).sum().cast(MONEY).alias(name) for name, where in amounts.items()),
        pl.col("negative").sum().cast(MONEY),
    )
    return _scoped(places).group_by(GRAIN).agg(pl.col(_AMOUNTS).sum().cast(MONEY))


def _by_count(counted: pl.DataFrame) -> pl.DataFrame:
    """`counted` names a resource once per period, currency, key and basis, so its rows can be summed."""
    both = pl.col("labelled") & pl.col("taggable")
    sums = {
        "resources": pl.len(),
        "labelled": pl.col("labelled").sum(),
        "taggable_resources": pl.col("taggable").sum(),
        "taggable_labelled": both.sum(),
    }
    places = counted.group_by(*_PLACE, "count_basis").agg(
        expression.cast(pl.Int64).alias(name) for name, expression in sums.items()
    )
    inventory = pl.col("count_basis") == "inventory"
    scoped = _scoped(places).with_columns(inventory.any().over(GRAIN).alias("has_inventory"))
    chosen = scoped.filter(inventory | ~pl.col("has_inventory"))
    return chosen.group_by(GRAIN).agg(pl.col("count_basis").first(), pl.col(*sums).sum())


def _scoped(rows: pl.DataFrame) -> pl.DataFrame:
    """Each row once per scope that it lies in, named in the column `scope`."""
    parts = [rows.with_columns(pl.lit("all").alias("scope"))]
    for name, column in (("provider", "provider_id"), ("environment", "environment"), ("account", "account")):
        inside = rows.filter(pl.col(column).is_not_null())
        parts.append(inside.with_columns((pl.lit(f"{name}:") + pl.col(column)).alias("scope")))
    return pl.concat(parts)
