"""Did the bills change, and how much went elsewhere at most, where charges can't be followed one by one?

Where bills were rolled up anew, both stores are compared by what charges share in both: resource, service, category,
sub account, day, tags. A group that one account holds before and after did not move. Of one that other or several
accounts hold, all is counted: two teams that swap the same amount within it must not look like nothing.
"""

from __future__ import annotations

from decimal import Decimal

import duckdb

_COLUMNS = """billing_period, x_ProviderId, BillingAccountId, BillingCurrency, SubAccountId, x_ChargeDate, ResourceId, ServiceName,
    ServiceCategory, RegionId, ChargeCategory, ChargeClass, CommitmentDiscountId"""
_CHANGED = f"""
SELECT 1 FROM (
    SELECT {_COLUMNS}, BilledCost AS b, EffectiveCost AS e FROM was.charges
    UNION ALL SELECT {_COLUMNS}, -BilledCost, -EffectiveCost FROM would.charges
) GROUP BY {_COLUMNS} HAVING sum(b) <> 0 OR sum(e) <> 0 LIMIT 1"""
_AT_MOST = f"""
WITH side AS (
    SELECT {_COLUMNS}, c.tagset_id, e.account, abs(c.EffectiveCost) AS was, 0::DECIMAL(38,24) AS would
    FROM was.base.charge_line c JOIN was.base.posting p USING (charge_no) JOIN (SELECT entry_no, account FROM was.base.entry) e USING (entry_no)
    WHERE c.billing_period BETWEEN $first AND $last
    UNION ALL
    SELECT {_COLUMNS}, c.tagset_id, e.account, 0, abs(c.EffectiveCost)
    FROM would.base.charge_line c JOIN would.base.posting p USING (charge_no) JOIN (SELECT entry_no, account FROM would.base.entry) e USING (entry_no)
    WHERE c.billing_period BETWEEN $first AND $last
), grouped AS (
    SELECT BillingCurrency, greatest(sum(was), sum(would)) AS gross FROM side GROUP BY {_COLUMNS}, tagset_id
    HAVING count(DISTINCT account) > 1
)
SELECT BillingCurrency, sum(gross)::DECIMAL(38,24) FROM grouped WHERE gross > 0 GROUP BY ALL ORDER BY ALL"""


def bills_changed(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the charges of the stores `was` and `would` hold other money: news that lay in the bills' folder."""
    return con.execute(_CHANGED).fetchone() is not None


def moved_at_most(con: duckdb.DuckDBPyConnection, first: str, last: str) -> dict[str, Decimal]:
    """Currency → absolute EffectiveCost of all that may be posted to another account, by the bill's period."""
    return dict(con.execute(_AT_MOST, {"first": first, "last": last}).fetchall())
