"""Which share of a pool does each target get? Exact fractions that sum to 1, and the words that tell why.

Amounts come later: `recon/ledger/split.py` makes them from these shares, for both costs alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from recon.allocation.split_model import NOBODY, Split, Tier
from recon.ledger.bounds import bounded
from recon.money import fraction_text

_NONE, _ONE = Fraction(0), Fraction(1)
_NOTED = 3  # accounts that a basis names before it counts them
Weights = Mapping[str, Fraction]


Cell = tuple[str | None, ...]
"""A part of a pool that is divided on its own: its day and values, as far as the split names them; () is all of it."""


class Weigher(Protocol):
    """Who cost how much: what shares of cost rest on."""

    def costs(self, rule: Split, cell: Cell, *, previous: bool) -> Weights:
        """Account → cost in the cell, over the window of `rule`, or over the month before its books'."""

    def in_cells(self, rule: Split) -> Mapping[int, Mapping[Cell, tuple[int, int]]]:
        """Book → cell → what was posted directly to the source of `rule`, in units of money."""


@dataclass(frozen=True)
class Shares:
    """Account → share of the pool (all sum to 1); `weight` per account of `total`, as text; why (`basis`), and what
    else is to be told (`note`)."""

    parts: Weights
    basis: str
    weight: Mapping[str, str]
    total: str
    note: str = ""


@dataclass(frozen=True)
class Known:
    """What a division may rest on: the pool's amount in the cost that counts, over all books; their currency and
    billing period; the cell."""

    weigher: Weigher
    pool: Fraction
    currency: str
    period: str
    cell: Cell = ()


def shares_of(rule: Split, known: Known) -> Shares:
    """How `rule` divides its pool. Never fails: what can't be divided as written goes to a named account, and the
    basis says why."""
    if rule.method == "tiers":
        return _tiers(rule, known)
    if rule.method == "amount":
        return _amounts(rule, known)
    if rule.method == "fixed":
        parts = _fractions(rule.percents)
        rest = 100 - sum(parts.values(), _NONE)
        if rule.remainder_to and rest > 0:
            parts[rule.remainder_to] = parts.get(rule.remainder_to, _NONE) + rest
        return _by(parts, "fixed")
    return _weighed(rule, known)


def _weighed(rule: Split, known: Known) -> Shares:
    basis = rule.method + rule.window.words + (f" within {', '.join(rule.within)}" if rule.within else "")
    weights, below = _clamped(rule, _base(rule, known, before=False))
    note = f"; below 0, so without weight: {_listed(below)}" if below else ""
    if any(weights.values()):
        return _in_bounds(rule, weights, basis, note)
    used = {"usage": "usage", "weights": "weight"}.get(rule.method, "cost")
    none = f"{basis}: no target has {used}{note}"
    if rule.when_zero.kind == "even" and rule.targets:
        names = rule.targets
        return _in_bounds(rule, dict.fromkeys(names, _ONE), f"{none}, so even", "")
    if rule.when_zero.kind == "previous_month":
        weights, _ = _clamped(rule, _base(rule, known, before=True))
        if any(weights.values()):
            return _in_bounds(rule, weights, f"{none}, so by the month before", "")
    if rule.when_zero.kind == "to" and rule.when_zero.account:
        return _by({rule.when_zero.account: _ONE}, f"{none}, so to {rule.when_zero.account}")
    return _by({NOBODY: _ONE}, f"{none}, so unallocated")


def _base(rule: Split, known: Known, *, before: bool) -> dict[str, Fraction]:
    """Account → weight as found, negative ones too; of `all` owners, those that there are."""
    if rule.method == "weights":
        return _fractions(rule.weights)
    if rule.method == "even" and rule.targets is not None:
        return dict.fromkeys(rule.targets, _ONE)
    if rule.method == "usage":
        costs: Weights = _usage(rule, known, before=before)
    else:
        costs = known.weigher.costs(rule, known.cell, previous=before)
    everyone = costs if rule.method == "usage" else {a: w for a, w in costs.items() if a.startswith("owner:")}
    names = rule.targets if rule.targets is not None else [a for a in sorted(everyone) if a != rule.source]
    if rule.method == "even":
        return dict.fromkeys((a for a in names if everyone[a] > 0), _ONE)
    return {a: costs.get(a, _NONE) for a in names}


def _usage(rule: Split, known: Known, *, before: bool) -> dict[str, Fraction]:
    assert rule.usage is not None
    if rule.window.kind == "day" and known.cell and not before:
        return _fractions(rule.usage.values.get(known.cell[0] or "", {}).items())
    window = replace(rule.window, kind="previous") if before else rule.window
    return rule.usage.of(window.read_for(known.period), None if before else rule.window.through)


