"""What do the verdicts of all required keys say together about a charge?

Cells know one key at a time; whether a charge keeps the whole policy is only seen over all of its keys.
"""

from __future__ import annotations

from decimal import Decimal

import duckdb
import polars as pl

from recon.frames import frame
from recon.metrics.cells import MONEY
from recon.metrics.coverage import UNTAGGABLE
from recon.verdicts import VERDICT_NO

_NOT_ASKED = ", ".join(str(VERDICT_NO[name]) for name in UNTAGGABLE)
_CANNOT = f"{VERDICT_NO['shared']}, {VERDICT_NO['untaggable']}"
# One number per verdict, its bits joined over the keys of a charge: some key is asked (1), could be tagged (2), is not ok (4),
# has a value on the bill (8).
_JUDGED = f"""
WITH each AS (
    SELECT charge_no, bit_or((CASE WHEN verdict IN ({_NOT_ASKED}) THEN 0 ELSE 1 END + CASE WHEN verdict IN ({_CANNOT}) THEN 0 ELSE 2 END
               + CASE WHEN verdict = {VERDICT_NO["ok"]} OR verdict IN ({_NOT_ASKED}) THEN 0 ELSE 4 END
               + CASE WHEN billed_no IS NULL THEN 0 ELSE 8 END)::UTINYINT) AS bits
    FROM base.judgement WHERE book_no IN (SELECT book_no FROM base.book WHERE billing_period >= $since) GROUP BY charge_no
), summed AS (
    SELECT c.dim_no, e.bits, sum(c.effective) FILTER (c.effective > 0) AS positive
    FROM each e JOIN base.charge c USING (charge_no) GROUP BY ALL
)
SELECT b.billing_period, b.currency, s.bits & 1 > 0 AND d.class = 'usage' AS taggable, s.bits & 2 = 0 AS untaggable,
       s.bits & 1 > 0 AND s.bits & 4 = 0 AND d.class = 'usage' AS compliant, s.bits & 8 = 0 AS bare, sum(s.positive) AS positive
FROM summed s JOIN base.charge_dim d USING (dim_no) JOIN base.book b ON b.book_no = d.book_no GROUP BY ALL"""


def load_judged(con: duckdb.DuckDBPyConnection, periods: list[str]) -> pl.DataFrame:
    """Positive EffectiveCost per period × currency × what holds of the charge over all required keys.

    `taggable`: usage of which some key is asked (verdict not shared, untaggable or not-required); `untaggable`: shared
    or untaggable for every key; `compliant`: taggable, and ok for every key that is asked; `bare`: the bill carries
    none of the keys, neither the line nor its container.
    """
    found = frame(con, _JUDGED, {"since": periods[0] if periods else ""})
    return found.with_columns(pl.col("positive").fill_null(Decimal(0)).cast(MONEY))
