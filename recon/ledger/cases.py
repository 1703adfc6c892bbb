"""On which distinct rows must the rules of a book be judged, and what do these rows cost?

Charges that no rule can tell apart are one case: rules look at cases, and money is added up per case once. Charges
are compared by integers; texts are fetched for the distinct rows behind them only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from recon.allocation import Allocation
from recon.allocation.columns import ACCOUNT_NAME, DAY, DIMENSION, FOLDER, GROUP, OWNER, TAG
from recon.frames import frame
from recon.ledger.account_places import account_places
from recon.ledger.plain_tags import number_plain_tags, plain_keys
from recon.store.books import Book
from recon.verdicts import RUNGS, VERDICTS

_DIMS = {
    "ProviderName": "d.provider_name", "SubAccountId": "d.sub_account_id", "InvoiceId": "d.invoice_id",
    "ResourceType": "d.resource_type", "ServiceName": "d.service_name", "ServiceCategory": "d.service_category",
    "RegionId": "d.region_id", "ChargeCategory": "d.charge_category", "ChargeClass": "d.charge_class",
    "x_Class": "d.class", "CommitmentDiscountId": "d.commitment_id",
    "CommitmentDiscountStatus": "d.commitment_status", FOLDER: "a.folder",
}  # fmt: skip
_BOOK = {
    "x_ProviderId": "provider_id",
    "BillingAccountId": "billing_account_id",
    "BillingCurrency": "currency",
}
_RESOURCE = {
    "ResourceId": "resource_id",
    GROUP: r"nullif(lower(regexp_extract(resource_id, '(?i)/resourcegroups/([^/]+)', 1)), '')",
}


@dataclass(frozen=True)
class _Read:
    """What rules read, by where it comes from: names as rules write them."""

    dims: tuple[str, ...]
    resources: tuple[str, ...]
    tags: tuple[str, ...]
    book: tuple[str, ...]
    day: bool

    @classmethod
    def of(cls, names: Iterable[str]) -> _Read:
        named = sorted({n for n in names if not n.startswith(DIMENSION) and n != OWNER})
        aside = {*_RESOURCE, *_BOOK, DAY}
        return cls(
            dims=tuple(n for n in named if n == GROUP or (n not in aside and not n.startswith(TAG))),
            resources=tuple(n for n in named if n in _RESOURCE),
            tags=tuple(n.removeprefix(TAG) for n in named if n.startswith(TAG)),
            book=tuple(n for n in named if n in _BOOK),
            day=DAY in named,
        )


def book_cases(
    con: duckdb.DuckDBPyConnection, book: Book, allocation: Allocation, owner_key: str
) -> pl.DataFrame:
    """One row per case: case_no, class, verdict, rung, resolved (the owner key's value or null), and every column
    that rules read, as they name it.

    Leaves the temp tables `post_case` (case_no, integers, billed, effective, charges) and `post_charge` (charge_no and
    the same integers): `matches` says which charge is of which case.
    """
    read = _Read.of(allocation.named())
    _dims(con, book, read)
    _resources(con, book, read)
    plain = plain_keys(con, book, allocation)
    number_plain_tags(con, book, allocation, plain)
    tags = [key for key in read.tags if key not in plain]
    _charges(con, book, read, owner_key, tags, plain)
    return _texts(con, book, read, tags, plain)


def matches(con: duckdb.DuckDBPyConnection) -> str:
    """SQL: the columns by which `post_charge` and `post_case` are joined."""
    rows = con.execute("DESCRIBE post_case").fetchall()
    own = ("case_no", "billed", "effective", "charges")
    return ", ".join(row[0] for row in rows if row[0] not in own)


def forget_cases(con: duckdb.DuckDBPyConnection) -> None:
    """Drop the temp tables, which may be as large as the book."""
    for table in ("post_charge", "post_case", "post_dim", "post_resource", "plain_tag"):
        con.execute(f"DROP TABLE IF EXISTS {table}")


def _dims(con: duckdb.DuckDBPyConnection, book: Book, read: _Read) -> None:
    wanted = {ACCOUNT_NAME, FOLDER} & {*read.dims}
    places = account_places(con, book.provider_id) if wanted else []
    schema = {"account": pl.String, "name": pl.String, "folder": pl.String}
    rows = [(p.account, p.name, p.folder) for p in places]
    con.register("places_now", pl.DataFrame(rows, schema=schema, orient="row").to_arrow())
    columns = "".join(f", {_dim(name)} AS c{n}" for n, name in enumerate(read.dims))
    every = ", ".join(("class", *(f"c{n}" for n in range(len(read.dims)))))
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE post_dim AS SELECT dim_no, inherited_tagset_no, dense_rank() OVER (ORDER BY {every}) AS dim_case, {every} "
        f"FROM (SELECT d.dim_no, d.inherited_tagset_no, d.class{columns} FROM base.charge_dim d LEFT JOIN places_now a ON a.account = d.sub_account_id "
        "WHERE d.book_no = $book)",
        {"book": book.book_no},
    )
    con.unregister("places_now")


def _dim(name: str) -> str:
    """SQL: a column of the charge's dimensions; what is beyond the grain stands in their `extra`."""
    if name == ACCOUNT_NAME:
        return f"coalesce({_extra('SubAccountName')}, a.name)"
    if name == GROUP:
        return f"lower({_extra('x_ResourceGroupName')})"
    return _DIMS.get(name) or _extra(name)


def _extra(column: str) -> str:
    return f"(d.extra ->> '$.{column}')"


def _resources(con: duckdb.DuckDBPyConnection, book: Book, read: _Read) -> None:
    if not read.resources:
        return
    every = ", ".join(f"r{n}" for n in range(len(read.resources)))
    columns = ", ".join(f"{_RESOURCE[name]} AS r{n}" for n, name in enumerate(read.resources))
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE post_resource AS SELECT bill_resource_no, dense_rank() OVER (ORDER BY {every}) AS resource_case, {every} "
        f"FROM (SELECT bill_resource_no, {columns} FROM base.bill_resource WHERE bill_resource_no IN ("
        "SELECT bill_resource_no FROM base.charge WHERE book_no = $book))",
        {"book": book.book_no},
    )


