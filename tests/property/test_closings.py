"""Whatever is delivered, closed, reopened and ruled, in any order: what is posted is what was billed."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon.config import load_config
from recon.errors import InputError
from recon.ledger.closures import Signed
from recon.run.closing import Wanted, close_books, reopen_books
from tests.bills import line, work, write_bill, write_config

LATER = dt.datetime(2027, 6, 1, 6)
MONTHS = (8, 9, 10)
RULES = (
    "version: 1\n",
    """\
version: 2
rules: [{id: transit, when: {ServiceName: Transit}, to: 'shared:network'}]
splits:
  - {id: network, source: 'shared:network', method: proportional, targets: all, when_zero: even}
  - {id: tax, source: 'shared:tax', method: fixed, targets: {payments: 33.3333333, 'shared:network': 66.6666667}}
""",
    """\
version: 3
rules: [{id: transit, when: {ServiceName: Transit}, to: 'owner:platform'}]
splits: [{id: tax, source: 'shared:tax', method: even, targets: [payments, search, platform]}]
""",
    """\
version: 4
sharing: reciprocal
rules: [{id: transit, when: {ServiceName: Transit}, to: 'shared:network'}]
splits:
  - {id: network, source: 'shared:network', method: weights, targets: {payments: 3, 'shared:tax': 1.5}}
  - {id: tax, source: 'shared:tax', method: weights, targets: {search: 7, 'shared:network': 2}}
default: 'owner:platform'
""",
    """\
version: 5
rules: [{id: transit, when: {ServiceName: Transit}, to: 'shared:network'}]
splits:
  - {id: network, source: 'shared:network', method: proportional, window: day, when_zero: previous_month, max_share: 60}
  - {id: tax, source: 'shared:tax', method: amount, currency: USD, targets: {payments: 100.01}, remainder_to: 'shared:network'}
  - {id: step-down, source: 'owner:search', method: proportional, targets: [payments, platform], window: previous_month}
dimensions:
  product: {rules: [{id: t, when: {ServiceName: Transit}, value: net}]}
""",
)

cost = st.decimals(min_value=-1000, max_value=1000, places=7).map(str)
charge = st.fixed_dictionaries({
    "day": st.integers(1, 30),
    "cost": cost,
    "tags": st.sampled_from([{}, {"cost-center": "payments"}, {"cost-center": "search"}, {"cost-center": "serach"}]),
    "ServiceName": st.sampled_from(["Compute", "Transit"]),
    "ChargeCategory": st.sampled_from(["Usage", "Usage", "Tax"]),
    "BillingCurrency": st.sampled_from(["USD", "EUR"]),
    "EffectiveCost": cost,
})  # fmt: skip
step = st.one_of(
    st.tuples(st.just("bill"), st.sampled_from(MONTHS), st.lists(charge, min_size=1, max_size=5)),
    st.tuples(st.just("close"), st.sampled_from(MONTHS), st.none()),
    st.tuples(st.just("reopen"), st.sampled_from(MONTHS), st.none()),
    st.tuples(st.just("rules"), st.sampled_from(range(len(RULES))), st.none()),
)


@given(first=st.lists(charge, min_size=1, max_size=5), steps=st.lists(step, min_size=3, max_size=7))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_books_close_after_any_history(first: list[dict[str, Any]], steps: Sequence[Any]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        config = write_config(folder)
        for month in MONTHS:
            _deliver(config, month, first)
        _check(config, {})
        frozen: dict[int, list[Any]] = {}
        for what, which, lines in steps:
            if what == "bill":
                _deliver(config, which, lines)
            elif what == "rules":
                (folder / "allocation.yaml").write_text(RULES[which], "utf-8")
            else:
                _sign(config, what, f"2026-{which:02}")
            if what in ("bill", "rules"):
                work(config)
            frozen = _check(config, frozen)
    finally:
        shutil.rmtree(folder)


def _deliver(config: Path, month: int, lines: list[dict[str, Any]]) -> None:
    written = [line(month=month, ResourceId=f"r-{n}", **one) for n, one in enumerate(lines)]
    write_bill(config.parent / f"exports/{month}.csv", written)
    if month == MONTHS[-1] or load_config(config).store.exists():
        work(config)


def _sign(config: Path, what: str, period: str) -> None:
    cfg, wanted, signed = load_config(config), Wanted(period), Signed(LATER, "finance", what)
    try:
        if what == "close":
            close_books(cfg, LATER, wanted, signed, True, lambda told: None)
        else:
            reopen_books(cfg, LATER, wanted, signed, lambda told: None)
    except InputError:
        pass  # closed, or open, already


_ORIGINS = """
SELECT * FROM (SELECT billing_period, BillingCurrency, sum(BilledCost) AS b, sum(EffectiveCost) AS e FROM charges GROUP BY ALL) c
FULL JOIN (SELECT origin_period AS billing_period, BillingCurrency, sum(BilledCost) AS b, sum(EffectiveCost) AS e FROM ledger GROUP BY ALL) l
USING (billing_period, BillingCurrency)
WHERE (coalesce(l.b, 0) <> coalesce(c.b, 0) OR coalesce(l.e, 0) <> coalesce(c.e, 0))
  AND billing_period IN (SELECT billing_period FROM charges)"""
_TRANSACTIONS = """
SELECT transaction_id FROM double_entry GROUP BY transaction_id, BillingCurrency
HAVING sum(BilledCost) <> 0 OR sum(EffectiveCost) <> 0"""


def _check(config: Path, before: dict[int, list[Any]]) -> dict[int, list[Any]]:
    """Exactly 0, whatever happened; and what was frozen is as it was. Returns what is frozen now, by closure."""
    con = duckdb.connect(str(load_config(config).store), read_only=True)
    try:
        assert con.execute(_ORIGINS).fetchall() == []
        assert con.execute(_TRANSACTIONS).fetchall() == []
        pools = con.execute(
            "SELECT account, sum(EffectiveCost) FROM ledger WHERE starts_with(account, 'shared:') GROUP BY ALL"
        ).fetchall()
        assert all(isinstance(amount, Decimal) for _, amount in pools)
        now: dict[int, list[Any]] = {}
        for closure, *entry in con.execute("SELECT * FROM base.frozen_entry ORDER BY ALL").fetchall():
            now.setdefault(closure, []).append(entry)
        for closure, entries in before.items():
            assert now[closure] == entries
        early = con.execute(
            "SELECT count(*) FROM ledger WHERE starts_with(basis, 'adjustment') AND billing_period < origin_period"
        ).fetchall()
        assert early == [(0,)]
        return now
    finally:
        con.close()
