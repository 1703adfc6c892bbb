"""Who cost how much, so that shared cost can be divided by it?

Sums come from direct postings only; shares of other pools never weigh. Where a split looks at more than accounts, the
charges of a book are gathered once into the cases that its rules and the split can tell apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

import duckdb
import polars as pl

from recon.allocation import EMPTY, Allocation, AnyOf, Compare, Rule, Split, Target
from recon.allocation.columns import DAY, DIMENSION
from recon.allocation.split_model import before
from recon.frames import frame
from recon.ledger.cases import book_cases, forget_cases, matches
from recon.ledger.owners import accounts_of
from recon.ledger.shares import Cell
from recon.money import SCALE, to_units
from recon.store.books import Book, all_books

Units = tuple[int, int]
_UNIT = 10**SCALE
_Sums = dict[Cell, dict[str, Fraction]]


@dataclass
class StoreWeigher:
    """Weighs the splits of one period and currency over all its books. `owner_key`: the key that says who pays."""

    con: duckdb.DuckDBPyConnection
    allocation: Allocation
    owner_key: str
    period: str
    currency: str
    _costs: dict[str, _Sums] = field(default_factory=dict)
    _gathered: dict[tuple[int, tuple[str, ...]], pl.DataFrame] = field(default_factory=dict)

    def costs(self, rule: Split, cell: Cell, *, previous: bool) -> Mapping[str, Fraction]:
        """Account → its cost in the window; of the month before the books' where `previous`."""
        window = replace(rule.window, kind="previous") if previous else rule.window
        key = repr((rule.cost, rule.of, window, rule.within, rule.as_tagged))
        if key not in self._costs:
            self._costs[key] = self._read(replace(rule, window=window))
        if previous and rule.window.kind == "day":
            cell = cell[1:]
        return self._costs[key].get(cell, {})

    def in_cells(self, rule: Split) -> Mapping[int, Mapping[Cell, Units]]:
        """Book → cell → what was posted directly to the source of the split."""
        found: dict[int, dict[Cell, Units]] = {}
        for book in self._books(self.period):
            at: dict[Cell, Units] = defaultdict(lambda: (0, 0))
            for account, _, texts, billed, effective in self._rows(book, _cell_columns(rule)):
                if account == rule.source:
                    had = at[texts]
                    at[texts] = (had[0] + to_units(billed), had[1] + to_units(effective))
            found[book.book_no] = dict(at)
        return found

    def _read(self, rule: Split) -> _Sums:
        """Cell → account → cost; below () the sums over all cells."""
        window, cells = rule.window, _cell_columns(rule)
        period = window.read_for(self.period) if window.kind != "previous" else before(self.period)
        asked = sorted(set(rule.of.columns())) if rule.of else []
        through = window.through if window.kind == "frozen" else None
        names = (*cells, *asked, *((DAY,) if through else ()))
        sums: dict[Cell, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        judged: dict[Cell, bool] = {}
        for book in self._books(period):
            rows = self._rows(book, names) if names or rule.as_tagged else self._plain(book)
            for account, resolved, texts, billed, effective in rows:
                row = texts[len(cells) :]
                if row not in judged:
                    judged[row] = _counts(rule, asked, row, through)
                if not judged[row]:
                    continue
                who = f"owner:{resolved}" if rule.as_tagged and resolved is not None else account
                units = to_units(effective if rule.cost == "EffectiveCost" else billed)
                sums[()][who] += units
                if cells:
                    sums[texts[: len(cells)]][who] += units
        return {c: {a: Fraction(u, _UNIT) for a, u in by.items()} for c, by in sums.items()}

    def _plain(self, book: Book) -> list[tuple[str, None, Cell, Decimal, Decimal]]:
        rows = self.con.execute(
            "SELECT account, sum(billed), sum(effective) FROM base.entry WHERE book_no = ? AND basis = 'direct' "
            "GROUP BY ALL ORDER BY ALL",
            [book.book_no],
        ).fetchall()
        return [(account, None, (), billed, effective) for account, billed, effective in rows]

    def _rows(
        self, book: Book, names: Sequence[str]
    ) -> Iterator[tuple[str, str | None, Cell, Decimal, Decimal]]:
        """Account, owner by the tags, the columns of `names`, amounts: of each case of the book."""
        key = (book.book_no, tuple(sorted(set(names))))
        if key not in self._gathered:
            self._gathered[key] = self._gather(book, key[1])
        columns = ["account", "resolved", *names, "billed", "effective"]
        found = self._gathered[key]
        for row in found.select(pl.col(c).alias(f"{n}") for n, c in enumerate(columns)).iter_rows():
            yield row[0], row[1], tuple(row[2:-2]), row[-2], row[-1]

    def _gather(self, book: Book, names: Sequence[str]) -> pl.DataFrame:
        found = self._with_dimensions(book, names) if _dimensions(names) else self._posted(book, names)
        by = ["account", "resolved", *(name for name in names if name != "resolved")]
        money = (pl.col("billed").sum(), pl.col("effective").sum())
        return found.group_by(by).agg(money).sort(by, nulls_last=True)

    def _posted(self, book: Book, names: Sequence[str]) -> pl.DataFrame:
        """The cases that `names` tell apart, by the account that the book's postings have them at."""
        asked = replace(EMPTY, rules=(_reading(names),), names=self.allocation.names)
        cases = book_cases(self.con, book, asked, self.owner_key)
        money = frame(
            self.con,
            "SELECT e.account, k.case_no, sum(c.billed) AS billed, sum(c.effective) AS effective FROM post_charge c "
            f"JOIN post_case k USING ({matches(self.con)}) JOIN base.posting p ON p.charge_no = c.charge_no AND p.book_no = $book "
            "JOIN base.entry e ON e.entry_no = p.entry_no GROUP BY ALL",
            {"book": book.book_no},
        )
        forget_cases(self.con)
        return money.join(cases, on="case_no", how="inner")

    def _with_dimensions(self, book: Book, names: Sequence[str]) -> pl.DataFrame:
        """The same where dimensions are looked at: they are worked out with the owner's rules."""
        asked = replace(self.allocation, rules=(*self.allocation.rules, _reading(names)))
        cases = book_cases(self.con, book, asked, self.owner_key)
        money = frame(self.con, "SELECT case_no, billed, effective FROM post_case")
        forget_cases(self.con)
        pools = self.allocation.pools(book.billing_period)
        posts = accounts_of(cases, self.allocation, book.billing_period, pools)
        return posts.join(money, on="case_no", how="inner")

    def _books(self, period: str) -> list[Book]:
        return [b for b in all_books(self.con) if b.billing_period == period and b.currency == self.currency]


def _reading(names: Sequence[str]) -> Rule:
    """A rule that reads `names`, so that cases are told apart by them."""
    return Rule("", AnyOf(tuple(Compare(name, "present", ("true",)) for name in names)), Target("shared", ""))


def _dimensions(names: Sequence[str]) -> bool:
    return any(name.startswith(DIMENSION) for name in names)


def _cell_columns(rule: Split) -> tuple[str, ...]:
    return (*((DAY,) if rule.window.kind == "day" else ()), *rule.within)


def _counts(rule: Split, asked: Sequence[str], row: Cell, through: str | None) -> bool:
    """Whether a case weighs: `row` has the asked columns, then the day where only some days count."""
    if through is not None and (row[-1] or "") > through:
        return False
    return rule.of is None or rule.of.holds(dict(zip(asked, row, strict=False)))
