"""Which periods must be judged and posted again, and in what order?

A new snapshot or a restated bill can change what later lines prove about earlier ones, so every period of a
touched provider is judged again; every period × currency with a judged book is posted again, because splits
weigh over all of it. New rules touch everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb
import polars as pl

from recon.allocation import Allocation
from recon.config import RunConfig
from recon.ledger.adjust import post_adjustments
from recon.ledger.close import close
from recon.ledger.closures import closed_books
from recon.ledger.post import post_periods
from recon.ledger.rules_in_force import rules_hash
from recon.reconcile.reconcile import Settings, reconcile
from recon.reconcile.tagset_values import ValueNumbers
from recon.reconcile.world import World
from recon.registry import Registry
from recon.store.books import Book, all_books
from recon.store.masking import Masker
from recon.store.store import read_meta, write_meta
from recon.taggability import Taggability


@dataclass
class Touched:
    """Providers with new data; `all_judged`, `all_posted`: the rules themselves changed."""

    judged_by: str
    posted_by: str
    all_judged: bool
    all_posted: bool
    providers: set[str] = field(default_factory=set)
    gone: set[tuple[str, str]] = field(
        default_factory=set
    )  # period and currency of books that lost all charges
    values_gone: bool = False  # what judgements refer to was masked anew

    @classmethod
    def load(cls, con: duckdb.DuckDBPyConnection, judged_by: str, posted_by: str) -> Touched:
        """Compare the rules of now with those that the store was judged and posted by."""
        pending = read_meta(con, "pending") == "1"
        return cls(
            judged_by, posted_by,
            pending or read_meta(con, "judged_by") != judged_by, pending or read_meta(con, "posted_by") != posted_by,
        )  # fmt: skip

    def to_judge(self, books: list[Book], periods: tuple[str, str] | None) -> list[Book]:
        if self.all_judged:
            return books
        named = periods or ("", "")
        return [
            b for b in books if b.provider_id in self.providers or named[0] <= b.billing_period <= named[1]
        ]

    def without_closed(self, con: duckdb.DuckDBPyConnection, books: list[Book], owner_key: str) -> list[Book]:
        """`books` less the closed ones: those stay as they were judged, unless their bill was restated, or what
        their judgements refer to is not there any more."""
        closed = closed_books(con)
        if self.values_gone or not closed:
            return books
        found = con.execute(
            "SELECT DISTINCT book_no FROM base.judgement JOIN base.registry_key USING (key_no) WHERE key = ?",
            [owner_key],
        ).fetchall()
        kept = closed.keys() & {row[0] for row in found}
        return [b for b in books if b.book_no not in kept]

    def to_post(
        self, con: duckdb.DuckDBPyConnection, books: list[Book], judged: list[Book], allocation: Allocation
    ) -> list[Book]:
        """Splits weigh over all books of a period and currency; some over those of another period. A closed book is
        posted again only where its bill was restated, or other rules hold in its period: what else has changed
        since does not move it."""
        kept = set() if self.values_gone else _as_posted(con, books, allocation)
        groups = {(b.billing_period, b.currency) for b in judged} | self.gone
        return [
            b for b in books
            if b.book_no not in kept and (
                self.all_posted or any((p, b.currency) in groups for p in (b.billing_period, *allocation.read_periods(b.billing_period)))
            )
        ]  # fmt: skip


def judge_and_post(
    con: duckdb.DuckDBPyConnection,
    cfg: RunConfig,
    registry: Registry,
    allocation: Allocation,
    taggability: Taggability,
    masker: Masker,
    touched: Touched,
    periods: tuple[str, str] | None,
    tell: Callable[[str], None],
) -> None:
    """Bring judgements and ledger up to date and prove that the books close; raises OurBug if they don't."""
    books = all_books(con)
    judged = touched.without_closed(con, touched.to_judge(books, periods), registry.owner)
    touched.gone |= _forget_books(con, books)
    if judged:
        tell(f"reconcile: judging {len(judged)} of {len(books)} books")
        world = World(con, registry, masker, taggability, _load_numbers(con))
        reconcile(world, judged, Settings(cfg.grace_hours, tuple(cfg.account_owner_bears)))
        _store_meanings(con, world)
        _store_numbers(con, world.numbers)
    posted = touched.to_post(con, books, judged, allocation)
    if posted:
        tell(f"ledger: posting {len(posted)} books")
        post_periods(con, posted, allocation, registry.owner)
    adjusted = post_adjustments(con, allocation.signature)
    if adjusted:
        tell(f"ledger: {adjusted} adjustments of closed months")
    close(con)
    write_meta(con, "judged_by", touched.judged_by)
    write_meta(con, "posted_by", touched.posted_by)
    write_meta(con, "posted_version", allocation.signature)


