"""What differs between two stores: money by ledger account, charge by charge, by dimension, verdicts, coverage?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from recon.money import plain
from recon.store.store import Limits, connect
from recon.whatif.followed import bills_changed, moved_at_most
from recon.whatif.trial import Trial

Periods = tuple[str, str]
_EVER: Periods = ("0000-00", "9999-99")
_ZERO = Decimal(0)

_ACCOUNTS = """
WITH side AS (
    SELECT billing_period, BillingCurrency AS currency, account, EffectiveCost AS e0, BilledCost AS b0, 0::DECIMAL(38,24) AS e1, 0::DECIMAL(38,24) AS b1
    FROM was.ledger
    UNION ALL SELECT billing_period, BillingCurrency, account, 0, 0, EffectiveCost, BilledCost FROM would.ledger
)
SELECT billing_period, currency, account, sum(e0), sum(e1), sum(b0), sum(b1) FROM side
WHERE billing_period BETWEEN $first AND $last GROUP BY ALL
HAVING sum(e0) <> sum(e1) OR sum(b0) <> sum(b1) ORDER BY ALL"""
_MOVES = """
SELECT b.billing_period, b.currency, x.account AS source, y.account AS target, x.rule_id AS rule_before, y.rule_id AS rule_after,
       sum(c.effective), sum(c.billed), count(*), sum(abs(c.effective))
FROM was.base.posting p JOIN was.base.entry x ON x.entry_no = p.entry_no
JOIN would.base.posting q ON q.charge_no = p.charge_no JOIN would.base.entry y ON y.entry_no = q.entry_no
JOIN was.base.charge c ON c.charge_no = p.charge_no JOIN was.base.book b ON b.book_no = c.book_no
WHERE x.account <> y.account AND b.billing_period BETWEEN $first AND $last
GROUP BY ALL ORDER BY b.billing_period, b.currency, sum(abs(c.effective)) DESC, x.account, y.account, x.rule_id, y.rule_id"""
_DIMENSIONS = """
WITH side AS (
    SELECT billing_period, BillingCurrency AS currency, dimension, value, EffectiveCost AS e0, BilledCost AS b0, 0::DECIMAL(38,24) AS e1, 0::DECIMAL(38,24) AS b1
    FROM was.dimensions
    UNION ALL SELECT billing_period, BillingCurrency, dimension, value, 0, 0, EffectiveCost, BilledCost FROM would.dimensions
)
SELECT billing_period, currency, dimension, value, sum(e0) AS effective_before, sum(e1) AS effective_after, sum(b0) AS billed_before,
       sum(b1) AS billed_after
