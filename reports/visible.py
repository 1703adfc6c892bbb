"""How is hostile text shown so that it does no harm and a reader still sees what is there?

Tag values, resource names and reasons are written by anyone who can tag a resource. HTML escaping is the
template's work (autoescape); this module handles what escaping leaves alone: control characters,
bidirectional overrides, invisible characters, values of ten kilobytes, and file names made of values.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_LONGEST = 120
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
# Cf holds bidi and zero-width characters, Cc controls, Zl/Zp line separators, Cs/Co/Cn what has no glyph.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: object, longest: int = _LONGEST) -> str:
    """The text on one line, unseen characters spelled out (`‹U+202E›`), cut at `longest` with its length
    named.
    """
    whole = str(text)
    shown = "".join(_spelled(character) for character in whole[:longest])
    return shown if len(whole) <= longest else f"{shown}… ({len(whole):,} characters)"


def safe_name(value: str) -> str:
    """A file name made of a value: readable, unique, the same on every system, never a path or a device.

    A lower-case plain value keeps its name; any other gets 8 hex digits of its SHA-256, because `Search` and
    `search` are one file on some disks.
    """
    if _SAFE_NAME.fullmatch(value) and value.split(".")[0] not in _DEVICES:
        return value
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    plain = re.sub(r"[^a-z0-9_-]+", "-", value.lower()).strip("-")[:40].strip("-")
    return f"{plain or 'owner'}-{digest}"


def _spelled(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return f"‹U+{ord(character):04X}›" if unicodedata.category(character) in _UNSEEN else character
