"""How are the lines of divided pools replaced by allocated charges, one per account where their cost ends?

The rows, already FOCUS, are kept in a table; the lines in pools that the ledger divided are taken out of it book by
book, cut along the ledger's splits, and joined back. Every other row is written as it is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa

from recon.focus_export.cut import shared
from recon.focus_export.decimals import column_of, units_of
from recon.focus_export.model import columns_of
from recon.focus_export.ways import Division, End, Target, Units, Ways
from recon.money import fraction_text, to_units

_PLACES = 18  # decimals of AllocatedRatio; x_AllocatedShare has all of it


def metrics_of(version: str) -> tuple[str, ...]:
    """The columns of a release that sum up: costs and quantities. Unit prices do not."""
    return tuple(
        c.name
        for c in columns_of(version)
        if c.type == "quantity" or (c.type == "money" and c.name.endswith("Cost"))
    )


def divide_rows(con: duckdb.DuckDBPyConnection, version: str) -> tuple[int, int]:
    """Fill temp tables `part` (a line's metrics at one end) and `ending` (what is told of that end) from `conformed`
    (rows with rowid, x__entry, x__file) and `store.base.entry`; returns how many lines became how many parts."""
    metrics = metrics_of(version)
    ways = {book: Ways.of(divisions) for book, divisions in _divisions(con).items()}
    con.execute(
        "CREATE TEMP TABLE pool AS SELECT unnest($books) AS book_no, unnest($pools) AS account",
        {
            "books": [book for book, way in ways.items() for _ in way.divisions],
            "pools": [pool for way in ways.values() for pool in way.divisions],
        },
    )
    con.execute(
        f"CREATE TEMP TABLE pooled AS SELECT c.rowid AS line, e.book_no, e.account, {', '.join(metrics)}, "
        "row_number() OVER (PARTITION BY x__file, x_SourceRow ORDER BY c.rowid) AS twin FROM conformed c "
        "JOIN store.base.entry e ON e.entry_no = c.x__entry JOIN pool USING (book_no, account)"
    )
    kinds = {row[0]: row[1] for row in con.execute("DESCRIBE pooled").fetchall()}
    columns = "".join(f", {m} {kinds[m]}" for m in metrics)
    con.execute(f"CREATE TEMP TABLE part (line BIGINT, end_no INTEGER{columns})")
    told: list[tuple[Any, ...]] = []
    for book in sorted(ways):
        for part in _book(con, book, ways[book], metrics, told):
            con.register("part_now", part)
            con.execute("INSERT INTO part SELECT * FROM part_now")
            con.unregister("part_now")
    _register_endings(con, told)
    row = con.execute("SELECT (SELECT count(*) FROM pooled), (SELECT count(*) FROM part)").fetchone()
    return row or (0, 0)


def _divisions(con: duckdb.DuckDBPyConnection) -> dict[int, list[Division]]:
    """Book → its transactions of splits, both sides of which the ledger posted."""
    rows = con.execute(
        "SELECT book_no, rule_id, origin_account, account, billed, effective, weight FROM store.base.entry "
        "WHERE origin_account IS NOT NULL AND account <> origin_account "
        "AND book_no IN (SELECT DISTINCT e.book_no FROM conformed c JOIN store.base.entry e ON e.entry_no = c.x__entry) "
        "ORDER BY book_no, origin_account, account"
    ).fetchall()
    found: dict[tuple[int, str, str], list[Target]] = defaultdict(list)
    for book, split_id, pool, account, billed, effective, weight in rows:
        share = None if weight is None else Fraction(weight)
        found[(book, split_id, pool)].append(Target(account, (to_units(billed), to_units(effective)), share))
    books: dict[int, list[Division]] = defaultdict(list)
    for (book, split_id, pool), targets in found.items():
        books[book].append(Division(split_id, pool, tuple(targets)))
    return books


def _book(
    con: duckdb.DuckDBPyConnection, book: int, ways: Ways, metrics: Sequence[str], told: list[tuple[Any, ...]]
) -> Iterator[pa.Table]:
    """The parts of one book's lines, pool by pool; appends to `told` what their ends are."""
    tables: dict[str, pa.Table] = {}
    direct: dict[str, dict[int, Units]] = {}
    for pool in ways.divisions:
        table: Any = con.sql(
            f"SELECT line, {', '.join(metrics)} FROM pooled WHERE book_no = $book AND account = $pool ORDER BY line",
            params={"book": book, "pool": pool},
        ).to_arrow_table()
        if table.num_rows:
            tables[pool] = table
            billed, effective = (units_of(table[cost]) for cost in ("BilledCost", "EffectiveCost"))
            both = zip(billed, effective, strict=True)
            direct[pool] = {
                line: (b or 0, e or 0) for line, (b, e) in zip(table["line"].to_pylist(), both, strict=True)
            }
    ended = ways.follow(direct)
    for pool, table in tables.items():
        yield from _pool(pool, table, ways.ends(pool), ended, metrics, told)


def _pool(
    pool: str,
    table: pa.Table,
    ends: Sequence[End],
    ended: dict[str, dict[int, Units]],
    metrics: Sequence[str],
    told: list[tuple[Any, ...]],
) -> Iterator[pa.Table]:
    """One table per end. A metric that says of a line what its BilledCost or EffectiveCost says is divided as these."""
    lines: list[int] = table["line"].to_pylist()
    values = {metric: units_of(table[metric]) for metric in metrics}
    kinds = {metric: table.schema.field(metric).type for metric in metrics}
    parts = {
        metric: shared([value or 0 for value in values[metric]], [end.share for end in ends])
        for metric in metrics
        if metric not in ("BilledCost", "EffectiveCost") and any(values[metric])
    }
    billed, effective = values["BilledCost"], values["EffectiveCost"]
    printed = _printed([end.share for end in ends])
    for n, end in enumerate(ends):
        there = ended.get(end.account, {})
        own = [there.get(line, (0, 0)) for line in lines]
        columns: dict[str, Any] = {
            "line": pa.array(lines, pa.int64()),
            "end_no": pa.array([len(told)] * len(lines), pa.int32()),
        }
        for metric in metrics:
            if metric == "BilledCost":
                mine: list[int | None] = [units[0] for units in own]
            elif metric == "EffectiveCost":
                mine = [units[1] for units in own]
            elif metric not in parts:
                mine = values[metric]  # null or 0
            elif pa.types.is_decimal(kinds[metric]) and kinds[metric].scale == kinds["BilledCost"].scale:
                each = zip(values[metric], parts[metric][n], billed, effective, own, strict=True)
                mine = [
                    None if v is None else u[1] if v == e else u[0] if v == b else part
                    for v, part, b, e, u in each
                ]
            else:
                mine = [
                    None if v is None else part
                    for v, part in zip(values[metric], parts[metric][n], strict=True)
                ]
            columns[metric] = column_of(mine, kinds[metric])
        told.append(_told(len(told), pool, end, printed[n]))
        yield pa.table(columns)


def _printed(shares: Sequence[Fraction]) -> list[Decimal]:
    """Ratios of so many decimals that sum to 1 themselves."""
    whole, before, until, found = 10**_PLACES, 0, Fraction(0), []
    for share in shares:
        until += share
        reached = round(until * whole)
        found.append(Decimal(reached - before).scaleb(-_PLACES))
        before = reached
    return found


def _told(number: int, pool: str, end: End, ratio: Decimal) -> tuple[Any, ...]:
    text = format(ratio, "f").rstrip("0").rstrip(".") or "0"
    details = f'{{"Elements":[{{"AllocatedRatio":{text},"x_AllocatedShare":{json.dumps(fraction_text(end.share))}}}]}}'
    kind, _, owner = end.account.partition(":")
    return (
        number, pool, end.account, owner if kind == "owner" else None, " > ".join(end.splits), details,
        fraction_text(end.share), ", ".join(end.last),
    )  # fmt: skip


def _register_endings(con: duckdb.DuckDBPyConnection, told: list[tuple[Any, ...]]) -> None:
    texts = ("pool", "account", "owner", "method", "details", "share", "rule_id")
    columns = {"end_no": pa.array([row[0] for row in told], pa.int32())}
    columns |= {column: pa.array([row[n] for row in told], pa.string()) for n, column in enumerate(texts, 1)}
    con.register("told_now", pa.table(columns))
    con.execute("CREATE TEMP TABLE ending AS SELECT * FROM told_now")
    con.unregister("told_now")
