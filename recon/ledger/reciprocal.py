"""Where does cost end when pools pay each other in a circle?

Each pool's own amount is followed through the circle to the accounts where it ends: with Q the shares that members
pay each other and R what they pay to others, the shares in the end are (I - Q)⁻¹ R, solved with fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

Parts = Mapping[str, Fraction]


def dead_ends(circle: Mapping[str, Parts]) -> set[str]:
    """The members from which nothing ever reaches an account outside of the circle."""
    leaving = {pool for pool, parts in circle.items() if any(parts[a] for a in parts if a not in circle)}
    while True:
        more = {
            pool
            for pool, parts in circle.items()
            if pool not in leaving and any(parts[a] for a in parts if a in leaving)
        }
        if not more:
            return set(circle) - leaving
        leaving |= more


def ends(circle: Mapping[str, Parts]) -> dict[str, dict[str, Fraction]]:
    """Member → account outside → the share of the member's own amount that ends there; each sums to 1.

    `circle`: member → account → share, each summing to 1, without dead ends.
    """
    members = sorted(circle)
    outside = sorted({a for parts in circle.values() for a in parts if a not in circle})
    left = [
        [Fraction(p == q) - circle[p].get(q, Fraction(0)) for q in members]
        + [circle[p].get(a, Fraction(0)) for a in outside]
        for p in members
    ]
    for i in range(len(members)):
        pivot = next(n for n in range(i, len(members)) if left[n][i])
        left[i], left[pivot] = left[pivot], left[i]
        head = left[i][i]
        left[i] = [value / head for value in left[i]]
        for n, row in enumerate(left):
            if n != i and row[i]:
                factor = row[i]
                left[n] = [value - factor * own for value, own in zip(row, left[i], strict=True)]
    return {
        pool: {a: share for a, share in zip(outside, left[i][len(members) :], strict=True) if share}
        for i, pool in enumerate(members)
    }
