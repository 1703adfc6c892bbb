"""Where is a key asked for, and which value is expected there?

Scopes are judged on the few distinct places (provider, account, type, region, service, and the resource only
where a scope names resources), not on charges.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from recon.reconcile.world import World
from recon.registry import Rules, Scope

Answer = Callable[[dict[str, Any]], Any]
_PLACES = ("provider", "account", "resource_type", "region", "service", "resource")


def asked_for(
    world: World, rules: Rules, facts: pl.DataFrame, key: str, resolved: dict[str, pl.Series]
) -> pl.Series:
    """Whether `key` is required and not exempt, per charge. `resolved`: value numbers of keys judged before."""
    scopes = [*rules.keys[key].required, *(e.scope for e in rules.exemptions if e.key == key)]
    places = _named(scopes)
    conditions = sorted({name for scope in scopes for name in scope.where if name in resolved})
    asked = facts.select(*places, *(pl.lit(resolved[name]).alias(f"where:{name}") for name in conditions))
    texts = {number: text for text, number in world.numbers.numbers.items()}

    def holds(row: dict[str, Any]) -> bool:
        place = {name: _text(row[name]) for name in places}
        values = {name: texts.get(row[f"where:{name}"]) for name in conditions}
        return rules.asks_for(key, place, values)

    return _per_distinct(asked, facts.height, holds, pl.Boolean)


def expected_values(world: World, rules: Rules, facts: pl.DataFrame, key: str) -> pl.Series:
    """The value number that the catalogue expects, per charge; null where it says nothing."""
    entries = [entry for entry in rules.catalogue if key in entry.expect]
    if not entries:
        return pl.Series([None], dtype=pl.Int32).new_from_index(0, facts.height)
    places = _named([entry.place() for entry in entries])

    def value(row: dict[str, Any]) -> int | None:
        text = rules.expected({name: _text(row[name]) for name in places}).get(key)
        return None if text is None else world.numbers.number(text)

    return _per_distinct(facts.select(places), facts.height, value, pl.Int32)


def _named(scopes: list[Scope]) -> list[str]:
    """The parts of a place that any of the scopes looks at."""
    return [part for part in _PLACES if any(getattr(scope, part) for scope in scopes)]


def _per_distinct(asked: pl.DataFrame, height: int, answer: Answer, dtype: type[pl.DataType]) -> pl.Series:
    """`answer` of each distinct row, spread over all rows in their order."""
    if not asked.width:
        return pl.Series([answer({})], dtype=dtype).new_from_index(0, height)
    distinct = asked.unique()
    found = distinct.with_columns(
        pl.Series("answer", [answer(row) for row in distinct.iter_rows(named=True)], dtype)
    )
    return asked.join(found, on=asked.columns, how="left", nulls_equal=True, maintain_order="left")["answer"]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