def _clamped(rule: Split, base: Weights) -> tuple[dict[str, Fraction], list[str]]:
    """Weights of 0 or more, those of nobody left out; and the accounts that were below 0."""
    bound = {a for a, _ in rule.bounds.least_of}
    weights = {a: max(w, _NONE) for a, w in base.items() if w > 0 or a in bound}
    if rule.targets is None:
        weights |= dict.fromkeys(sorted(bound - weights.keys()), _NONE)
    return weights, sorted(a for a, w in base.items() if w < 0)


def _in_bounds(rule: Split, weights: Weights, basis: str, note: str) -> Shares:
    bounds = rule.bounds
    if not bounds:
        return _by(weights, basis, note)
    least = _percents(weights, bounds.least, dict(bounds.least_of))
    most = _percents(weights, bounds.most, dict(bounds.most_of))
    shares, rest = bounded(weights, least, most)
    notes = note + ("; the least shares make more than 100" if sum(least.values()) > 1 else "")
    parts = {a: share for a, share in shares.items() if share}
    if rest:
        to = rule.remainder_to or NOBODY
        parts[to] = parts.get(to, _NONE) + rest
        notes += f"; the most shares leave {_percent(rest)} percent to {to}"
    return of_fractions(parts, f"{basis} within bounds", notes)


def _percents(weights: Weights, general: Decimal | None, own: Mapping[str, Decimal]) -> dict[str, Fraction]:
    found = {a: own.get(a, general) for a in weights}
    return {a: Fraction(percent) / 100 for a, percent in found.items() if percent is not None}


def _amounts(rule: Split, known: Known) -> Shares:
    wanted = _fractions(rule.amounts)
    total, rest_to = sum(wanted.values(), _NONE), rule.remainder_to or NOBODY
    if known.currency != rule.currency:
        return _by({rest_to: _ONE}, f"amount: none is given in {known.currency}")
    if known.pool <= total:
        short = "" if known.pool == total else f"; the pool has {fraction_text(known.pool)} only"
        return _by(wanted, "amount", short)
    parts = dict(wanted)
    parts[rest_to] = parts.get(rest_to, _NONE) + known.pool - total
    return _by(parts, "amount")


def _tiers(rule: Split, known: Known) -> Shares:
    if known.currency != rule.currency:
        return _by({NOBODY: _ONE}, f"tiers: no bounds are given in {known.currency}")
    slices = _slices(rule.tiers, known.pool)
    parts: dict[str, Fraction] = {}
    told = []
    for tier, amount in slices:
        found = shares_of(tier.how, known)
        part = amount / known.pool if known.pool > 0 else _ONE
        for account, share in found.parts.items():
            parts[account] = parts.get(account, _NONE) + part * share
        told.append(f"{fraction_text(amount)} {found.basis}{found.note}")
    return of_fractions({a: p for a, p in parts.items() if p}, f"tiers ({', '.join(told)})", "")


def _slices(tiers: tuple[Tier, ...], pool: Fraction) -> list[tuple[Tier, Fraction]]:
    """The tiers that get something of the pool, and how much; a pool of 0 or below falls to the first."""
    if pool <= 0:
        return [(tiers[0], pool)]
    found, start = [], _NONE
    for tier in tiers:
        end = pool if tier.up_to is None else min(Fraction(tier.up_to), pool)
        if end > start:
            found.append((tier, end - start))
            start = end
    return found


def _by(weights: Weights, basis: str, note: str = "") -> Shares:
    """Shares in proportion to weights of which one at least is above 0."""
    total = sum(weights.values(), _NONE)
    parts = {a: w / total for a, w in weights.items() if w}
    texts = {a: fraction_text(weights[a]) for a in parts}
    return Shares(parts, basis, texts, fraction_text(total), note)


def of_fractions(parts: Mapping[str, Fraction], basis: str, note: str = "") -> Shares:
    """Shares that are known as such: the weight is the share itself, over a denominator that all have."""
    common = math.lcm(*(share.denominator for share in parts.values()))
    return Shares(parts, basis, {a: str(int(s * common)) for a, s in parts.items()}, str(common), note)


def _fractions(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Fraction]:
    return {account: Fraction(amount) for account, amount in amounts}


def _percent(share: Fraction) -> str:
    """For people: four decimals at most."""
    return fraction_text(Fraction(round(share * 10**6), 10**4))


def _listed(accounts: list[str]) -> str:
    more = len(accounts) - _NOTED
    return ", ".join(accounts[:_NOTED]) + (f" and {more} more" if more > 0 else "")
