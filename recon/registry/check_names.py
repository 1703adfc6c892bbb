"""Do two keys claim the same name? Then nobody could say which one a tag means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from recon.errors import InputError
from recon.hostile import shown
from recon.registry.folding import Folding
from recon.registry.model import Key
from recon.yaml_file import Located, Spot

_LOOSEST = Folding(separators=True)


@dataclass(frozen=True)
class _Claim:
    """One name by which a key is known, with the place where it says so. `provider`: only there."""

    key: str
    text: str
    spot: Spot
    folding: Folding
    provider: str | None = None

    def meets(self, other: _Claim) -> bool:
        if self.provider and other.provider and self.provider != other.provider:
            return False
        return any(f.fold(self.text) == f.fold(other.text) for f in (self.folding, other.folding))


def same_name_twice(located: Located, keys: Mapping[str, Key]) -> Iterator[InputError]:
    """One error per name that two keys claim after folding; both are named, with their lines."""
    # Whatever is equal under any folding is equal under the loosest: only such names are compared.
    near: dict[str, list[_Claim]] = {}
    for claim in _claims(keys):
        earlier = near.setdefault(_LOOSEST.fold(claim.text).casefold(), [])
        rival = next((c for c in earlier if c.key != claim.key and c.meets(claim)), None)
        if rival:
            line = located.where(rival.spot).line
            yield located.error(
                claim.spot,
                f'the name "{shown(claim.text)}" of the key "{shown(claim.key)}" is also a name of '
                f'"{shown(rival.key)}" (line {line}, "{shown(rival.text)}"); keep it in one of them',
            )
        earlier.append(claim)


def _claims(keys: Mapping[str, Key]) -> Iterator[_Claim]:
    for name, key in keys.items():
        yield _Claim(name, name, ("keys", name), key.folding)
    for name, key in keys.items():
        for i, alias in enumerate(key.aliases):
            yield _Claim(name, alias, ("keys", name, "aliases", i), key.folding)
        for provider, text in key.spelling.items():
            yield _Claim(name, text, ("keys", name, "spelling", provider), key.folding, provider)
