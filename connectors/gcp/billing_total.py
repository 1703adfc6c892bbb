"""What does the billing table in BigQuery say that each invoice month sums to?

Google has no interface that tells an invoice's sum; the nearest is the whole export, summed by BigQuery itself and not
from the rows that we loaded. One query for all months: a free dry run first, then at most as many bytes as the table's
address allows (`?max_gb=`). It reads four columns, from the partition a month before the first invoice month on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from google.cloud.bigquery import ArrayQueryParameter

from connectors.places.bigquery_address import bigquery_address, month_start
from connectors.places.bigquery_query import Parameter, Warehouse, explained
from recon.errors import Unreachable
from recon.hostile import shown
from recon.money import exact

# Amounts are doubles: their shortest text is what they say, and adds up exactly. A row's credits are summed beside it,
# never joined to it: a join would count its cost once for each of them.
_SQL = """
SELECT invoice.month AS month, currency,
       SUM(IFNULL(CAST(CAST(cost AS STRING) AS BIGNUMERIC), 0) + IFNULL((
           SELECT SUM(CAST(CAST(credit.amount AS STRING) AS BIGNUMERIC)) FROM UNNEST(credits) AS credit), 0)) AS total
FROM `{table}`
WHERE billing_account_id = @account AND invoice.month IN UNNEST(@months) AND _PARTITIONTIME >= @floor
GROUP BY month, currency ORDER BY month, currency"""


def totals(account: str, scope: str | None, periods: list[str]) -> list[tuple[str, str, Decimal]]:
    """Billing period, currency and total (cost and credits) of each asked month that the table has, exact.

    `account`: as in the column billing_account_id. `scope`: the export's table, project.dataset.table, with the options
    of a `bigquery://` location. Raises InputError for what is no table, and Unreachable.
    """
    address = bigquery_address(scope or "")
    months = sorted(month for period in set(periods) if month_start(month := period.replace("-", "")))
    if not months:
        return []
    # Rows may be exported before their invoice month begins.
    floor = (datetime.strptime(months[0], "%Y%m") - timedelta(days=1)).replace(day=1)
    parameters: list[Any] = [
        Parameter("account", "STRING", account),
        ArrayQueryParameter("months", "STRING", months),
        Parameter("floor", "TIMESTAMP", floor),
    ]
    rows = Warehouse(address).run(_SQL.format(table=address.id), parameters, "control totals")
    with explained(address):
        return [
            (f"{row.month[:4]}-{row.month[4:]}", str(row.currency).upper(), _exact(row.total, address.url))
            for row in rows
        ]


def _exact(total: Decimal, what: str) -> Decimal:
    amount = exact(format(total, "f"))
    if amount is None:
        raise Unreachable(what, f"it says {shown(str(total), 40)}, which is more than money can hold")
    return amount[0]
