"""How is a shared pool divided among its targets, exactly?

A split posts the pool's whole amount negative at its origin and positive parts at the targets: the sum of
the transaction is 0 in both books, which share their weights. Cascades follow the order of the splits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from recon.allocation import Split
from recon.money import plain, split

Amounts = tuple[Decimal, Decimal]  # BilledCost, EffectiveCost
_ZERO = Decimal(0)


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


def divide(
    splits: tuple[Split, ...], balances: Mapping[str, Amounts], weights: Mapping[str, Amounts]
) -> list[Share]:
    """The postings that empty the pools of `balances` (account → amounts of one book), split by split.

    `weights`: account → direct amounts of all books of the same period and currency; only owners with a
    positive amount weigh. A pool without any target goes to `unallocated:shared`.
    """
    left: dict[str, Amounts] = defaultdict(lambda: (_ZERO, _ZERO), balances)
    shares: list[Share] = []
    for rule in splits:
        billed, effective = left[rule.source]
        if not billed and not effective:
            continue
        parts = _weights(rule, weights)
        basis = _basis(rule, parts)
        names = parts or {"unallocated:shared": Decimal(1)}
        of_billed, of_effective = split(billed, names), split(effective, names)
        shares.append(Share(rule.id, rule.source, rule.source, basis, -billed, -effective))
        for name in sorted(names):
            if not of_billed[name] and not of_effective[name]:
                continue
            weight, total = plain(names[name]), plain(sum(names.values(), _ZERO))
            share = f"{basis} {weight} of {total}"
            shares.append(
                Share(rule.id, rule.source, name, share, of_billed[name], of_effective[name], weight, total)
            )
            before = left[name]
            left[name] = (before[0] + of_billed[name], before[1] + of_effective[name])
        left[rule.source] = (_ZERO, _ZERO)
    return shares


def _weights(rule: Split, weights: Mapping[str, Amounts]) -> dict[str, Decimal]:
    """Target account → weight; empty when nothing weighs and the rule leaves the pool unallocated."""
    book = 1 if rule.cost == "EffectiveCost" else 0
    owners = {a: max(w[book], _ZERO) for a, w in weights.items() if a.startswith("owner:")}
    if rule.method == "fixed":
        parts = dict(rule.percents)
        rest = Decimal(100) - sum(parts.values(), _ZERO)
        if rule.remainder_to and rest > 0:
            parts[rule.remainder_to] = parts.get(rule.remainder_to, _ZERO) + rest
        return parts
    named = rule.targets if rule.targets is not None else tuple(sorted(a for a, w in owners.items() if w > 0))
    if rule.method == "even":
        return dict.fromkeys(named, Decimal(1))
    parts = {a: owners.get(a, _ZERO) for a in named}
    if any(parts.values()):
        return {a: w for a, w in parts.items() if w > 0}
    return dict.fromkeys(named, Decimal(1)) if rule.when_zero == "even" else {}


def _basis(rule: Split, parts: Mapping[str, Decimal]) -> str:
    return rule.method if parts else f"{rule.method}: no target has cost"
