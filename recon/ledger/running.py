"""Which part of an account's share came from which of the pool's charges, so that nothing is rounded away?

A pool's charges stand in a fixed order, its accounts in the order of their names. Each charge gets the difference of
two running splits: what the account would have got of all charges up to this one, less that of all before it. So the
parts of one account sum to what the ledger posted to it, and the parts of one charge to the charge, to the last digit;
charges taken together, such as a day's, have the sum of their parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate

Units = tuple[int, int]
"""BilledCost and EffectiveCost in whole units of the money scale."""


def running_parts(items: Iterable[Units], posted: Mapping[str, Units], account: str) -> list[Units]:
    """The part of each of the pool's `items`, in their order, that went to `account`.

    `posted`: what the ledger gave to each account of the pool's transaction. The parts sum to `posted[account]` in
    both costs, and, as `posted` sums to the items, the parts of all accounts to each item. A pool whose accounts got
    amounts of different signs, or that is 0, has no share in this cost: there the other cost's shares hold, or those of
    the amounts' sizes, and what they lack goes through the items by their size.
    """
    listed = list(items)
    costs = []
    for cost in (0, 1):
        amounts = [item[cost] for item in listed]
        low, high, whole = _range(listed, posted, account, cost)
        total = sum(amounts)
        parts = _running(amounts, low, high, whole)
        before, until = _bounds({name: units[cost] for name, units in posted.items()}, account)
        lacks = (before - total * low // whole, until - total * high // whole)
        if any(lacks):
            sizes = [abs(amount) for amount in amounts] if any(amounts) else [1] * len(amounts)
            more = _running(sizes, *lacks, sum(sizes)) if sizes else []
            parts = [part + rest for part, rest in zip(parts, more, strict=True)]
        costs.append(parts)
    return list(zip(*costs, strict=True))


def _range(items: list[Units], posted: Mapping[str, Units], account: str, cost: int) -> tuple[int, int, int]:
    """Where the account stands in the whole: from, to, of."""
    for which in (cost, 1 - cost):
        weights = {name: units[which] for name, units in posted.items()}
        total = sum(item[which] for item in items)
        if total and sum(weights.values()) == total and all(w * total >= 0 for w in weights.values()):
            return (*_bounds(weights, account), total)
    sizes = {name: abs(units[0]) + abs(units[1]) for name, units in posted.items()}
    if not any(sizes.values()):
        sizes = dict.fromkeys(posted, 1)
    return (*_bounds(sizes, account), sum(sizes.values()))


def _bounds(weights: Mapping[str, int], account: str) -> tuple[int, int]:
    """What the accounts before this one have, and the same with this one."""
    low = sum(weight for name, weight in weights.items() if name < account)
    return low, low + weights[account]


def _running(amounts: list[int], low: int, high: int, whole: int) -> list[int]:
    parts, had = [], 0
    for reached in accumulate(amounts):
        has = reached * high // whole - reached * low // whole
        parts.append(has - had)
        had = has
    return parts
