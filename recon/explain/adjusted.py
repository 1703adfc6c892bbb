"""What is an adjustment of a closed month made of?

What the origin's entries are now, less what was frozen of them: charge by charge where both sides are kept, share by
share with the weights of then and now. The differences sum to the adjustment, to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from recon.explain.entries import Books, Entry, Group, money, total
from recon.explain.pools import Pools
from recon.ledger.running import Units

_CLOSURE = """SELECT closed_at, closed_by, reason, partial FROM base.closure c JOIN base.book b USING
    (billing_period, provider_id, billing_account_id, currency) WHERE b.book_no = ? {} ORDER BY closure_no DESC LIMIT 1"""
_SAME = (
    "b.book_no = ? AND p.account = ? AND p.owner IS NOT DISTINCT FROM ? AND p.class IS NOT DISTINCT FROM ?"
)
_Key = tuple[str | None, str | None, str | None, str | None]


def closure_of(books: Books, book_no: int) -> dict[str, Any] | None:
    """Who closed a book and when; None where it is open."""
    rows = books.store.ask(_CLOSURE.format("AND c.reopened_at IS NULL"), book_no)
    return dict(rows[0]) if rows else None


def adjustment(pools: Pools, entry: Entry) -> dict[str, Any]:
    """The document of an adjustment: the origin's closing, `pieces` that sum to it, and how the origin stands.

    `kept` is false for an adjustment that is frozen itself: what it was made of has been followed by what the origin
    is now, so that only the `standing` can be told."""
    book = entry.world[1]
    closed = closure_of(pools.books, book)
    posted, now = _sides(pools.books, entry, closed is not None)
    frozen = [e for e in posted if e.world[0]]
    kept = not entry.world[0]
    return {
        "origin_period": entry.facts["origin_period"],
        "reason": str(entry.facts["basis"]).partition(": ")[2],
        "closed": closed,
        "kept": kept,
        "pieces": _pieces(pools, frozen, now) if kept else [],
        "standing": {
            "frozen": money(total(e.units for e in frozen if e.part != "adjustments")),
            "adjustments": [
                {"billing_period": e.facts["billing_period"], "entry_id": e.entry_id, **money(e.units)}
                for e in posted
                if e.part == "adjustments"
            ],
            "now": money(total(e.units for e in now)),
        },
    }


def _sides(books: Books, entry: Entry, closed: bool) -> tuple[list[Entry], list[Entry]]:
    """What is posted of the entry's account with its origin, and, where that is closed, its entries of now (those of an
    open book are posted by themselves)."""
    facts = entry.facts
    posted = books.posted(_SAME, entry.world[1], entry.account, facts["owner"], facts["class"])
    now = [
        e
        for e in (books.world((0, entry.world[1])) if closed else [])
        if (e.account, e.facts["owner"], e.facts["class"]) == (entry.account, facts["owner"], facts["class"])
    ]
    return posted, now


def _pieces(pools: Pools, frozen: Sequence[Entry], now: Sequence[Entry]) -> list[dict[str, Any]]:
    before = [e for e in frozen if e.part != "adjustments"]
    return [
        *_charges(pools.books, before, now),
        *_shares(pools, before, now),
        *(
            {
                "kind": "adjustment",
                "billing_period": e.facts["billing_period"],
                "entry_id": e.entry_id,
                **_difference(e.units, (0, 0)),
            }
            for e in frozen
            if e.part == "adjustments"
        ),
    ]


def _charges(books: Books, before: Iterable[Entry], now: Iterable[Entry]) -> list[dict[str, Any]]:
    sides: tuple[dict[_Key, list[tuple[Entry, Group]]], ...] = ({}, {})
    for side, entries in zip(sides, (before, now), strict=True):
        direct = [e for e in entries if e.origin_account is None]
        books.load(direct)
        for entry in direct:
            for group in books.groups(entry):
                key = (group.service, group.sub_account, group.category, group.resource)
                side.setdefault(key, []).append((entry, group))
    found = []
    for key in sorted({*sides[0], *sides[1]}, key=lambda k: [part or "" for part in k]):
        was, is_now = (side.get(key, []) for side in sides)
        amounts = tuple(total(group.units for _, group in side) for side in (was, is_now))
        if amounts[0] == amounts[1]:
            continue
        named = dict(zip(("service", "sub_account", "category", "resource"), key, strict=True))
        rules = {
            f"rule_{when}": _rules(entry for entry, _ in side)
            for when, side in (("before", was), ("now", is_now))
        }
        found.append({"kind": "charges", **named, **rules, **_difference(*amounts)})
    return found


def _shares(pools: Pools, before: Iterable[Entry], now: Iterable[Entry]) -> list[dict[str, Any]]:
    sides: tuple[dict[str, list[Entry]], ...] = ({}, {})
    for side, entries in zip(sides, (before, now), strict=True):
        for entry in entries:
            if entry.origin_account is not None:
                side.setdefault(entry.origin_account, []).append(entry)
    found = []
    for pool in sorted({*sides[0], *sides[1]}):
        was, is_now = (side.get(pool, []) for side in sides)
        amounts = tuple(total(e.units for e in side) for side in (was, is_now))
        if amounts[0] == amounts[1]:
            continue
        told: dict[str, Any] = {}
        for when, shares in (("before", was), ("now", is_now)):
            told[f"rule_{when}"] = _rules(shares)
            for name in ("basis", "weight", "weight_total"):
                told[f"{name}_{when}"] = _joined(e.facts[name] for e in shares)
            told |= money(pool_total(pools, shares[0]) if shares else (0, 0), f"pool_{when}_")
        found.append({"kind": "share", "pool": pool, **told, **_difference(*amounts)})
    return found


def pool_total(pools: Pools, entry: Entry) -> Units:
    """What the pool of a share held when it was divided."""
    return total(e.units for e in pools.transaction(entry))


def _difference(before: Units, now: Units) -> dict[str, Any]:
    change = (now[0] - before[0], now[1] - before[1])
    return {**money(before, "before_"), **money(now, "now_"), **money(change)}


def _rules(entries: Iterable[Entry]) -> str | None:
    return _joined(e.facts["rule_id"] or e.facts["rung"] for e in entries)


def _joined(texts: Iterable[object]) -> str | None:
    return ", ".join(sorted({str(text) for text in texts if text is not None})) or None
