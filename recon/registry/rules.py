"""What does the registry ask on a given day, and what does a raw key or value mean then?"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from graphlib import TopologicalSorter
from typing import Literal

from recon.registry.key_index import KeyHit, KeyIndex
from recon.registry.model import CatalogueEntry, Exemption, Key
from recon.registry.providers import spelling_of
from recon.registry.value_index import ValueIndex

_CACHED = 200_000  # distinct (provider, text) pairs kept; beyond that the memory counts more

Place = Mapping[str, str | None]


@dataclass(frozen=True)
class ValueHit:
    """`value`: the canonical value, also of a retired one; None when unknown. `canonical`: written as it
    should be. `reason`: why it is not valid. `nearest`: the valid value that a typo most likely meant."""

    value: str | None
    valid: bool
    canonical: bool
    reason: Literal["unknown", "retired", "pattern", "sunset"] | None = None
    nearest: str | None = None


@dataclass(frozen=True, eq=False)
class Registry:
    """A checked registry.yaml. `content_hash`: SHA-256 hex over all that it says, value files included."""

    version: str
    owner: str
    keys: Mapping[str, Key]
    exemptions: tuple[Exemption, ...]
    catalogue: tuple[CatalogueEntry, ...]
    content_hash: str
    indexes: Mapping[str, ValueIndex] = field(repr=False)

    def epochs(self) -> list[dt.date]:
        """The days, ascending, on which something that is in force begins or ends."""
        return list(_epochs(self))

    def canonical(self, key: str, text: str) -> str | None:
        """The canonical form of a value of `key` that is valid on some day; None when there is none."""
        return self.indexes[key].find(text)

    def nearest(self, key: str, text: str) -> str | None:
        """The value of `key` that a typo most likely meant."""
        return self.indexes[key].nearest(text)

    def values(self, key: str) -> list[str] | None:
        """The listed canonical values of `key` in the registry's order; None: a pattern, or any value."""
        listed = self.keys[key].values and self.keys[key].values.listed  # type: ignore[union-attr]
        return None if not listed else list(dict.fromkeys(entry.value for entry in listed))


@dataclass(frozen=True, eq=False)
class Rules:
    """What is in force on `day`, and on every other day of the same epoch.

    `keys`: the keys that are judged, each after those that its conditions read; deprecated ones are not
    among them. The owner key always is; outside of its effective dates it is required nowhere.
    """

    day: dt.date
    registry: Registry
    keys: Mapping[str, Key]
    exemptions: tuple[Exemption, ...]
    catalogue: tuple[CatalogueEntry, ...]
    _targets: Mapping[str, str] = field(repr=False)
    _hits: dict[tuple[str, str], KeyHit | None] = field(default_factory=dict, repr=False)
    _values: dict[tuple[str, str, str], ValueHit] = field(default_factory=dict, repr=False)
    _indexes: dict[str, KeyIndex] = field(default_factory=dict, repr=False)

    @property
    def owner(self) -> str:
        return self.registry.owner

    @property
    def required_keys(self) -> tuple[str, ...]:
        """The keys that are required anywhere, in the order of `keys`."""
        return tuple(name for name, key in self.keys.items() if key.required)

    def key_of(self, provider_id: str, raw_key: str) -> KeyHit | None:
        """The key that a raw key means; None when the registry does not know it.

        A deprecated key is an alias of its replacement (never canonical); after its sunset the hit names the
        deprecated key itself, which is not in `keys` and whose every value is refused as `sunset`.
        """
        at = (provider_id, raw_key)
        if at not in self._hits:
            if len(self._hits) >= _CACHED:
                self._hits.clear()
            self._hits[at] = self._index(provider_id).find(raw_key)
        return self._hits[at]

    def value_of(self, key: str, provider_id: str, raw_value: str) -> ValueHit:
        """What a raw value of `key` means on this day. A blank counts as absent: see `is_blank`."""
        at = (key, provider_id, raw_value)
        if at not in self._values:
            if len(self._values) >= _CACHED:
                self._values.clear()
            self._values[at] = self._judged(key, provider_id, raw_value)
        return self._values[at]

    def asks_for(self, key: str, place: Place, resolved: Mapping[str, str | None]) -> bool:
        """Whether `key` is required at `place` (see `Scope.covers`) and not exempt, given the canonical
        values of other keys. An unresolved condition is met for a requirement, never for an exemption."""
        required = any(s.covers(place) and s.holds(resolved) for s in self.keys[key].required)
        return required and not any(
            e.key == key and e.scope.covers(place) and e.scope.holds(resolved, unresolved=False)
            for e in self.exemptions
        )

    def expected(self, place: Place) -> dict[str, str]:
        """Key → canonical value that the catalogue expects at `place`; per key the first entry counts."""
        fitting = [entry.expect for entry in self.catalogue if entry.place().covers(place)]
        return {key: value for expect in reversed(fitting) for key, value in expect.items()}

    def _index(self, provider_id: str) -> KeyIndex:
        if provider_id not in self._indexes:
            self._indexes[provider_id] = KeyIndex(self.registry.keys, self._targets, provider_id)
        return self._indexes[provider_id]

    def _judged(self, name: str, provider_id: str, raw: str) -> ValueHit:
        key, index = self.registry.keys[name], self.registry.indexes[name]
        if key.deprecated and self._targets.get(name) == name:
            return ValueHit(None, valid=False, canonical=False, reason="sunset")
        value = index.find(raw, provider_id)
        if value is None:
            reason: Literal["pattern", "unknown"] = (
                "pattern" if key.values and key.values.pattern else "unknown"
            )
            return ValueHit(None, False, False, reason, index.nearest(raw, self.day))
        canonical = raw == spelling_of(provider_id).written(value)
        entries = index.entries(value)
        if not entries or any(e.valid_on(self.day) for e in entries):
            return ValueHit(value, valid=True, canonical=canonical)
        ended = any(e.ended_by(self.day) for e in entries)
        return ValueHit(value, False, canonical, "retired" if ended else "unknown")


