"""How is a shared pool divided among its targets, exactly?

First the shares, then the amounts: a split posts the pool's whole amount negative at its origin and positive parts
at the targets, by largest remainder, so that every transaction sums to 0 in both books, which have the same shares.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from recon.allocation import Split
from recon.allocation.split_model import NOBODY
from recon.allocation.split_order import in_circle, stages
from recon.ledger.reciprocal import dead_ends, ends
from recon.ledger.shares import Cell, Known, Shares, Weigher, of_fractions, shares_of
from recon.money import SCALE, of_units, plain, split_units

Units = tuple[int, int]
"""BilledCost and EffectiveCost in whole units of the money scale."""
_ACROSS = ("amount", "tiers")
_UNIT = 10**SCALE


@dataclass(frozen=True)
class Share:
    """One posting of a split: `account` gets (or, the pool itself, gives) these amounts, `weight` of
    `weight_total` of the pool."""

    split_id: str
    pool: str
    account: str
    basis: str
    billed: Decimal
    effective: Decimal
    weight: str | None = None
    weight_total: str | None = None


@dataclass
class _Group:
    """The books of one period and currency while their pools are divided: book → account → what is there."""

    left: dict[int, dict[str, Units]]
    weigher: Weigher
    period: str
    currency: str
    posted: dict[int, list[Share]] = field(default_factory=dict)

    def pool(self, rule: Split) -> Fraction:
        """What is at the source of all books together, in the cost that counts."""
        which = _which(rule)
        return Fraction(sum(at[rule.source][which] for at in self.left.values()), _UNIT)

    def known(self, rule: Split, cell: Cell = ()) -> Known:
        return Known(self.weigher, self.pool(rule), self.currency, self.period, cell)


def divide(
    splits: Iterable[Split],
    balances: Mapping[int, Mapping[str, Units]],
    weigher: Weigher,
    period: str,
    currency: str,
) -> dict[int, list[Share]]:
    """Book → the postings that empty its pools, split by split.

    `splits`: those in force in the period; `balances`: what was posted directly, book → account → amounts, all books
    of one period and currency in their order. What no target can take goes to `unallocated:shared`.
    """
    left = {book: defaultdict(lambda: (0, 0), accounts) for book, accounts in balances.items()}
    group = _Group({**left}, weigher, period, currency, {book: [] for book in balances})
    for stage in stages(splits):
        if in_circle(stage):
            _circle(stage, group)
        elif stage[0].in_cells:
            _by_cells(stage[0], group)
        elif any(at[stage[0].source] != (0, 0) for at in group.left.values()):
            _whole(stage[0], shares_of(stage[0], group.known(stage[0])), group)
    return group.posted


def _whole(rule: Split, shares: Shares, group: _Group) -> None:
    """The pool of each book by the same shares. Amounts that are written must come out over all books together, so
    these books are cut out of one running sum."""
    weights = _whole_numbers(shares)
    sums, before = (0, 0), (dict.fromkeys(weights, 0), dict.fromkeys(weights, 0))
    for book, at in group.left.items():
        amounts = at[rule.source]
        if rule.method in _ACROSS:
            sums = (sums[0] + amounts[0], sums[1] + amounts[1])
            now = (split_units(sums[0], weights), split_units(sums[1], weights))
            parts = {a: (now[0][a] - before[0][a], now[1][a] - before[1][a]) for a in weights}
            before = now
        else:
            billed, effective = split_units(amounts[0], weights), split_units(amounts[1], weights)
            parts = {a: (billed[a], effective[a]) for a in weights}
        _post(rule, book, amounts, parts, shares, group)


def _by_cells(rule: Split, group: _Group) -> None:
    """The amount of each day or value by the weights of the same day or value; what came in from other splits has
    neither and is divided by the weights of all of them."""
    direct = group.weigher.in_cells(rule)
    cells: dict[int, dict[Cell, Units]] = {}
    for book, at in group.left.items():
        own = {cell: amounts for cell, amounts in direct.get(book, {}).items() if amounts != (0, 0)}
        there = at[rule.source]
        rest = (
            there[0] - sum(a[0] for a in own.values()),
            there[1] - sum(a[1] for a in own.values()),
        )
        cells[book] = own | ({(): rest} if rest != (0, 0) else {})
    named = sorted({cell for own in cells.values() for cell in own}, key=_by_text)
    shares = {cell: shares_of(rule, group.known(rule, cell)) for cell in named}
    weights = {cell: _whole_numbers(found) for cell, found in shares.items()}
    basis = _summary([shares[cell] for cell in named])
    for book, own in cells.items():
        parts: dict[str, Units] = defaultdict(lambda: (0, 0))
        for cell in sorted(own, key=_by_text):
            billed, effective = (split_units(amount, weights[cell]) for amount in own[cell])
            for account in billed:
                had = parts[account]
                parts[account] = (had[0] + billed[account], had[1] + effective[account])
        amounts = group.left[book][rule.source]
        which = _which(rule)
        texts = {account: plain(of_units(part[which])) or "0" for account, part in parts.items()}
        told = Shares({}, basis, texts, plain(of_units(amounts[which])) or "0")
        _post(rule, book, amounts, parts, told, group)


def _circle(stage: tuple[Split, ...], group: _Group) -> None:
    """Pools that pay each other: each one's own amount goes at once to the accounts where it ends."""
    found = {rule.source: shares_of(rule, group.known(rule)) for rule in stage}
    stuck = dead_ends({source: shares.parts for source, shares in found.items()})
    parts = {
        source: {NOBODY: Fraction(1)} if source in stuck else shares.parts for source, shares in found.items()
    }
    ended = ends(parts)
    own = {rule.source: {book: at[rule.source] for book, at in group.left.items()} for rule in stage}
    for rule in stage:
        shares = found[rule.source]
        why = "nothing leaves the circle, so unallocated" if rule.source in stuck else shares.basis
        known = of_fractions(ended[rule.source], f"reciprocal, {why}", shares.note)
        weights = _whole_numbers(known)
        for book, amounts in own[rule.source].items():
            billed, effective = (split_units(amount, weights) for amount in amounts)
            _post(rule, book, amounts, {a: (billed[a], effective[a]) for a in weights}, known, group)


