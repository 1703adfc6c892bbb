"""What did judging find, gathered as far as every metric allows?

The one heavy query of the room: judgements and charges become *cells*, one per book, place, resource, key and
outcome. A resource may stand in several cells, so resources are counted distinct, never summed.
"""

from __future__ import annotations

import duckdb
import polars as pl

from recon.frames import frame
from recon.money import SCALE
from recon.verdicts import RUNGS, VERDICTS

MONEY = pl.Decimal(38, SCALE)
PERIODS = 13  # what the report covers
ENVIRONMENT = "environment"  # the key whose resolved value makes the scope environment:<value>

_PERIODS = f"""
SELECT DISTINCT billing_period FROM (
    SELECT billing_period FROM base.book WHERE book_no IN (SELECT book_no FROM base.charge)
    UNION ALL SELECT billing_period FROM base.closing)
WHERE billing_period IS NOT NULL ORDER BY 1 DESC LIMIT {PERIODS}"""

_CELLS = """
WITH environment AS (
    SELECT charge_no, resolved_no FROM base.judgement
    WHERE key_no = (SELECT key_no FROM base.registry_key WHERE key = $environment)
), cell AS (
    SELECT c.dim_no, c.bill_resource_no, j.key_no, j.verdict, j.rung, e.resolved_no AS environment_no,
           j.billed_no IS NOT NULL AND j.live_no IS NOT NULL AS compared, max(c.day) AS last_day, count(*) AS charges,
           sum(c.billed) AS billed, sum(c.effective) AS effective,
           coalesce(sum(c.effective) FILTER (c.effective > 0), 0) AS positive
    FROM base.judgement j JOIN base.charge c USING (charge_no) LEFT JOIN environment e USING (charge_no)
    WHERE j.book_no IN (SELECT book_no FROM base.book WHERE billing_period >= $since)
    GROUP BY ALL
)
SELECT b.billing_period, b.currency, b.provider_id, d.sub_account_id AS account, v.value AS environment, k.key,
       x.verdict AS verdict_no, x.rung AS rung_no, d.class, x.bill_resource_no AS bill_no, x.compared, x.last_day,
       x.charges, x.billed, x.effective, x.positive
FROM cell x JOIN base.charge_dim d USING (dim_no) JOIN base.book b USING (book_no) JOIN base.registry_key k USING (key_no)
LEFT JOIN base.value v ON v.value_no = x.environment_no"""


def recent_periods(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The newest 13 billing periods (YYYY-MM) of the store, oldest first."""
    return sorted(str(row[0]) for row in con.execute(_PERIODS).fetchall())


def load_cells(con: duckdb.DuckDBPyConnection, periods: list[str]) -> pl.DataFrame:
    """One row per period × currency × provider × account × environment × key × verdict × rung × class × resource ×
    whether both bill and live carry a value (`compared`); `bill_no` 0: no resource.

    `billed`, `effective`: sums in `currency`; `positive`, `negative`: EffectiveCost of the charges above and below
    zero; `last_day`: days since 1970 of the newest charge; `charges`: how many.
    """
    since = periods[0] if periods else ""
    found = frame(con, _CELLS, {"environment": ENVIRONMENT, "since": since})
    return found.with_columns(
        _named("verdict_no", VERDICTS).alias("verdict"),
        _named("rung_no", RUNGS).alias("rung"),
        pl.col("billed", "effective", "positive").cast(MONEY),
        (pl.col("effective") - pl.col("positive")).cast(MONEY).alias("negative"),
    ).drop("verdict_no", "rung_no")


def _named(column: str, names: tuple[str, ...]) -> pl.Expr:
    return pl.col(column).replace_strict(dict(enumerate(names)), return_dtype=pl.String, default=None)
