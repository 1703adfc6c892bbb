"""Are one key's values, aliases and default consistent?"""

from __future__ import annotations

from collections.abc import Iterator

from recon.errors import InputError, Where
from recon.hostile import shown
from recon.registry.model import Key
from recon.registry.providers import LONGEST_VALUE
from recon.registry.value_index import ValueIndex
from recon.registry.values_file import Sourced
from recon.yaml_file import Located, not_allowed


def value_problems(
    located: Located, name: str, key: Key, sourced: list[Sourced], index: ValueIndex
) -> Iterator[InputError]:
    """Values listed twice or too long, aliases of two values or of none, a default that is not valid."""
    yield from _too_long(sourced)
    yield from _claimed_twice(located, name, key, sourced)
    yield from _aliases_of_nothing(located, name, key, sourced)
    if key.default is not None and index.find(key.default) is None:
        yield located.error(("keys", name, "default"), _not_a_value(key.default, name, index))


def _not_a_value(text: str, name: str, index: ValueIndex) -> str:
    near = index.nearest(text)
    hint = f' Did you mean "{shown(near)}"?' if near else ""
    return f'the default "{shown(text)}" is no valid value of "{shown(name)}"; use one that is.{hint}'


def _too_long(sourced: list[Sourced]) -> Iterator[InputError]:
    for entry, where in sourced:
        if len(entry.value) > LONGEST_VALUE:
            message = f'the value "{shown(entry.value, 40)}" has {len(entry.value)} characters'
            yield InputError(f"{message}; no provider carries more than {LONGEST_VALUE}", where)


def _claimed_twice(located: Located, name: str, key: Key, sourced: list[Sourced]) -> Iterator[InputError]:
    """Two values that are one after folding, and aliases that mean two values."""
    fold = key.folding.fold
    claims: dict[str, tuple[str, Where]] = {}
    for value, text, where in _claims(located, name, key, sourced):
        holder, first = claims.setdefault(fold(text), (value, where))
        # The same value may stand in several rows: with other days, or with one more alias.
        if holder != value:
            what = f'"{shown(text)}" means "{shown(value)}" here and "{shown(holder)}" on line {first.line}'
            yield InputError(f'{what} (key "{shown(name)}"); keep it in one of them', where)


def _claims(
    located: Located, name: str, key: Key, sourced: list[Sourced]
) -> Iterator[tuple[str, str, Where]]:
    """(value, text that means it, where): values first, so that an alias that is another value is told."""
    canonical = {key.folding.fold(entry.value): entry.value for entry, _ in reversed(sourced)}
    yield from ((entry.value, entry.value, where) for entry, where in sourced)
    yield from ((entry.value, alias, where) for entry, where in sourced for alias in entry.aliases)
    for written, aliases in key.value_aliases.items():
        value = canonical.get(key.folding.fold(written), written)
        for i, alias in enumerate(aliases):
            yield value, alias, located.where(("keys", name, "value_aliases", written, i))


def _aliases_of_nothing(
    located: Located, name: str, key: Key, sourced: list[Sourced]
) -> Iterator[InputError]:
    if key.values is None or not (sourced or key.values.pattern):
        return
    fold = key.folding.fold
    listed = {fold(entry.value): entry.value for entry, _ in sourced}
    for written in key.value_aliases:
        spot = ("keys", name, "value_aliases", written)
        if key.values.pattern is None and fold(written) not in listed:
            yield located.error(spot, not_allowed(written, f'value of "{shown(name)}"', listed.values()))
        elif (
            key.values.pattern
            and ValueIndex(key.model_copy(update={"value_aliases": {}})).find(written) is None
        ):
            message = (
                f'"{shown(written)}" does not match the pattern of "{shown(name)}"; alias a value that does'
            )
            yield located.error(spot, message)
