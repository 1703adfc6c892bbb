"""When are two spellings of a key or value the same?

By default NFC, without regard to case and surrounding blanks. `case: exact` keeps case and blanks apart;
`fold: separators` makes camelCase boundaries and runs of blanks and `_ . : / \\ -` equal. Nothing else
folds: a typo is never quietly right.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_SEPARATORS = re.compile(r"[\s_.:/\\-]+")
# Only A-Z start a word: case folding leaves no A-Z behind, so that folding twice changes nothing.
_CAMEL = re.compile(r"(?<=[^\W\dA-Z_])(?=[A-Z])|(?<=\d)(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Folding:
    """How one key folds. `exact`: case and surrounding blanks count; `separators`: separators don't."""

    exact: bool = False
    separators: bool = False

    def fold(self, text: str) -> str:
        """The form under which equal spellings are equal; folding it again changes nothing."""
        folded = unicodedata.normalize("NFC", text)
        if not self.exact:
            folded = folded.strip()
        if self.separators:
            folded = _CAMEL.sub("-", folded)
        if not self.exact:
            # Unicode's canonical caseless match: fold the decomposed form, else U+0345 moves about.
            folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded).casefold())
        return _SEPARATORS.sub("-", folded) if self.separators else folded

    def tidy(self, text: str) -> str:
        """The value as it counts where no list gives a canonical one: NFC, surrounding blanks removed
        unless exact."""
        normal = unicodedata.normalize("NFC", text)
        return normal if self.exact else normal.strip()


def renamed_by_export(key: str) -> str:
    """A key as exports that turn keys into column names write it: `_` before each upper case letter, lower
    case, everything that is no letter or digit → `_`, repeats collapsed, ends trimmed."""
    spaced = re.sub(r"(?=[A-Z])", "_", key).lower()
    return _NOT_WORD.sub("_", spaced).strip("_")


def is_blank(raw: str | None) -> bool:
    """True for a value that counts as absent: none, empty, or only blanks."""
    return raw is None or not raw.strip()
