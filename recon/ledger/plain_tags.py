"""What does a charge's own tagset say for a key that rules read and nobody requires?

Keys that are required, and the owner key, are judged, and rules read what judging resolved. Of another key the bill
alone is asked: the charge's own tags, then those that the bill took from a container.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import polars as pl

from recon.allocation import Allocation
from recon.frames import frame
from recon.registry import Registry, Rules, in_force, is_blank
from recon.store.books import Book

_ENTRIES = """
SELECT tagset_no, tag_key, tag_value FROM base.tagset_entry WHERE tagset_no IN (
    SELECT tagset_no FROM base.charge WHERE book_no = $book
    UNION SELECT inherited_tagset_no FROM base.charge_dim WHERE book_no = $book) ORDER BY ALL"""
_JUDGED = "SELECT DISTINCT key FROM base.registry_key JOIN base.judgement USING (key_no) WHERE book_no = ?"


def plain_keys(con: duckdb.DuckDBPyConnection, book: Book, allocation: Allocation) -> list[str]:
    """The keys that rules read and that this book was not judged by."""
    judged = {row[0] for row in con.execute(_JUDGED, [book.book_no]).fetchall()}
    known = isinstance(allocation.names, Registry)
    return [key for key in allocation.tag_keys if key not in judged] if known else []


def number_plain_tags(
    con: duckdb.DuckDBPyConnection, book: Book, allocation: Allocation, keys: list[str]
) -> None:
    """Temp table `plain_tag`: tagset_no, key, value_no, value; valid values only, the first raw key by name where several mean
    one. The registry as on the last day of the period."""
    rows: dict[tuple[int, str], str] = {}
    if keys and isinstance(allocation.names, Registry):
        rules = in_force(allocation.names, _last_day(book.billing_period))
        for tagset, raw_key, text in frame(con, _ENTRIES, {"book": book.book_no}).iter_rows():
            hit = rules.key_of(book.provider_id, raw_key)
            if hit and hit.key in keys and (value := _value(rules, book.provider_id, hit.key, text)):
                rows.setdefault((tagset, hit.key), value)
    found = [(tagset, key, value) for (tagset, key), value in rows.items()]
    schema = {"tagset_no": pl.Int32, "key": pl.String, "value": pl.String}
    con.register("plain_now", pl.DataFrame(found, schema=schema, orient="row").to_arrow())
    con.execute(
        "CREATE OR REPLACE TEMP TABLE plain_tag AS SELECT *, dense_rank() OVER (ORDER BY value) AS value_no FROM plain_now"
    )
    con.unregister("plain_now")


def _value(rules: Rules, provider_id: str, key: str, text: str) -> str | None:
    if key not in rules.keys or is_blank(text):
        return None
    hit = rules.value_of(key, provider_id, text)
    return hit.value if hit.valid else None


def _last_day(period: str) -> dt.date:
    year, month = (int(part) for part in period.split("-"))
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
