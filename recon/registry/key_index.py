"""Which registry key does a raw key mean, on one provider and in one epoch, and is it written canonically?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from recon.registry.folding import Folding, renamed_by_export
from recon.registry.model import Key
from recon.registry.providers import spelling_of


@dataclass(frozen=True)
class KeyHit:
    """`key`: the registry's name. `canonical`: written as this provider should have it. `prefix`: what the
    export put before it (lineage), "" when nothing. `raw_key` is as delivered, prefix included."""

    key: str
    canonical: bool
    raw_key: str
    prefix: str = ""


@dataclass
class _Names:
    """Names and aliases under every folding in use, and as exports rename them."""

    folded: dict[Folding, dict[str, str]] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def add(self, text: str, folding: Folding, target: str) -> None:
        self.folded.setdefault(folding, {}).setdefault(folding.fold(text), target)
        self.renamed.setdefault(renamed_by_export(text), target)

    def find(self, text: str) -> str | None:
        hits = (names.get(folding.fold(text)) for folding, names in self.folded.items())
        return next((hit for hit in hits if hit is not None), None)


class KeyIndex:
    """`targets`: name of a key that holds names now → the key that those names mean (itself, or what
    replaces a deprecated one)."""

    def __init__(self, keys: Mapping[str, Key], targets: Mapping[str, str], provider_id: str) -> None:
        self._spelling = spelling_of(provider_id)
        self._forms = {n: canonical_key(n, k, provider_id) for n, k in keys.items()}
        self._own, self._generated = _Names(), _Names()
        for name, target in targets.items():  # names win over aliases where renaming makes them equal
            # The provider's own form too: CostUnit can only be costunit there, whatever separators fold to.
            self._add([name, self._forms[name]], keys[name], target)
        for name, target in targets.items():
            self._add(keys[name].aliases, keys[name], target)

    def _add(self, texts: Iterable[str], key: Key, target: str) -> None:
        for text in texts:
            if self._spelling.is_generated(text):
                # Separators must not fold here: aws-team is a user's key, aws:team the provider's.
                self._generated.add(text, replace(key.folding, separators=False), target)
            else:
                self._own.add(text, key.folding, target)

    def find(self, raw_key: str) -> KeyHit | None:
        """The key meant, or None. The raw key as a whole is tried before any prefix is taken off."""
        return self._plain(raw_key, "", raw_key) or next(
            (
                hit
                for p in self._spelling.prefixes
                if (hit := self._behind(p.text, p.renamed, p.generated, raw_key))
            ),
            None,
        )

    def _plain(self, rest: str, prefix: str, raw_key: str) -> KeyHit | None:
        names = self._generated if self._spelling.is_generated(rest) else self._own
        target = names.find(rest)
        return KeyHit(target, rest == self._forms[target], raw_key, prefix) if target is not None else None

    def _behind(self, prefix: str, renamed: bool, generated: bool, raw_key: str) -> KeyHit | None:
        if not raw_key.startswith(prefix):
            return None
        rest = raw_key[len(prefix) :]
        names = self._generated if generated else self._own
        target = names.renamed.get(rest) if renamed else None
        if target is not None:
            return KeyHit(target, rest == renamed_by_export(self._forms[target]), raw_key, prefix)
        return self._plain(rest, prefix, raw_key) if prefix else None


def canonical_key(name: str, key: Key, provider_id: str) -> str:
    """The one form of the key that counts as canonical on this provider."""
    return key.spelling.get(provider_id) or spelling_of(provider_id).written(name)