def _as_posted(con: duckdb.DuckDBPyConnection, books: list[Book], allocation: Allocation) -> set[int]:
    """Closed books whose entries are still those of their charges, by the rules in force in their period."""
    closed = closed_books(con)
    if not closed:
        return set()
    rows = con.execute(
        "SELECT book_no, rules_hash FROM base.posted_by SEMI JOIN base.posting USING (book_no)"
    ).fetchall()
    known = dict(rows)
    return {
        b.book_no
        for b in books
        if b.book_no in closed and known.get(b.book_no) == rules_hash(allocation, b.billing_period)
    }


def _forget_books(con: duckdb.DuckDBPyConnection, books: list[Book]) -> set[tuple[str, str]]:
    """Books whose last file went away keep no judgements, postings or entries. Returns the period and currency of
    those that had some."""
    kept = [b.book_no for b in books]
    gone = con.execute(
        "SELECT DISTINCT billing_period, currency FROM base.book SEMI JOIN base.entry USING (book_no) "
        "WHERE book_no NOT IN (SELECT unnest(?::INTEGER[])) ORDER BY ALL",
        [kept],
    ).fetchall()
    for table in ("base.judgement", "base.posting", "base.entry", "base.dimension_sum"):
        con.execute(f"DELETE FROM {table} WHERE book_no NOT IN (SELECT unnest(?::INTEGER[]))", [kept])
    return {(period, currency) for period, currency in gone}


def _load_numbers(con: duckdb.DuckDBPyConnection) -> ValueNumbers:
    rows = con.execute("SELECT value, value_no FROM base.value ORDER BY value_no").fetchall()
    return ValueNumbers(dict(rows))


def _store_numbers(con: duckdb.DuckDBPyConnection, numbers: ValueNumbers) -> None:
    texts = pl.DataFrame(
        {"value_no": list(numbers.numbers.values()), "value": list(numbers.numbers)},
        schema={"value_no": pl.Int32, "value": pl.String},
    )
    con.register("numbers_now", texts.to_arrow())
    con.execute(
        "INSERT INTO base.value SELECT * FROM numbers_now ANTI JOIN base.value USING (value_no) ORDER BY value_no"
    )
    con.unregister("numbers_now")


def _store_meanings(con: duckdb.DuckDBPyConnection, world: World) -> None:
    """What each raw key and value of a live resource means today, for the view `resource_tags`."""
    parts = []
    for provider_id in world.states["provider_id"].unique().to_list():
        for key, values in world.resolved(provider_id, world.latest_rules()).by_key.items():
            distinct = values.select("raw_key", "raw_value", "value_no").unique()
            parts.append(
                distinct.with_columns(pl.lit(provider_id).alias("provider_id"), pl.lit(key).alias("key"))
            )
    con.execute("DELETE FROM base.tag_meaning")
    if not parts:
        return
    texts = {number: text for text, number in world.numbers.numbers.items()}
    found = pl.concat(parts).with_columns(
        pl.col("value_no").replace_strict(texts, return_dtype=pl.String).alias("value")
    )
    con.register(
        "meanings_now",
        found.select("provider_id", "raw_key", "raw_value", "key", "value").unique().to_arrow(),
    )
    con.execute("INSERT INTO base.tag_meaning SELECT * FROM meanings_now ORDER BY ALL")
    con.unregister("meanings_now")
