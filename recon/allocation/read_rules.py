"""What do the written rules, dimensions and the default mean? Mistakes are collected by the reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recon.allocation.columns import OWNER
from recon.allocation.condition import All
from recon.allocation.model import DEFAULT_ID, Dimension, Rule, Target
from recon.allocation.order import OWNER_NODE, Circle, in_order
from recon.allocation.parse import ConditionReader
from recon.allocation.split_model import Split
from recon.allocation.undivided import undivided
from recon.allocation.written import (
    AllocationFile,
    DimensionRule,
    InheritTarget,
    TagTarget,
    WrittenRule,
)
from recon.errors import InputError
from recon.hostile import shown
from recon.yaml_file import Located, Spot


def read_rules(file: AllocationFile, reader: ConditionReader) -> tuple[Rule, ...]:
    """The rules of the owner."""
    return tuple(_rule(rule, ("rules", i), reader) for i, rule in enumerate(file.rules))


def read_default(file: AllocationFile, splits: list[Split], reader: ConditionReader) -> Target | None:
    """Who pays what nothing else gives. A pool must be one that a split divides, in every month."""
    if file.default is None:
        return None
    target = _account(file.default, ("default",), reader)
    message = undivided(target.account, splits) if target.kind == "shared" and target.account else None
    if message:
        reader.errors.append(reader.located.error(("default",), message))
    return target


def filling(rules: tuple[Rule, ...], file: AllocationFile) -> tuple[Rule, ...]:
    """The rules, and one more for the pool that the default fills, where it is one."""
    kind, _, pool = (file.default or "").partition(":")
    return (*rules, Rule(DEFAULT_ID, All(()), Target("shared", pool))) if kind == "shared" else rules


def read_dimensions(file: AllocationFile, reader: ConditionReader) -> tuple[Dimension, ...]:
    """The dimensions by name. Their conditions may read the owner."""
    reader.owner_known = True
    found = [
        Dimension(name, _values(name, each.rules, reader), each.default)
        for name, each in sorted(file.dimensions.items())
    ]
    reader.owner_known = False
    if OWNER_NODE in file.dimensions:
        message = "the owner is no dimension; write its rules under `rules`, or choose another name"
        reader.errors.append(reader.located.error(("dimensions", OWNER_NODE), message))
    return tuple(found)


def order_of(
    rules: tuple[Rule, ...], dimensions: tuple[Dimension, ...], located: Located
) -> tuple[str, ...] | InputError:
    """The owner and the dimensions' columns, each after those that it reads; or the circle that forbids it."""
    groups: Mapping[str, tuple[Rule, ...]] = {OWNER_NODE: rules, **{d.column: d.rules for d in dimensions}}
    reads = {
        node: sorted({name for rule in rules for name in rule.reads()} & groups.keys())
        for node, rules in groups.items()
    }
    try:
        return in_order(reads)
    except Circle as circle:
        first = circle.members[0]
        spot: Spot = ("rules",) if first == OWNER_NODE else ("dimensions", first.partition(":")[2])
        message = f"dimensions read each other in a circle: {shown(str(circle), 500)}; let one of them read columns and tags only"
        return located.error(spot, message)


def taken_ids(located: Located) -> Iterator[InputError]:
    """Ids that two rules or splits share, or two rules of a dimension: an id must name one of them."""
    data = located.data
    yield from _taken(
        located, [(section, i) for section in ("rules", "splits") for i in _places(data, section)]
    )
    for name, dimension in (data.get("dimensions") or {}).items():
        rules = range(len(dimension.get("rules") or ()))
        yield from _taken(located, [("dimensions", name, "rules", i) for i in rules])


def _places(data: Mapping[str, Any], section: str) -> range:
    return range(len(data.get(section) or ()))


def _taken(located: Located, spots: list[Spot]) -> Iterator[InputError]:
    first: dict[str, int | None] = {}
    for spot in spots:
        entry: Any = located.data
        for part in spot:
            entry = entry[part]
        at = (*spot, "id")
        if entry["id"] == DEFAULT_ID:
            yield located.error(at, f'the id "{DEFAULT_ID}" is kept for `default`; choose another')
        elif entry["id"] in first:
            line = first[entry["id"]]
            yield located.error(at, f'the id "{shown(entry["id"])}" is taken (line {line}); choose another')
        first.setdefault(entry["id"], located.where(at).line)


def _values(name: str, rules: tuple[DimensionRule, ...], reader: ConditionReader) -> tuple[Rule, ...]:
    return tuple(_rule(rule, ("dimensions", name, "rules", i), reader) for i, rule in enumerate(rules))


def _rule(written: WrittenRule | DimensionRule, spot: Spot, reader: ConditionReader) -> Rule:
    if (written.from_period or "") > (written.to_period or "9999-12"):
        message = "to_period lies before from; swap the periods"
        reader.errors.append(reader.located.error((*spot, "to_period"), message))
    when = reader.read(written.when, (*spot, "when"))
    return Rule(written.id, when, _target(written, spot, reader), written.from_period, written.to_period)


def _target(written: WrittenRule | DimensionRule, spot: Spot, reader: ConditionReader) -> Target:
    given, word = (written.to, "to") if isinstance(written, WrittenRule) else (written.value, "value")
    if isinstance(given, InheritTarget):
        column = reader.inherit_column(given.inherit, (*spot, word, "inherit"))
        return Target("inherit", column, given.transform)
    if isinstance(given, TagTarget):
        reader.tag_key(given.tag, (*spot, word, "tag"))
        return Target("tag", given.tag)
    return _account(given, (*spot, word), reader) if word == "to" else Target("text", given)


def _account(text: str, spot: Spot, reader: ConditionReader) -> Target:
    kind, _, name = text.partition(":")
    if kind == OWNER:
        return Target("owner", reader.tag_value(reader.registry.owner, name, spot))
    return Target("shared", name)
