"""What is each target's share when none may get less than its least or more than its most?

The rest is divided again in proportion to the weights until nobody is out of bounds: exact, and without an order
among the targets. The way of freezing is that of CSS' flexible boxes (CSS Flexbox 1, §9.7): of those below
their least and those above their most, the side that is further out is frozen first.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

_ONE = Fraction(1)


def bounded(
    weights: Mapping[str, Fraction], least: Mapping[str, Fraction], most: Mapping[str, Fraction]
) -> tuple[dict[str, Fraction], Fraction]:
    """Shares of the accounts in `weights` (0 or more each) within the bounds, and what is left where the bounds let
    nobody take it: together exactly 1. Where the least shares make more than 1, they are all that counts.

    >>> bounded({"a": Fraction(9), "b": Fraction(1)}, {"b": Fraction(1, 4)}, {})
    ({'a': Fraction(3, 4), 'b': Fraction(1, 4)}, Fraction(0, 1))
    """
    floors = {name: min(least.get(name, Fraction(0)), most.get(name, _ONE)) for name in weights}
    wanted = sum(floors.values(), Fraction(0))
    if wanted >= 1:
        return {name: floor / wanted for name, floor in floors.items()}, Fraction(0)
    frozen: dict[str, Fraction] = {}
    while True:
        free = [name for name in weights if name not in frozen]
        rest = _ONE - sum(frozen.values(), Fraction(0))
        base = sum((weights[name] for name in free), Fraction(0))
        meant = {name: rest * weights[name] / base if base else Fraction(0) for name in free}
        kept = {name: min(max(share, floors[name]), most.get(name, _ONE)) for name, share in meant.items()}
        out = sum((kept[name] - meant[name] for name in free), Fraction(0))
        below = [name for name in free if kept[name] > meant[name]]
        above = [name for name in free if kept[name] < meant[name]]
        if not below and not above:
            shares = frozen | meant
            return {name: shares[name] for name in weights}, _ONE - sum(shares.values(), Fraction(0))
        if out == 0 and base:
            shares = frozen | kept
            return {name: shares[name] for name in weights}, Fraction(0)
        stuck = below if out > 0 or not base else above
        frozen |= {name: kept[name] for name in stuck}
