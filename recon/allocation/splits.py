"""Can the shared pools be divided as written, and in which order?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from recon.allocation.divisions import DivisionReader
from recon.allocation.model import Rule, Target
from recon.allocation.parse import ConditionReader
from recon.allocation.policies import POLICY, read_policies
from recon.allocation.split_model import Split, Tier
from recon.allocation.split_order import FIRST, epochs, in_circle, paid_sources, stages
from recon.allocation.undivided import undivided
from recon.allocation.written_policies import WrittenPolicies
from recon.allocation.written_splits import WrittenSplit
from recon.errors import InputError
from recon.focus import CLASSES
from recon.hostile import shown
from recon.yaml_file import Located, Spot, not_allowed


@dataclass(frozen=True)
class Sharing:
    """The splits of a file and where each is written; `rules`: those that fill their pools, after the written ones."""

    splits: tuple[Split, ...]
    spots: tuple[Spot, ...]
    rules: tuple[Rule, ...]

    def spot(self, split: Split) -> Spot:
        return self.spots[self.splits.index(split)]

    def usage_digests(self) -> list[str]:
        """What the usage files of the splits say, for the hash of the rules."""
        parts = (part for split in self.splits for part in split.parts())
        return sorted({part.usage.digest for part in parts if part.usage})

    def in_order(self) -> tuple[Split, ...]:
        """Each split after those that pay into its pool, where there is such an order."""
        found: dict[str, Split] = {}
        for period in epochs(self.splits):
            for stage in stages(s for s in self.splits if s.in_force(period)):
                found |= {split.id: split for split in stage}
        return tuple(found.values())


def read_sharing(
    splits: Sequence[WrittenSplit], policies: WrittenPolicies, reader: ConditionReader
) -> Sharing:
    """The checked splits and policies; what is wrong with them is recorded in `reader.errors`."""
    divisions = DivisionReader(reader)
    rules, found = [], []
    for i, written in enumerate(splits):
        spot: Spot = ("splits", i)
        split = _split(written, spot, divisions)
        found.append((split, spot))
        if written.when is not None:
            when = reader.read(written.when, (*spot, "when"))
            pool = Target("shared", written.id)
            rules.append(Rule(written.id, when, pool, written.from_period, written.to_period))
    short = read_policies(policies, reader)
    found += [(split, ("policies", split.id.partition(":")[2])) for split in short.splits]
    return Sharing(tuple(s for s, _ in found), tuple(at for _, at in found), (*rules, *short.rules))


def pool_problems(sharing: Sharing, rules: Iterable[Rule], located: Located) -> Iterator[InputError]:
    """Pools that nothing fills, and pools that two splits divide in the same period."""
    filled = {f"shared:{c}" for c in CLASSES} | {p for s in sharing.splits for p in s.feeds()}
    filled |= {r.to.account or "" for r in rules if r.to.kind == "shared"}
    seen: list[tuple[Split, Spot]] = []
    for split, at in zip(sharing.splits, sharing.spots, strict=True):
        spot = (*at, "source")
        if split.source.startswith("shared:") and split.source not in filled:
            yield located.error(spot, not_allowed(split.source, "pool", sorted(filled)))
        for other, there in seen:
            if other.source == split.source and _overlap(split, other):
                line = located.where((*there, "source")).line
                message = f'"{shown(split.source)}" is already divided by the split on line {line}'
                yield located.error(
                    spot,
                    f"{message}; a pool is divided once: put all targets into one split, or let their periods not overlap",
                )
                break
        seen.append((split, at))
    yield from _undivided(sharing, located)
    yield from _policy_pools(sharing, located)


def _undivided(sharing: Sharing, located: Located) -> Iterator[InputError]:
    """Pools that a split pays into and that nobody divides in some month of it: their cost would be nobody's."""
    told: set[tuple[str, str]] = set()
    for period in epochs(sharing.splits):
        now = [s for s in sharing.splits if s.in_force(period)]
        for split in now:
            for pool in sorted({*split.feeds()} - _sources(now)):
                if (split.id, pool) not in told:
                    told.add((split.id, pool))
                    when = f" in {period}" if period > FIRST else ""
                    message = f'no split divides "{shown(pool)}"{when}, which this one pays into; add one with this `source`, or name an owner'
                    yield located.error((*sharing.spot(split), "targets"), message)


def _policy_pools(sharing: Sharing, located: Located) -> Iterator[InputError]:
    """Policies whose pool nobody divides in some month. Pools of classes need no split: what lies there is told apart."""
    for rule in sharing.rules:
        kind, _, policy = rule.id.partition(":")
        pool = rule.to.account
        if kind == POLICY and pool and pool.startswith("shared:") and rule.to.name not in CLASSES:
            message = undivided(pool, sharing.splits)
            if message:
                yield located.error(("policies", policy), message)


