"""To which accounts does the cost of a divided pool come in the end, by which splits, and which share of it?

A book's splits are followed from pool to pool, to the accounts that pass nothing on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from recon.errors import OurBug
from recon.focus_export.cut import cut

Units = tuple[int, int]
"""BilledCost and EffectiveCost in whole units of the money scale."""


@dataclass(frozen=True)
class Target:
    """One posting of a split: its account, what the ledger gave it, and the weight that it tells (n, n.n or n/d)."""

    account: str
    units: Units
    weight: Fraction | None = None


@dataclass(frozen=True)
class Division:
    """A pool that was divided in one book: by which split, and to whom, by account."""

    split_id: str
    pool: str
    targets: tuple[Target, ...]

    def shares(self) -> list[Fraction]:
        """The share of each target; they sum to 1. The weights tell it; where they can't, what was posted does."""
        columns: list[list[Fraction]] = [[t.weight or Fraction(0) for t in self.targets]]
        columns += [[Fraction(t.units[which]) for t in self.targets] for which in (1, 0)]
        columns.append([Fraction(1)] * len(self.targets))
        weights = next(column for column in columns if sum(column))
        total = sum(weights, Fraction(0))
        return [weight / total for weight in weights]


@dataclass(frozen=True)
class End:
    """An account where cost of a pool ends: its share, all splits on the way in their order, and those that paid it."""

    account: str
    share: Fraction
    splits: tuple[str, ...]
    last: tuple[str, ...]


@dataclass
class Ways:
    """The divisions of one book, pools before those that they pay into."""

    divisions: dict[str, Division]
    _ends: dict[str, dict[str, Fraction]] = field(default_factory=dict)

    @classmethod
    def of(cls, divisions: Iterable[Division]) -> Ways:
        """`OurBug` where pools pay each other in a circle: the ledger posts such a circle as solved."""
        found = {division.pool: division for division in sorted(divisions, key=lambda d: d.pool)}
        graph = {
            pool: [d.pool for d in found.values() if any(t.account == pool for t in d.targets)]
            for pool in found
        }
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise OurBug(f"the ledger's pools pay each other in a circle: {error.args[1]}") from error
        return cls({pool: found[pool] for pool in order})

    def ends(self, pool: str) -> list[End]:
        """Where the pool's cost ends, by account; the shares sum to 1."""
        below = self._below(pool)
        reached = {pool}
        for division in self.divisions.values():
            if division.pool in reached:
                reached |= {t.account for t in division.targets}
        return [
            End(
                account,
                share,
                tuple(self._on_the_way(reached, account)),
                tuple(self._payers(reached, account)),
            )
            for account, share in sorted(below.items())
        ]

    def follow(self, lines: Mapping[str, Mapping[int, Units]]) -> dict[str, dict[int, Units]]:
        """Account → line → its part, at the accounts that pass nothing on.

        `lines`: account → line → what the line put there directly. A line's parts sum to the line, an account's parts
        to what was posted to it; `OurBug` where a pool's lines are not what the ledger took out of it.
        """
        at: dict[str, dict[int, Units]] = defaultdict(dict)
        for account, own in lines.items():
            at[account] = dict(own)
        for pool, division in self.divisions.items():
            _divide(division, dict(sorted(at.pop(pool, {}).items())), at)
        return at

    def _below(self, pool: str) -> dict[str, Fraction]:
        if not self._ends:
            for source, division in reversed(self.divisions.items()):
                found: dict[str, Fraction] = defaultdict(Fraction)
                for target, share in zip(division.targets, division.shares(), strict=True):
                    for account, part in self._ends.get(
                        target.account, {target.account: Fraction(1)}
                    ).items():
                        found[account] += share * part
                self._ends[source] = dict(found)
        return self._ends[pool]

    def _payers(self, reached: set[str], account: str) -> list[str]:
        return [
            d.split_id
            for d in self.divisions.values()
            if d.pool in reached and any(t.account == account for t in d.targets)
        ]

    def _on_the_way(self, reached: set[str], account: str) -> list[str]:
        return [
            d.split_id
            for d in self.divisions.values()
            if d.pool in reached and account in self._below(d.pool)
        ]


def _divide(division: Division, items: Mapping[int, Units], at: dict[str, dict[int, Units]]) -> None:
    shares = division.shares()
    try:
        billed, effective = (
            cut(
                [units[which] for units in items.values()], shares, [t.units[which] for t in division.targets]
            )
            for which in (0, 1)
        )
    except ValueError as error:
        raise OurBug(f"{division.pool}, divided by {division.split_id}: {error}") from error
    for target, own_billed, own_effective in zip(division.targets, billed, effective, strict=True):
        there = at[target.account]
        for line, *part in zip(items, own_billed, own_effective, strict=True):
            had = there.get(line, (0, 0))
            there[line] = (had[0] + part[0], had[1] + part[1])