def _post(
    rule: Split, book: int, amounts: Units, parts: Mapping[str, Units], shares: Shares, group: _Group
) -> None:
    """Both sides of one book's transaction; nothing where nothing moves."""
    moved = {account: part for account, part in sorted(parts.items()) if part != (0, 0)}
    if not moved:
        return
    basis, source, at = shares.basis + shares.note, rule.source, group.left[book]
    given = (of_units(-amounts[0]), of_units(-amounts[1]))
    group.posted[book].append(Share(rule.id, source, source, basis, *given))
    at[source] = (at[source][0] - amounts[0], at[source][1] - amounts[1])
    for account, (billed, effective) in moved.items():
        weight = shares.weight[account]
        told = f"{shares.basis} {weight} of {shares.total}{shares.note}"
        got = (of_units(billed), of_units(effective))
        group.posted[book].append(Share(rule.id, source, account, told, *got, weight, shares.total))
        at[account] = (at[account][0] + billed, at[account][1] + effective)


def _whole_numbers(shares: Shares) -> dict[str, int]:
    common = math.lcm(*(share.denominator for share in shares.parts.values()))
    return {account: int(share * common) for account, share in shares.parts.items()}


def _summary(shares: list[Shares]) -> str:
    """The basis of a pool that was divided in several cells: the usual one, and how many differ from it."""
    times = Counter(found.basis + found.note for found in shares)
    ranked = sorted(times, key=lambda text: (-times[text], text))
    others = "".join(f"; in {times[text]} {text}" for text in ranked[1:])
    return f"{ranked[0]} ({len(shares)} apart{others})" if ranked else ""


def _which(rule: Split) -> int:
    return 1 if rule.cost == "EffectiveCost" else 0


def _by_text(cell: Cell) -> list[tuple[bool, str]]:
    return [(part is not None, part or "") for part in cell]
