"""What does a metric hand back? Rows of one shape, whatever it measures.

A share is a display value: it is the ratio of two exact amounts, taken last and as a float; it is not known
(null) where its base is not above zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from decimal import Context, Decimal, localcontext

import polars as pl

from recon.metrics.cells import MONEY

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String, "name": pl.String, "billing_period": pl.String, "currency": pl.String, "key": pl.String,
    "unit": pl.String, "value": pl.Float64, "numerator": MONEY, "denominator": MONEY, "target": MONEY,
}  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """One figure. `unit`: ratio (0..1), points (percentage points), count, hours or days; `value` None: no data. `target`: only where the registry
    sets one of its own. Period, currency and key are None where the figure has none."""

    id: str
    name: str
    unit: str
    value: float | None
    billing_period: str | None = None
    currency: str | None = None
    key: str | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    target: Decimal | None = None


def ratio(numerator: Decimal, denominator: Decimal) -> float | None:
    """The share as a float for display; None where the base is not above zero."""
    if denominator <= 0:
        return None
    with localcontext(Context(prec=50)):
        return float(numerator / denominator)


def share(
    id: str, name: str, numerator: Decimal | int, denominator: Decimal | int,
    billing_period: str | None = None, currency: str | None = None, key: str | None = None,
) -> Measure:  # fmt: skip
    """A ratio with its two amounts."""
    top, base = Decimal(numerator), Decimal(denominator)
    return Measure(id, name, "ratio", ratio(top, base), billing_period, currency, key, top, base)


def both_shares(id: str, name: str, judged: pl.DataFrame, holds: pl.Expr) -> pl.DataFrame:
    """The cost for which `holds` is true (columns of `load_judged`): over everything as `id`, and over what can be
    tagged as `id`-taggable, per period and currency."""
    positive, taggable = pl.col("positive"), pl.col("taggable")
    found = judged.group_by("billing_period", "currency").agg(
        positive.filter(holds).sum().cast(MONEY).alias("part"), positive.sum().cast(MONEY).alias("whole"),
        positive.filter(holds & taggable).sum().cast(MONEY).alias("tagged"),
        positive.filter(taggable).sum().cast(MONEY).alias("taggable"),
    )  # fmt: skip
    return measures(
        share(of, name, part, base, period, currency)
        for period, currency, all_part, whole, tagged, can in found.iter_rows()
        for of, part, base in ((id, all_part, whole), (f"{id}-taggable", tagged, can))
    )


def measures(rows: Iterable[Measure]) -> pl.DataFrame:
    """The rows as a frame of SCHEMA, sorted by id, period, currency and key."""
    order = (
        "id",
        "name",
        "unit",
        "value",
        "billing_period",
        "currency",
        "key",
        "numerator",
        "denominator",
        "target",
    )
    found = pl.DataFrame(
        [astuple(row) for row in rows], schema={name: SCHEMA[name] for name in order}, orient="row"
    )
    return found.select(list(SCHEMA)).sort("id", "billing_period", "currency", "key", "name")
