"""What does the ledger say about where the money went? Its entries, gathered as far as the shares of cost need them."""

from __future__ import annotations

import duckdb
import polars as pl

from recon.frames import frame
from recon.metrics.cells import MONEY
from recon.metrics.coverage import UNTAGGABLE

_POSTED = """
SELECT billing_period, BillingCurrency AS currency, account, x_Class AS class, verdict, rung,
       origin_account IS NOT NULL AS split, sum(EffectiveCost) AS effective
FROM ledger WHERE billing_period >= $since GROUP BY ALL"""

OWNED = pl.col("account").str.starts_with("owner:")
TAGGABLE = (
    ~pl.col("split") & (pl.col("class") == "usage") & ~pl.col("verdict").is_in(UNTAGGABLE).fill_null(True)
)
# What `direct` of an owner's statement is: no split's share, no container's or default value, no adjustment (without rung).
ATTRIBUTED = OWNED & ~pl.col("split") & ~pl.col("rung").is_in(("inherited", "default")).fill_null(True)


def load_posted(con: duckdb.DuckDBPyConnection, periods: list[str]) -> pl.DataFrame:
    """EffectiveCost, net, per posted period × currency × account × class × verdict × rung × whether a split posted it
    (then at both sides: the pool gets the same amount with the other sign)."""
    found = frame(con, _POSTED, {"since": periods[0] if periods else ""})
    return found.with_columns(pl.col("effective").cast(MONEY))


def sums(posted: pl.DataFrame, **where: pl.Expr) -> pl.DataFrame:
    """billing_period, currency, and for each name the net sum where its condition holds."""
    return posted.group_by("billing_period", "currency").agg(
        *(pl.col("effective").filter(holds).sum().cast(MONEY).alias(name) for name, holds in where.items())
    )
