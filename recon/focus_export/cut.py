"""How are the lines of a pool cut among accounts, so that each line and each account come out to the last digit?

The lines stand in a fixed order, and so do the accounts. Each line gets the difference of two running splits of the
sum of the lines up to it. What the accounts then lack of what the ledger posted to them, the last units of a largest
remainder as a rule, goes through the lines by their size in the same way, and adds nothing to any line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from operator import add, sub

_SAME = 10**12  # what was posted tells the share as well as the share itself, to that many parts of the pool


def cut(lines: Sequence[int], shares: Sequence[Fraction], posted: Sequence[int]) -> list[list[int]]:
    """Account by account, the part of each line.

    `shares` sum to 1, `posted` sums to the sum of the lines, both by account; all amounts are whole units. The parts
    of a line sum to it, and the parts of an account to what was posted. ValueError where the sums don't fit.
    """
    total = sum(lines)
    if sum(posted) != total or sum(shares) != 1:
        raise ValueError("what was posted is not the sum of the lines, or the shares are not the whole")
    if total and all(abs(p - total * s) * _SAME <= abs(total) for p, s in zip(posted, shares, strict=True)):
        return _running(list(accumulate(lines)), list(accumulate(posted)), total)
    bounds, whole = prefixes(shares)
    parts = _running(list(accumulate(lines)), bounds, whole)
    lacking = [p - sum(part) for p, part in zip(posted, parts, strict=True)]
    if any(lacking):
        sizes = [abs(line) for line in lines] if any(lines) else [1] * len(lines)
        more = _running(list(accumulate(sizes)), list(accumulate(lacking)), sum(sizes))
        parts = [list(map(add, *both)) for both in zip(parts, more, strict=True)]
    return parts


def shared(amounts: Sequence[int], shares: Sequence[Fraction]) -> list[list[int]]:
    """Account by account, the part of each amount, where only the amounts are to come out: each is split by itself."""
    bounds, whole = prefixes(shares)
    until = [[amount * bound // whole for amount in amounts] for bound in bounds]
    return _steps(until, len(amounts))


def prefixes(shares: Sequence[Fraction]) -> tuple[list[int], int]:
    """The running sums of shares as whole numbers, and the denominator that they have in common."""
    whole = math.lcm(*(share.denominator for share in shares))
    return list(accumulate(int(share * whole) for share in shares)), whole


def _running(reached: list[int], bounds: Sequence[int], whole: int) -> list[list[int]]:
    """Account by account, what each line adds to the account's part of `reached`."""
    until = [[amount * bound // whole for amount in reached] for bound in bounds]
    return [list(map(sub, had, [0, *had[:-1]])) for had in _steps(until, len(reached))]


def _steps(until: list[list[int]], length: int) -> list[list[int]]:
    before = [[0] * length, *until[:-1]]
    return [list(map(sub, *both)) for both in zip(until, before, strict=True)]
