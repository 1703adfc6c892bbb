"""Can the shared pools be divided as written, and in which order?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter

from recon.allocation.model import Rule
from recon.allocation.parse import ConditionReader
from recon.allocation.split_model import Split
from recon.allocation.written_splits import WrittenSplit
from recon.errors import InputError
from recon.focus import CLASSES
from recon.hostile import shown
from recon.yaml_file import Located, Spot, not_allowed


def read_split(written: WrittenSplit, i: int, reader: ConditionReader) -> Split:
    """The checked split; what is wrong with it is recorded in `reader.errors`."""
    spot: Spot = ("splits", i)
    targets, percents = _targets(written, spot, reader)
    remainder = written.remainder_to and _account(written.remainder_to, (*spot, "remainder_to"), reader)
    reader.errors += _shape_problems(written, spot, reader.located)
    return Split(
        id=written.id,
        source=written.source,
        method=written.method,
        targets=targets,
        percents=percents,
        remainder_to=remainder,
        when_zero=written.when_zero,
        cost=written.cost,
    )


def pool_problems(splits: list[Split], rules: Iterable[Rule], located: Located) -> Iterator[InputError]:
    """Pools that nothing fills, and pools that two splits divide."""
    filled = {f"shared:{c}" for c in CLASSES} | {p for s in splits for p in s.feeds()}
    filled |= {r.to.account or "" for r in rules if r.to.kind == "shared"}
    first: dict[str, int] = {}
    for i, split in enumerate(splits):
        spot: Spot = ("splits", i, "source")
        if split.source not in filled:
            yield located.error(spot, not_allowed(split.source, "pool", sorted(filled)))
        if split.source in first:
            line = located.where(("splits", first[split.source], "source")).line
            message = f'"{shown(split.source)}" is already divided by the split on line {line}'
            yield located.error(spot, f"{message}; a pool is divided once: put all targets into one split")
        first.setdefault(split.source, i)


def in_order(splits: list[Split], located: Located) -> list[Split] | InputError:
    """The splits, each after those that fill its pool; or the cycle that forbids any order."""
    by_source = {s.source: s for s in reversed(splits)}
    fed_by = {s.source: [t.source for t in splits if s.source in t.feeds()] for s in splits}
    try:
        return [by_source[source] for source in TopologicalSorter(fed_by).static_order()]
    except CycleError as found:
        ring: list[str] = found.args[1][:-1]
        start = min(range(len(ring)), key=lambda i: ring[i])
        chain = " → ".join(shown(p, 60) for p in (*ring[start:], *ring[:start], ring[start]))
        i = next(i for i, s in enumerate(splits) if s.source == ring[start])
        message = f"splits pay each other in a circle: {chain}; let one of them pay owners only"
        return located.error(("splits", i, "targets"), message)


def _targets(
    written: WrittenSplit, spot: Spot, reader: ConditionReader
) -> tuple[tuple[str, ...] | None, tuple[tuple[str, Decimal], ...]]:
    given = written.targets
    if isinstance(given, str):
        return None, ()
    places: list[str | int] = [*given] if isinstance(given, dict) else [*range(len(given))]
    names = list(given)
    accounts: dict[str, str | int] = {}
    for place, name in zip(places, names, strict=True):
        at: Spot = (*spot, "targets", place)
        account = _account(name, at, reader)
        if account in accounts:
            reader.errors.append(
                reader.located.error(at, f'"{shown(name)}" is a target twice; keep one of them')
            )
        accounts.setdefault(account, place)
    shares = tuple(sorted((a, given[str(p)]) for a, p in accounts.items())) if isinstance(given, dict) else ()
    return tuple(sorted(accounts)), shares


def _account(name: str, spot: Spot, reader: ConditionReader) -> str:
    if name.startswith("shared:"):
        return name
    owner = name.removeprefix("owner:")
    return f"owner:{reader.tag_value(reader.registry.owner, owner, spot)}"


def _shape_problems(written: WrittenSplit, spot: Spot, located: Located) -> Iterator[InputError]:
    at = (*spot, "targets")
    if isinstance(written.targets, dict) != (written.method == "fixed"):
        what = "`owner: percent` lines" if written.method == "fixed" else "`all` or a list of names"
        yield located.error(at, f"the method {written.method} needs {what} as targets")
        return
    if not written.targets:
        yield located.error(at, "no target is written; name at least one, or `all`")
    if written.method != "fixed":
        if written.remainder_to:
            message = f"the method {written.method} leaves no remainder; drop this line"
            yield located.error((*spot, "remainder_to"), message)
        return
    total = sum(written.targets.values(), Decimal(0)) if isinstance(written.targets, dict) else Decimal(0)
    if total > 100 or (total < 100 and not written.remainder_to):
        hint = "" if total > 100 else ", or name `remainder_to`"
        yield located.error(at, f"the percentages make {total.normalize():f}; make them 100{hint}")
