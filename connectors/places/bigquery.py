"""Which invoice months stand in a Google Cloud billing export, which of them changed, and what are their rows?

One file of a delivery is one invoice month: Google assigns a row to an invoice when it exports it, late rows
and corrections among them, and a month is re-read whole. Rows are only ever appended, into the partition of
the day on which they arrive. So a look reads the month and `export_time` columns of recent partitions, and
a month's rows are read from the partitions they arrived in, never from the whole table. Rows of the last
minutes, which are in no partition yet, come with the next look. FLOAT64 amounts reach Parquet unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq
from google.cloud.bigquery.table import RowIterator

from connectors.places.bigquery_address import BigQueryAddress, bigquery_address, month_start
from connectors.places.bigquery_query import Parameter, Warehouse, explained
from connectors.places.located import Located, Unreachable
from connectors.places.spool import keep_copy

_EPOCH = datetime(1970, 1, 1)
UNDATED = "undated"  # the name of what carries no invoice month


class _Changed(Exception):
    """The month has other rows than when it was listed."""


@dataclass(frozen=True)
class Month:
    """One invoice month (`YYYYMM`, or empty) as it stands in the table; `first` and `last`: its partitions."""

    month: str
    rows: int
    exported: datetime
    first: datetime
    last: datetime

    @property
    def identity(self) -> str:
        return f"rows:{self.rows};export_time:{self.exported.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def list_files(
    location: str,
    spool: Path,
    *,
    known: Mapping[str, str] | None = None,
    tell: Callable[[str], None] | None = None,
    now: datetime | None = None,
) -> list[Located]:
    """One `Located` per invoice month, named `bigquery://project.dataset.table/202503`.

    Without `known` (name → identity) the whole table is looked at, else the partitions of the look-back, and
    a known month without new rows keeps its identity. Raises InputError and Unreachable.
    """
    address = bigquery_address(location)
    warehouse = Warehouse(address, tell)
    before = _of_table(address, known)
    since, floor = _bounds(address, before, now)
    months = _look(warehouse, floor)
    # A month older than the bounds that changed, or that nobody knows: it was seen in part, so look further
    # back, once.
    late = [_needs(m.month) for m in months if m.last >= since or _name(address, m.month) not in before]
    if late and min(late) < floor:
        floor = min(late)
        months = _look(warehouse, floor)
    whole = {_name(address, m.month): m for m in months if _needs(m.month) >= floor}
    found = [_located(warehouse, name, m.identity, spool, m) for name, m in whole.items()]
    for name, identity in before.items():
        if name not in whole and _needs(_month(name)) < floor:
            found.append(_located(warehouse, name, identity, spool, None))
    return sorted(found, key=lambda file: file.name)


def estimate(location: str, *, known: Mapping[str, str] | None = None, now: datetime | None = None) -> int:
    """Bytes of a look, and of reading all rows of the partitions that it looks at."""
    address = bigquery_address(location)
    warehouse = Warehouse(address)
    _, floor = _bounds(address, _of_table(address, known), now)
    bound = [Parameter("floor", "TIMESTAMP", floor)]
    everything = f"SELECT * FROM `{address.id}` WHERE _PARTITIONTIME >= @floor"
    return warehouse.cost(_look_sql(address), bound) + warehouse.cost(everything, bound)


def _of_table(address: BigQueryAddress, known: Mapping[str, str] | None) -> dict[str, str]:
    return {name: of for name, of in (known or {}).items() if name.startswith(f"{address.url}/")}


def _bounds(
    address: BigQueryAddress, known: Mapping[str, str], now: datetime | None
) -> tuple[datetime, datetime]:
    """The look-back's first day, and the first partition to look at so that each month that may have changed
    is seen whole."""
    if not known:
        return _EPOCH, _EPOCH
    today = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    since = (today - address.lookback).replace(hour=0, minute=0, second=0, microsecond=0)
    return since, _month_before(since)


def _needs(month: str) -> datetime:
    """The first partition in which rows of this invoice month can lie: a month before it begins."""
    start = month_start(month)
    return _month_before(start) if start else _EPOCH


def _month_before(day: datetime) -> datetime:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _look_sql(address: BigQueryAddress) -> str:
    return (
        "SELECT IFNULL(invoice.month, '') AS month, COUNT(*) AS row_count, "
        "IFNULL(MAX(export_time), TIMESTAMP_SECONDS(0)) AS exported, "
        "MIN(_PARTITIONTIME) AS first, MAX(_PARTITIONTIME) AS last "
        f"FROM `{address.id}` WHERE _PARTITIONTIME >= @floor GROUP BY month ORDER BY month"
    )


def _look(warehouse: Warehouse, floor: datetime) -> list[Month]:
    parameters = [Parameter("floor", "TIMESTAMP", floor)]
    rows = warehouse.run(_look_sql(warehouse.address), parameters, "looking for changed invoice months")
    with explained(warehouse.address):
        return [
            Month(r.month, r.row_count, r.exported, r.first.replace(tzinfo=None), r.last.replace(tzinfo=None))
            for r in rows
        ]


def _located(warehouse: Warehouse, name: str, identity: str, spool: Path, month: Month | None) -> Located:
    exported = datetime.fromisoformat(identity.partition("export_time:")[2])
    key = name.rpartition("/")[2]
    fetch = partial(_fetch, warehouse, name, identity, spool, month)
    return Located(name, key, 0, int(exported.timestamp() * 1_000_000) * 1000, identity, fetch)


def _fetch(warehouse: Warehouse, name: str, identity: str, spool: Path, month: Month | None) -> Path:
    write = partial(_write, warehouse, name, identity, month)
    try:
        return keep_copy(spool, name, identity, write)
    except _Changed:
        now = _look_again(warehouse, name)
    try:
        return keep_copy(spool, name, now.identity, partial(_write, warehouse, name, now.identity, now))
    except _Changed:
        raise Unreachable(name, "it changed twice while it was read; run again") from None


def _write(warehouse: Warehouse, name: str, identity: str, month: Month | None, out: BinaryIO) -> None:
    """The whole month as Parquet, one page in memory at a time."""
    month = month or _look_again(warehouse, name)  # a known month outside of the look-back
    if month.identity != identity:
        raise _Changed
    sql = (
        f"SELECT * FROM `{warehouse.address.id}` WHERE IFNULL(invoice.month, '') = @month "
        "AND _PARTITIONTIME BETWEEN @first AND @last AND export_time <= @exported"
    )
    parameters = [
        Parameter("month", "STRING", month.month),
        Parameter("first", "TIMESTAMP", month.first),
        Parameter("last", "TIMESTAMP", month.last),
        Parameter("exported", "TIMESTAMP", month.exported),
    ]
    rows = warehouse.run(sql, parameters, f"invoice month {_key(month.month)}")
    with explained(warehouse.address):
        if _to_parquet(rows, out) != month.rows:
            raise _Changed


def _to_parquet(rows: RowIterator, out: BinaryIO) -> int:
    written, writer = 0, None
    with ExitStack() as closing:
        for batch in rows.to_arrow_iterable(bqstorage_client=None):  # over REST: no further permission
            if writer is None:
                writer = closing.enter_context(pq.ParquetWriter(out, batch.schema, compression="zstd"))
            writer.write_batch(batch)
            written += batch.num_rows
    return written


def _look_again(warehouse: Warehouse, name: str) -> Month:
    month = _month(name)
    for seen in _look(warehouse, _needs(month)):
        if seen.month == month:
            return seen
    raise Unreachable(name, "the table no longer has rows of this invoice month", None, "missing")


def _name(address: BigQueryAddress, month: str) -> str:
    return f"{address.url}/{_key(month)}"


def _key(month: str) -> str:
    return month or UNDATED


def _month(name: str) -> str:
    key = name.rpartition("/")[2]
    return "" if key == UNDATED else key
