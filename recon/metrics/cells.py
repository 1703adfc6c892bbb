"""What did judging find, gathered as far as every metric allows?

The one heavy query of the room: judgements and charges become *cells*, one per book, place, resource, key and
outcome. A resource may stand in several cells, so resources are counted distinct, never summed.
"""

from __future__ import annotations

from decimal import Decimal

import duckdb
import polars as pl

from recon.frames import frame
from recon.money import SCALE
from recon.verdicts import RUNGS, VERDICTS

MONEY = pl.Decimal(38, SCALE)
PERIODS = 13  # what the report covers
ENVIRONMENT = "environment"  # the key whose resolved value makes the scope environment:<value>

CELLS = [
    "billing_period", "currency", "provider_id", "account", "environment", "key", "verdict", "rung", "class", "bill_no",
    "compared", "last_day", "charges", "billed", "effective", "positive", "negative",
]  # fmt: skip

_PERIODS = f"""
SELECT DISTINCT billing_period FROM (
    SELECT billing_period FROM base.book WHERE book_no IN (SELECT book_no FROM base.charge)
    UNION ALL SELECT billing_period FROM base.closing)
WHERE billing_period IS NOT NULL ORDER BY 1 DESC LIMIT {PERIODS}"""

# Integers alone: names are joined to the few rows that come out.
_CELLS = """
SELECT c.dim_no, c.bill_resource_no AS bill_no, j.key_no, j.verdict AS verdict_no, j.rung AS rung_no,
       e.resolved_no AS environment_no, j.billed_no IS NOT NULL AND j.live_no IS NOT NULL AS compared,
       max(c.day) AS last_day, count(*) AS charges, sum(c.billed) AS billed, sum(c.effective) AS effective,
       sum(c.effective) FILTER (c.effective > 0) AS positive
FROM base.judgement j JOIN base.charge c USING (charge_no)
LEFT JOIN (SELECT charge_no, resolved_no FROM base.judgement WHERE key_no = (
    SELECT key_no FROM base.registry_key WHERE key = $environment)) e USING (charge_no)
GROUP BY ALL"""
_DIMS = """
SELECT d.dim_no, b.billing_period, b.currency, b.provider_id, d.sub_account_id AS account, d.class
FROM base.charge_dim d JOIN base.book b USING (book_no) WHERE b.billing_period >= $since"""
_KEYS = "SELECT key_no::UTINYINT AS key_no, key FROM base.registry_key"
_ENVIRONMENTS = """
SELECT value_no AS environment_no, value AS environment FROM base.value WHERE value_no IN (
    SELECT resolved_no FROM base.judgement WHERE key_no = (SELECT key_no FROM base.registry_key WHERE key = $environment))"""


def recent_periods(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The newest 13 billing periods (YYYY-MM) of the store, oldest first."""
    return sorted(str(row[0]) for row in con.execute(_PERIODS).fetchall())


def load_cells(con: duckdb.DuckDBPyConnection, periods: list[str]) -> pl.DataFrame:
    """One row per period × currency × provider × account × environment × key × verdict × rung × class × resource ×
    whether both bill and live carry a value (`compared`); `bill_no` 0: no resource.

    `billed`, `effective`: sums in `currency`; `positive`, `negative`: EffectiveCost of the charges above and below
    zero; `last_day`: days since 1970 of the newest charge; `charges`: how many.
    """
    named = {"environment": ENVIRONMENT}
    since = periods[0] if periods else ""
    found = (
        frame(con, _CELLS, named)
        .join(frame(con, _DIMS, {"since": since}), on="dim_no")
        .join(frame(con, _KEYS), on="key_no")
        .join(frame(con, _ENVIRONMENTS, named), on="environment_no", how="left")
    )
    return (
        found.with_columns(
            _named("verdict_no", VERDICTS).alias("verdict"),
            _named("rung_no", RUNGS).alias("rung"),
            pl.col("billed", "effective").cast(MONEY),
            pl.col("positive").fill_null(Decimal(0)).cast(MONEY),
        )
        .with_columns((pl.col("effective") - pl.col("positive")).cast(MONEY).alias("negative"))
        .select(CELLS)
    )


def _named(column: str, names: tuple[str, ...]) -> pl.Expr:
    return pl.col(column).replace_strict(dict(enumerate(names)), return_dtype=pl.String, default=None)