def in_force(registry: Registry, day: dt.date) -> Rules:
    """What holds on `day`. Days of one epoch share one object, and so its caches."""
    epochs = _epochs(registry)
    n = bisect_right(epochs, day)
    return _rules(
        registry, epochs[n - 1] if n else (epochs[0] - dt.timedelta(days=1) if epochs else dt.date.min)
    )


@lru_cache(maxsize=16)
def _epochs(registry: Registry) -> tuple[dt.date, ...]:
    return tuple(sorted({day for day in _turning_days(registry) if day is not None}))


@lru_cache(maxsize=512)
def _rules(registry: Registry, day: dt.date) -> Rules:
    present = {n: k for n, k in registry.keys.items() if k.in_force(day)}
    owner = registry.keys[registry.owner]
    if registry.owner not in present:  # the waterfall needs its verdicts on every day
        present[registry.owner] = owner.model_copy(update={"required": ()})
    judged = {n: k for n, k in present.items() if not k.deprecated}
    exemptions = tuple(e for e in registry.exemptions if e.in_force(day))
    reads = {n: [k for k in reads_of(n, key, exemptions) if k in judged] for n, key in judged.items()}
    return Rules(
        day=day,
        registry=registry,
        keys={n: judged[n] for n in TopologicalSorter(reads).static_order()},
        exemptions=exemptions,
        catalogue=tuple(c for c in registry.catalogue if c.in_force(day)),
        _targets={n: meant_by(registry.keys, n, day) for n in present},
    )


def reads_of(name: str, key: Key, exemptions: tuple[Exemption, ...]) -> list[str]:
    """The keys whose resolved values the conditions of `name` read."""
    scopes = [*key.required, *(e.scope for e in exemptions if e.key == name)]
    return list(dict.fromkeys(k for scope in scopes for k in scope.where))


def meant_by(keys: Mapping[str, Key], name: str, day: dt.date) -> str:
    """The key that a name stands for on `day`, deprecations followed until one is past its sunset."""
    deprecated = keys[name].deprecated
    if deprecated is None or (deprecated.sunset and day > deprecated.sunset):
        return name
    return meant_by(keys, deprecated.replaced_by, day)


def _turning_days(registry: Registry) -> Iterator[dt.date | None]:
    for key in registry.keys.values():
        yield from (key.effective_from, _after(key.effective_to))
        yield _after(key.deprecated.sunset) if key.deprecated else None
        for entry in (key.values.listed or ()) if key.values else ():
            yield from (entry.starts, _after(entry.ends), entry.retired)
    for exemption in registry.exemptions:
        yield from (exemption.starts, _after(exemption.until))
    for expected in registry.catalogue:
        yield from (expected.starts, _after(expected.ends))


def _after(last: dt.date | None) -> dt.date | None:
    """The day after the last one; none after the end of the calendar, which means for ever."""
    return last + dt.timedelta(days=1) if last and last < dt.date.max else None
