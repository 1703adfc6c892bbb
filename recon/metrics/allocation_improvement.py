"""Question    Did more of the cost reach its owner directly than in the quarter before?

Definition  The allocation accuracy index over three consecutive billing periods, less the same over the three
            before them; each quarter is one ratio of sums. KPI 18 (FinOps Foundation, Allocation
            capability, examples of measures: AAI(q) − AAI(q−1); no target is published)
Grain       billing_period (the quarter's last) × currency
Reads       posted (recon/metrics/posted.py)
Returns     id allocation-improvement; unit points (percentage points)
Caveats     No data where one of the six months has no entries in the currency, or a quarter's sum is not above
            zero. A quarter is any three periods in a row, so that every period has a figure.
Example
    >>> from decimal import Decimal
    >>> import polars as pl
    >>> months = [f"2026-0{n}" for n in range(1, 7)]
    >>> direct = pl.DataFrame({"billing_period": months, "currency": "USD", "account": "owner:a", "rung": "billed",
    ...     "split": False, "effective": [Decimal(n) for n in (1, 1, 1, 2, 2, 2)]})
    >>> nobody = direct.with_columns(account=pl.lit("unallocated:untagged"), effective=pl.lit(Decimal(2)))
    >>> allocation_improvement(pl.concat([direct, nobody], how="vertical_relaxed")).row(-1, named=True)["value"]
    16.666666666666668
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import polars as pl

from recon.metrics.measure import Measure, measures
from recon.metrics.posted import ATTRIBUTED, sums

ID = "allocation-improvement"
_Sums = dict[tuple[str, str], tuple[Decimal, Decimal]]


def allocation_improvement(posted: pl.DataFrame) -> pl.DataFrame:
    """The change per period and currency."""
    found = sums(posted, part=ATTRIBUTED, whole=pl.lit(True))
    by_month: _Sums = {
        (period, currency): (part, whole) for period, currency, part, whole in found.iter_rows()
    }
    return measures(_rows(by_month))


def _rows(by_month: _Sums) -> Iterator[Measure]:
    for period, currency in sorted(by_month):
        now = _index(by_month, period, currency, 0)
        before = _index(by_month, period, currency, 3)
        value = None if now is None or before is None else float((now - before) * 100)
        yield Measure(
            ID, "change of the accuracy index on the quarter before", "points", value, period, currency
        )


def _index(by_month: _Sums, period: str, currency: str, back: int) -> Fraction | None:
    months = [by_month.get((_earlier(period, back + n), currency)) for n in range(3)]
    known = [month for month in months if month is not None]
    base = sum((Fraction(whole) for _, whole in known), Fraction())
    if len(known) < 3 or base <= 0:
        return None
    return sum((Fraction(part) for part, _ in known), Fraction()) / base


def _earlier(period: str, months: int) -> str:
    year, month = (int(part) for part in period.split("-"))
    count = year * 12 + month - 1 - months
    return f"{count // 12:04d}-{count % 12 + 1:02d}"
