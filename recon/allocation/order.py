"""In which order are owner and dimensions worked out, each after those that it reads?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

OWNER_NODE = "owner"


class Circle(Exception):
    """`members`: each reads the next, the last the first; the first is the least by name."""

    def __init__(self, members: list[str]) -> None:
        super().__init__(" → ".join((*members, members[0])))
        self.members = members


def in_order(reads: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every name after those that it reads. Raises Circle.

    >>> in_order({"owner": ["product"], "product": []})
    ('product', 'owner')
    """
    try:
        return tuple(TopologicalSorter(reads).static_order())
    except CycleError as found:
        ring: list[str] = found.args[1][:0:-1]  # graphlib names who is read first; we name who reads
        start = min(range(len(ring)), key=lambda i: ring[i])
        raise Circle([*ring[start:], *ring[:start]]) from None
