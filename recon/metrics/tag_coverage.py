"""Question    Is it the dear resources that lack labels, or the many cheap ones?

Definition  By cost: as coverage's by_cost over everything; its *taggable* form is M1. By count: resources with
            a valid label of their own ÷ all resources; *taggable*: of those that are asked for the key and can
            carry it. Gap: by count less by cost, over the same two. KPI 8 (recfo.dev S1-03: more than
            98 %), KPI 9 (AWS Prescriptive Guidance; recfo.dev: more than 95 %), KPI 10 (finops.qa, no target;
            15 to 25 points are said to be usual)
Grain       billing_period × currency × key
Reads       cells (recon/metrics/cells.py), counted (recon/metrics/counted.py)
Returns     id tag-coverage-cost, tag-coverage-count, tag-coverage-count-taggable: unit ratio, numerator and
            denominator the two amounts, or numbers of resources; id count-spend-gap and
            count-spend-gap-taggable: unit points (percentage points)
Caveats     The count is of the inventory where there is one (coverage's count_basis). A gap above zero says that
            spend without labels sits on few, dear resources.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> cell = {"billing_period": "2026-10", "currency": "USD", "key": "owner", "class": "usage"}
    >>> cells = pl.DataFrame([cell | {"verdict": "ok", "rung": "billed", "positive": Decimal(1)},
    ...                       cell | {"verdict": "untagged", "rung": None, "positive": Decimal(3)}])
    >>> counted = pl.DataFrame({"billing_period": "2026-10", "currency": "USD", "key": "owner", "count_basis": "billed",
    ...                         "labelled": [True, False], "taggable": True})
    >>> tag_coverage(cells, counted).filter(pl.col("id").str.starts_with("count")).select("id", "value").rows()
    [('count-spend-gap', 25.0), ('count-spend-gap-taggable', 25.0)]
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import polars as pl

from recon.metrics.cells import MONEY
from recon.metrics.coverage import UNTAGGABLE
from recon.metrics.measure import Measure, measures, share

ID = "tag-coverage-cost"
_GRAIN = ["billing_period", "currency", "key"]
_GAP = "coverage by count less by cost"


def tag_coverage(cells: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """Coverage by cost and by count and their gap, per period, currency and key."""
    found = by_cost(cells).join(_by_count(counted), on=_GRAIN, how="left")
    return measures(row for cell in found.iter_rows(named=True) for row in _rows(**cell))


def by_cost(cells: pl.DataFrame) -> pl.DataFrame:
    """billing_period, currency, key, and the amounts covered, whole, taggable_covered, taggable."""
    usage = pl.col("class") == "usage"
    covered = usage & (pl.col("rung") == "billed").fill_null(False)
    taggable = usage & ~pl.col("verdict").is_in(UNTAGGABLE)
    amounts = {
        "covered": covered,
        "whole": pl.lit(True),
        "taggable_covered": taggable & covered,
        "taggable": taggable,
    }
    return cells.group_by(_GRAIN).agg(
        pl.col("positive").filter(where).sum().cast(MONEY).alias(name) for name, where in amounts.items()
    )


def _by_count(counted: pl.DataFrame) -> pl.DataFrame:
    inventory = pl.col("count_basis") == "inventory"
    chosen = counted.filter(inventory | ~inventory.any().over(_GRAIN))
    return chosen.group_by(_GRAIN).agg(
        pl.len().cast(pl.Int64).alias("resources"), pl.col("labelled").sum().cast(pl.Int64),
        pl.col("taggable").sum().cast(pl.Int64).alias("taggable_resources"),
        (pl.col("labelled") & pl.col("taggable")).sum().cast(pl.Int64).alias("taggable_labelled"),
    )  # fmt: skip


def _rows(
    *, billing_period: str, currency: str, key: str, covered: Decimal, whole: Decimal, taggable_covered: Decimal,
    taggable: Decimal, resources: int | None, labelled: int | None, taggable_resources: int | None,
    taggable_labelled: int | None,
) -> Iterator[Measure]:  # fmt: skip
    place = (billing_period, currency, key)
    yield share(ID, "tag coverage by cost", covered, whole, *place)
    for suffix, part, of, cost, base in (
        ("", labelled, resources, covered, whole),
        ("-taggable", taggable_labelled, taggable_resources, taggable_covered, taggable),
    ):
        yield share(f"tag-coverage-count{suffix}", "tag coverage by count", part or 0, of or 0, *place)
        known = of and base > 0
        gap = float((Fraction(part or 0, of or 1) - Fraction(cost) / Fraction(base)) * 100) if known else None
        yield Measure(f"count-spend-gap{suffix}", _GAP, "points", gap, *place)
