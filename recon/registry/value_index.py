"""Which value of a key does a raw value mean, on any day? (Whether it holds on a day: `Rules.value_of`.)"""

from __future__ import annotations

import datetime as dt
import re
from difflib import get_close_matches

from recon.registry.model import Entry, Key
from recon.registry.providers import Spelling, spelling_of

# Longer than any provider carries: such a text is hostile, and no pattern should chew on it.
_LONGEST_TRIED = 1024
_LONGEST_COMPARED = 256


class ValueIndex:
    """The values of one key under its folding, with the aliases of both kinds."""

    def __init__(self, key: Key) -> None:
        self._folding = key.folding
        self._pattern = re.compile(key.values.pattern) if key.values and key.values.pattern else None
        self._any = key.values is None
        self._entries: dict[str, list[Entry]] = {}
        self._canonical: dict[str, str] = {}
        for entry in (key.values.listed or ()) if key.values else ():
            value = self._canonical.setdefault(self._folding.fold(entry.value), entry.value)
            self._entries.setdefault(value, []).append(entry)
            for alias in entry.aliases:
                self._canonical.setdefault(self._folding.fold(alias), value)
        for written, aliases in key.value_aliases.items():
            value = self._canonical.setdefault(self._folding.fold(written), written)
            for alias in aliases:
                self._canonical.setdefault(self._folding.fold(alias), value)
        self._labels: dict[str, dict[str, str]] = {}

    def find(self, raw: str, provider_id: str = "") -> str | None:
        """The canonical value, or None when the registry never knew it or the pattern refuses it."""
        folded = self._folding.fold(raw)
        if folded in self._canonical:
            return self._canonical[folded]
        spelling = spelling_of(provider_id)
        if spelling.label_limit is not None and (value := self._label(folded, provider_id, spelling)):
            return value
        if self._pattern:
            return self._matching(raw, spelling)
        return self._folding.tidy(raw) if self._any else None

    def entries(self, value: str) -> list[Entry]:
        """The dated entries of a canonical value; none for a pattern or a key without values."""
        return self._entries.get(value, [])

    def nearest(self, raw: str, day: dt.date | None = None) -> str | None:
        """The valid value that a typo most likely meant; None when none is near."""
        if len(raw) > _LONGEST_COMPARED:
            return None
        if self._pattern:
            tries = (raw.strip(), raw.strip().upper(), raw.strip().lower())
            return next((t for t in tries if self._pattern.fullmatch(t)), None)
        usable = {f: v for f, v in self._canonical.items() if self._usable(v, day)}
        close = get_close_matches(self._folding.fold(raw), usable, n=1, cutoff=0.6)
        return usable[close[0]] if close else None

    def _usable(self, value: str, day: dt.date | None) -> bool:
        entries = self.entries(value)
        return day is None or not entries or any(e.valid_on(day) for e in entries)

    def _matching(self, raw: str, spelling: Spelling) -> str | None:
        """A pattern has no canonical list: the text itself counts. Where a provider knows only lower case,
        an upper case pattern is met by the text's upper case form."""
        tidy = self._folding.tidy(raw)
        if self._pattern is None or len(tidy) > _LONGEST_TRIED:
            return None
        tries = [tidy] if spelling.label_limit is None else [tidy, tidy.upper()]
        return next((t for t in tries if self._pattern.fullmatch(t)), None)

    def _label(self, folded: str, provider_id: str, spelling: Spelling) -> str | None:
        """The value whose only form on this provider the text is; None when two values share the form."""
        if provider_id not in self._labels:
            forms: dict[str, set[str]] = {}
            for spelled, value in self._canonical.items():
                for text in (spelled, value):
                    forms.setdefault(self._folding.fold(spelling.written(text)), set()).add(value)
            self._labels[provider_id] = {f: min(vs) for f, vs in forms.items() if len(vs) == 1}
        return self._labels[provider_id].get(folded)