def _charges(
    con: duckdb.DuckDBPyConnection,
    book: Book,
    read: _Read,
    owner_key: str,
    judged: Sequence[str],
    plain: Sequence[str],
) -> None:
    key_no = "(SELECT key_no FROM base.registry_key WHERE key = {})"
    columns = [
        "c.charge_no", "p.dim_case",
        f"{'coalesce(r.resource_case, 0)' if read.resources else '0'} AS resource_case",
        f"{'c.day' if read.day else '0'} AS day",
        "j.verdict AS verdict_no", "coalesce(j.rung, 255) AS rung_no", "coalesce(j.resolved_no, 0) AS resolved_no",
        *(f"coalesce(j{n}.resolved_no, 0) AS t{n}" for n in range(len(judged))),
        *(f"coalesce(o{n}.value_no, i{n}.value_no, 0) AS p{n}" for n in range(len(plain))),
        "c.billed", "c.effective",
    ]  # fmt: skip
    joins = [
        "JOIN post_dim p USING (dim_no)",
        f"JOIN base.judgement j ON j.charge_no = c.charge_no AND j.book_no = $book AND j.key_no = {key_no.format('$owner')}",
        *(
            f"LEFT JOIN base.judgement j{n} ON j{n}.charge_no = c.charge_no AND j{n}.book_no = $book AND "
            f"j{n}.key_no = {key_no.format(_text(key))}"
            for n, key in enumerate(judged)
        ),
        *(
            f"LEFT JOIN plain_tag o{n} ON o{n}.tagset_no = c.tagset_no AND o{n}.key = {_text(key)} "
            f"LEFT JOIN plain_tag i{n} ON i{n}.tagset_no = p.inherited_tagset_no AND i{n}.key = {_text(key)}"
            for n, key in enumerate(plain)
        ),
    ]
    if read.resources:
        joins.append("LEFT JOIN post_resource r USING (bill_resource_no)")
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE post_charge AS SELECT {', '.join(columns)} FROM base.charge c {' '.join(joins)} WHERE c.book_no = $book",
        {"owner": owner_key, "book": book.book_no},
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE post_case AS SELECT (row_number() OVER ())::INTEGER AS case_no, * FROM ("
        "SELECT * EXCLUDE (charge_no, billed, effective), sum(billed) AS billed, sum(effective) AS effective, count(*) AS charges "
        "FROM post_charge GROUP BY ALL)"
    )


def _texts(
    con: duckdb.DuckDBPyConnection, book: Book, read: _Read, judged: Sequence[str], plain: Sequence[str]
) -> pl.DataFrame:
    groups = GROUP in read.dims
    columns = [
        "k.case_no", "d.class", "k.verdict_no", "k.rung_no", "v.value AS resolved",
        *(f"d.c{n} AS {_name(name)}" for n, name in enumerate(read.dims) if name != GROUP),
        *(f"r.r{n} AS {_name(name)}" for n, name in enumerate(read.resources) if name != GROUP),
        *(f"{_text(getattr(book, _BOOK[name]))} AS {_name(name)}" for name in read.book),
        *(f"v{n}.value AS {_name(TAG + key)}" for n, key in enumerate(judged)),
        *(f"p{n}.value AS {_name(TAG + key)}" for n, key in enumerate(plain)),
    ]  # fmt: skip
    if groups:
        own, billed = f"r.r{read.resources.index(GROUP)}", f"d.c{read.dims.index(GROUP)}"
        columns.append(f"coalesce({own}, {billed}) AS {_name(GROUP)}")
    if read.day:
        columns.append(f"strftime(DATE '1970-01-01' + k.day, '%Y-%m-%d') AS {_name(DAY)}")
    every = ", ".join(("dim_case", "class", *(f"c{n}" for n in range(len(read.dims)))))
    joins = [
        f"JOIN (SELECT DISTINCT {every} FROM post_dim) d USING (dim_case)",
        "LEFT JOIN base.value v ON v.value_no = k.resolved_no",
        *(f"LEFT JOIN base.value v{n} ON v{n}.value_no = k.t{n}" for n in range(len(judged))),
        *(
            f"LEFT JOIN (SELECT DISTINCT value_no, value FROM plain_tag) p{n} ON p{n}.value_no = k.p{n}"
            for n in range(len(plain))
        ),
    ]
    if read.resources:
        parts = ", ".join(f"r{n}" for n in range(len(read.resources)))
        joins.append(
            f"LEFT JOIN (SELECT DISTINCT resource_case, {parts} FROM post_resource) r USING (resource_case)"
        )
    found = frame(con, f"SELECT {', '.join(columns)} FROM post_case k {' '.join(joins)}")
    return found.with_columns(
        pl.col("verdict_no")
        .replace_strict(dict(enumerate(VERDICTS)), return_dtype=pl.String)
        .alias("verdict"),
        pl.col("rung_no")
        .replace_strict(dict(enumerate(RUNGS)), return_dtype=pl.String, default=None)
        .alias("rung"),
    )


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