FROM side WHERE billing_period BETWEEN $first AND $last GROUP BY ALL
HAVING sum(e0) <> sum(e1) OR sum(b0) <> sum(b1) ORDER BY billing_period, currency, dimension, value NULLS LAST"""
_HAS_DIMENSIONS = "SELECT 1 FROM duckdb_views() WHERE database_name = 'was' AND view_name = 'dimensions'"
_SHOWN_COVERAGE = ("by_cost", "by_cost_taggable", "by_cost_with_inherited")


@dataclass(frozen=True)
class Change:
    """One ledger account in one posted period and currency."""

    billing_period: str
    currency: str
    account: str
    effective_before: Decimal
    effective_after: Decimal
    billed_before: Decimal
    billed_after: Decimal

    @property
    def effective(self) -> Decimal:
        return self.effective_after - self.effective_before

    @property
    def billed(self) -> Decimal:
        return self.billed_after - self.billed_before


@dataclass(frozen=True)
class Move:
    """Charges of one origin period that would be posted to another account. `gross`: the sum of their absolute
    EffectiveCost, so that charge and credit do not hide each other."""

    billing_period: str
    currency: str
    source: str
    target: str
    rule_before: str | None
    rule_after: str | None
    effective: Decimal
    billed: Decimal
    charges: int
    gross: Decimal


@dataclass(frozen=True)
class Differences:
    """`moves` is None where the bills had to be rolled up anew and charges can't be followed one by one; `at_most`
    says then, by currency, the EffectiveCost that may go elsewhere. `bills_changed`: they held news that other rules
    have no part in. `dimensions`: period, currency, dimension, value (None: without one) → costs before and after;
    `verdicts`: period, currency, verdict → EffectiveCost before and after; `coverage`: period, currency, key →
    shares before and after."""

    accounts: list[Change]
    moves: list[Move] | None
    verdicts: list[dict[str, Any]]
    coverage: list[dict[str, Any]]
    dimensions: list[dict[str, Any]]
    at_most: dict[str, Decimal]
    bills_changed: bool

    def nothing(self) -> bool:
        """Whether both stores say the same."""
        found = (self.accounts, self.moves, self.at_most, self.verdicts, self.coverage, self.dimensions)
        return not any(found) and not self.bills_changed

    def moved(self) -> dict[str, Decimal]:
        """Currency → EffectiveCost that would change its account: the larger of what accounts gain in all and what
        charges that go elsewhere cost (at most, where they can't be followed). Periods add up."""
        gains: dict[str, Decimal] = {}
        for one in self.accounts:
            gains[one.currency] = gains.get(one.currency, _ZERO) + max(one.effective, _ZERO)
        gross = dict(self.at_most)
        for move in self.moves or ():
            gross[move.currency] = gross.get(move.currency, _ZERO) + move.gross
        return {c: max(gains.get(c, _ZERO), gross.get(c, _ZERO)) for c in sorted({*gains, *gross})}

    def unallocated(self) -> list[Change]:
        """The accounts without an owner that would hold more or less."""
        return [one for one in self.accounts if one.account.startswith("unallocated:")]

    def as_json(self) -> dict[str, Any]:
        """The document of `whatif --json`; amounts are plain decimal text."""
        return {
            "schema": "tagrecon.whatif/1",
            "bills_changed": self.bills_changed,
            "moved": [{"currency": c, "effective_cost": plain(a)} for c, a in self.moved().items()],
            "accounts": [{**_texts(vars(one)), "effective_change": plain(one.effective), "billed_change": plain(one.billed)} for one in self.accounts],
            "moves": None if self.moves is None else [_texts(vars(one)) for one in self.moves],
            "verdicts": [_texts(row) for row in self.verdicts],
            "coverage": self.coverage,
            "dimensions": [_texts(row) for row in self.dimensions],
        }  # fmt: skip


def compare(trial: Trial, asked: Periods | None = None) -> Differences:
    """What differs in the posted periods asked for (all, where None); moves and verdicts by the bill's period."""
    first, last = asked or _EVER
    con = connect(Path(":memory:"), Limits())
    try:
        for name, path in (("was", trial.before), ("would", trial.after)):
            con.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS {name} (READ_ONLY)")
        span = {"first": first, "last": last}
        accounts = [Change(*row) for row in con.execute(_ACCOUNTS, span).fetchall()]
        moves = [Move(*row) for row in con.execute(_MOVES, span).fetchall()] if trial.same_charges else None
        at_most = {} if trial.same_charges else moved_at_most(con, first, last)
        changed = not trial.same_charges and bills_changed(con)
        dimensions = _dimensions(con, span)
    finally:
        con.close()
    before, after = trial.summary_before, trial.summary_after
    return Differences(
        accounts, moves,
        _verdicts(before.get("verdicts", ()), after.get("verdicts", ()), first, last),
        _coverage(before.get("coverage", ()), after.get("coverage", ()), first, last),
        dimensions, at_most, changed,
    )  # fmt: skip


def _dimensions(con: duckdb.DuckDBPyConnection, span: dict[str, str]) -> list[dict[str, Any]]:
    """What each value of a dimension costs, where it differs."""
    if con.execute(_HAS_DIMENSIONS).fetchone() is None:
        return []  # a store of before there were dimensions has nothing to compare with
    asked = con.execute(_DIMENSIONS, span)
    names = [column[0] for column in asked.description or ()]
    return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]


_Rows = Sequence[Mapping[str, Any]]


def _verdicts(before: _Rows, after: _Rows, first: str, last: str) -> list[dict[str, Any]]:
    """The owner key's waterfall, where it differs."""
    sides = [
        {(r["billing_period"], r["currency"], r["verdict"]): Decimal(r["effective_cost"]) for r in rows}
        for rows in (before, after)
    ]
    return [
        {"billing_period": key[0], "currency": key[1], "verdict": key[2], "effective_before": was, "effective_after": would}
        for key in sorted(sides[0].keys() | sides[1].keys())
        if first <= key[0] <= last and (was := sides[0].get(key, _ZERO)) != (would := sides[1].get(key, _ZERO))
    ]  # fmt: skip


def _coverage(before: _Rows, after: _Rows, first: str, last: str) -> list[dict[str, Any]]:
    """Coverage over everything (`scope` all), key by key, where it differs."""
    sides = [
        {(r["billing_period"], r["currency"], r["key"]): {n: r[n] for n in _SHOWN_COVERAGE} for r in rows if r["scope"] == "all"}
        for rows in (before, after)
    ]  # fmt: skip
    nothing = dict.fromkeys(_SHOWN_COVERAGE)
    return [
        {"billing_period": key[0], "currency": key[1], "key": key[2], "before": was, "after": would}
        for key in sorted(sides[0].keys() | sides[1].keys())
        if first <= key[0] <= last
        and (was := sides[0].get(key, nothing)) != (would := sides[1].get(key, nothing))
    ]


def _texts(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in row.items()}
