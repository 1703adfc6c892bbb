"""Does the registry contradict itself? Every question that looks at more than one field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from recon.errors import InputError
from recon.hostile import shown
from recon.registry.check_names import same_name_twice
from recon.registry.check_values import value_problems
from recon.registry.model import Key, RegistryFile
from recon.registry.providers import SPELLINGS
from recon.registry.rules import reads_of
from recon.registry.scope import PLACES, Scope
from recon.registry.value_index import ValueIndex
from recon.registry.values_file import Sourced
from recon.yaml_file import Located, Spot, not_allowed


@dataclass(frozen=True)
class Written:
    """A registry as written: the file, its lines, the keys with the values of their files."""

    located: Located
    file: RegistryFile
    keys: Mapping[str, Key]
    sourced: Mapping[str, list[Sourced]]
    indexes: Mapping[str, ValueIndex]


def problems(written: Written) -> list[InputError]:
    """Everything that is wrong beyond the shape of the file."""
    found = [*_owner(written), *_deprecations(written), *_references(written), *_spellings(written)]
    found += same_name_twice(written.located, written.keys)
    for name, key in written.keys.items():
        found += value_problems(written.located, name, key, written.sourced[name], written.indexes[name])
    return found + list(_cycles(written))


def _owner(written: Written) -> Iterator[InputError]:
    owner = written.file.owner
    if owner not in written.keys:
        yield written.located.error(("owner",), not_allowed(owner, "owner key", written.keys))
    elif written.keys[owner].deprecated:
        message = f'the owner key "{shown(owner)}" is deprecated; name the key that replaces it'
        yield written.located.error(("owner",), message)


def _deprecations(written: Written) -> Iterator[InputError]:
    graph: dict[str, list[str]] = {}
    for name, key in written.keys.items():
        if key.deprecated is None:
            continue
        target = key.deprecated.replaced_by
        graph[name] = [target]
        if target not in written.keys:
            spot = ("keys", name, "deprecated", "replaced_by")
            yield written.located.error(spot, not_allowed(target, "key", written.keys))
    cycle = _cycle(graph)
    if cycle:
        message = f"keys replace each other in a circle: {_chain(cycle)}; let one of them stay"
        yield written.located.error(("keys", cycle[0], "deprecated"), message)


def _references(written: Written) -> Iterator[InputError]:
    """Keys and values that conditions, exemptions and catalogue name."""
    for name, key in written.keys.items():
        for i, scope in enumerate(key.required):
            yield from _conditions(written, ("keys", name, "required"), scope, i)
    for i, exemption in enumerate(written.file.exemptions):
        if exemption.key not in written.keys:
            message = not_allowed(exemption.key, "key", written.keys)
            yield written.located.error(("exemptions", i, "key"), message)
        yield from _conditions(written, ("exemptions", i, "scope"), exemption.scope, 0)
    for i, entry in enumerate(written.file.catalogue):
        for key_name, value in entry.expect.items():
            yield from _key_and_value(written, ("catalogue", i, "expect", key_name), key_name, (value,))


def _conditions(written: Written, spot: Spot, scope: Scope, i: int) -> Iterator[InputError]:
    for key, values in scope.where.items():
        # A condition may stand under `where` or beside it, in one scope or in a list of them.
        tries: list[Spot] = [(*spot, *at, *w, key) for at in ((i,), ()) for w in (("where",), ())]
        where = next((t for t in tries if t in written.located.lines), spot)
        yield from _key_and_value(written, where, key, values, places=PLACES)


def _key_and_value(
    written: Written, spot: Spot, key: str, values: tuple[str, ...], places: tuple[str, ...] = ()
) -> Iterator[InputError]:
    if key not in written.keys:
        yield written.located.error(spot, not_allowed(key, "key", (*written.keys, *places)))
        return
    deprecated = written.keys[key].deprecated
    if deprecated:
        message = f'the key "{shown(key)}" is deprecated; name "{shown(deprecated.replaced_by)}" instead'
        yield written.located.error(spot, message)
        return
    index = written.indexes[key]
    for value in values:
        if index.find(value) is None:
            near = index.nearest(value)
            hint = f' Did you mean "{shown(near)}"?' if near else " Add it to the key's values, or mend it."
            yield written.located.error(
                spot, f'"{shown(value)}" is no value of the key "{shown(key)}".{hint}'
            )


def _spellings(written: Written) -> Iterator[InputError]:
    for name, key in written.keys.items():
        for provider_id, text in key.spelling.items():
            facts = SPELLINGS.get(provider_id)
            if facts and not facts.key_shape.fullmatch(text):
                spot = ("keys", name, "spelling", provider_id)
                message = (
                    f'{provider_id} does not carry a key "{shown(text)}"; allowed: {facts.shape_in_words}'
                )
                yield written.located.error(spot, message)


def _cycles(written: Written) -> Iterator[InputError]:
    exemptions = written.file.exemptions
    cycle = _cycle({name: reads_of(name, key, exemptions) for name, key in written.keys.items()})
    if cycle:
        message = f"conditions read each other in a circle: {_chain(cycle)}; drop one of the conditions"
        yield written.located.error(("keys", cycle[0], "required"), message)


def _cycle(graph: Mapping[str, list[str]]) -> list[str]:
    """One cycle, each name reading the next, beginning and ending with the first in the file; or []."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        ring: list[str] = found.args[1][:0:-1]  # graphlib lists what is read before what reads it
        start = min(range(len(ring)), key=lambda i: list(graph).index(ring[i]))
        return [*ring[start:], *ring[:start], ring[start]]
    return []


def _chain(names: list[str]) -> str:
    return " → ".join(shown(n, 60) for n in names)