def circles(sharing: Sharing, reciprocal: bool, located: Located) -> Iterator[InputError]:
    """Splits that pay each other; with reciprocal sharing only those that can't be solved."""
    told: set[frozenset[str]] = set()
    for period in epochs(sharing.splits):
        for stage in stages(s for s in sharing.splits if s.in_force(period)):
            members = frozenset(s.id for s in stage)
            if in_circle(stage) and members not in told:
                told.add(members)
                yield from _circle(stage, sharing, reciprocal, located)


def _circle(
    stage: tuple[Split, ...], sharing: Sharing, reciprocal: bool, located: Located
) -> Iterator[InputError]:
    ring = _ring(stage)
    first = next(s for s in stage if s.source == ring[0])
    spot = (*sharing.spot(first), "targets")
    chain = " → ".join(shown(pool, 60) for pool in (*ring, ring[0]))
    if not reciprocal:
        message = f"splits pay each other in a circle: {chain}; let one of them pay owners only, or write `sharing: reciprocal`"
        yield located.error(spot, message)
        return
    for split in stage:
        if split.method in ("amount", "tiers") or split.in_cells:
            message = f"the split {shown(split.id)} is part of a circle ({chain}): its shares must not depend on amounts, days or values"
            yield located.error((*sharing.spot(split), "method"), message)
    leaving = {s.source for s in stage if s.pays_all or any(a not in _sources(stage) for a in _paid(s))}
    while more := {s.source for s in stage if s.source not in leaving and leaving & _paid(s)}:
        leaving |= more
    if len(leaving) < len(stage):
        message = f"nothing ever leaves this circle: {chain}; let one of them pay somebody outside of it"
        yield located.error(spot, message)


def _sources(stage: Iterable[Split]) -> set[str]:
    return {split.source for split in stage}


def _paid(split: Split) -> set[str]:
    """Who gets something of a split in the normal case."""
    full = sum((percent for _, percent in split.percents), Decimal(0)) == 100
    rest = {split.remainder_to} if split.remainder_to and not full else set()
    return {*split.named_targets(), *rest}


def _ring(stage: tuple[Split, ...]) -> list[str]:
    """A shortest circle through the least of the stage's pools, in the direction of the money."""
    sources = sorted(s.source for s in stage)
    pays = {s.source: paid_sources(s, sources) for s in stage}
    start = sources[0]
    paths = [[start]]
    reached = {start}
    for path in paths:
        for step in pays[path[-1]]:
            if step == start:
                return path
            if step not in reached:
                reached.add(step)
                paths.append([*path, step])
    return [start]


def _overlap(one: Split, other: Split) -> bool:
    starts = max(one.from_period or "", other.from_period or "")
    ends = min(one.to_period or "9999-12", other.to_period or "9999-12")
    return starts <= ends


def _split(written: WrittenSplit, spot: Spot, divisions: DivisionReader) -> Split:
    if (written.source is None) == (written.when is None):
        message = "either `source` or `when` is needed: a pool or owner, or the charges to divide"
        divisions.wrong((*spot, "source" if written.source else "id"), message)
    if written.when is not None and written.id in CLASSES:
        message = f"the pool of this split would be that of the class {written.id}; choose another id, or divide the class by `source: shared:{written.id}`"
        divisions.wrong((*spot, "id"), message)
    if (written.from_period or "") > (written.to_period or "9999-12"):
        divisions.wrong((*spot, "to_period"), "to_period lies before from; swap the periods")
    source = written.source or f"shared:{written.id}"
    if source.startswith("owner:"):
        source = divisions.account(source, (*spot, "source"))
    fields = divisions.read(written, written.method, spot)
    if written.method in ("amount", "tiers") and not written.currency:
        divisions.wrong((*spot, "method"), f"the method {written.method} needs `currency`; add it")
    return Split(
        id=written.id,
        source=source,
        from_period=written.from_period,
        to_period=written.to_period,
        currency=written.currency,
        tiers=_tiers(written, source, spot, divisions),
        **fields,
    )


def _tiers(written: WrittenSplit, source: str, spot: Spot, divisions: DivisionReader) -> tuple[Tier, ...]:
    if written.method == "tiers" and not written.tiers:
        divisions.wrong((*spot, "method"), "the method tiers needs `tiers`; add at least one")
    found: list[Tier] = []
    for i, tier in enumerate(written.tiers):
        at: Spot = (*spot, "tiers", i)
        last = i == len(written.tiers) - 1
        up_to = divisions.above_zero(tier.up_to, (*at, "up_to")) if tier.up_to else None
        if last != (up_to is None):
            divisions.wrong((*at, "up_to"), "every tier but the last needs `up_to`; the last takes the rest")
        if found and up_to is not None and up_to <= (found[-1].up_to or 0):
            divisions.wrong((*at, "up_to"), "`up_to` must be above that of the tier before")
        fields: dict[str, Any] = divisions.read(tier, tier.method, at)
        how = Split(id=written.id, source=source, **fields)
        if how.in_cells:
            divisions.wrong(at, "a tier divides whole amounts; drop `within` and `window: day`")
        found.append(Tier(up_to, how))
    return tuple(found)
