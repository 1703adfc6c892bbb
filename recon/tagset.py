"""What does the text of a tag column say, and which tagset is it?

A tagset is one distinct set of tags, entries sorted, so that `{a, b}` and `{b, a}` are the same. Values stay
byte-exact: numbers keep their digits, `true` is the text "true" (FOCUS gives valueless tags that value),
null means that the key is absent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from recon.model import short_id

Tagset = tuple[tuple[str, str], ...]
_NULLS = frozenset({"", "NULL", "null", "\\N"})


class BadTags(ValueError):
    """The text of a tag column is no flat JSON object; the row that carries it is quarantined."""


def parse_tags(text: str | None) -> dict[str, str]:
    """Key → value of one cell: a JSON object, or an array of `{key, value}`, flat. Blank and NULL: no tags.

    Raises `BadTags` where it is neither, nested, names one key twice with two values, or escapes half a character.
    """
    if text is None or text.strip() in _NULLS:
        return {}
    try:
        parsed = json.loads(
            text, object_pairs_hook=_pairs, parse_float=str, parse_int=str, parse_constant=str
        )
    except (ValueError, RecursionError) as error:
        raise BadTags(f"is not JSON: {str(error)[:120]}") from error
    if isinstance(parsed, list) and not isinstance(parsed, _Pairs):
        parsed = _from_array(parsed)
    if not isinstance(parsed, _Pairs):
        raise BadTags("is not a JSON object of tags")
    found: dict[str, str] = {}
    for key, value in parsed:
        if value is None:
            continue
        if isinstance(value, list):
            raise BadTags(f"nests a value under key {json.dumps(key)[:60]}")
        spelled = ("true" if value else "false") if isinstance(value, bool) else str(value)
        _refuse_half_characters(key, spelled)
        if found.setdefault(key, spelled) != spelled:
            raise BadTags(f"names key {json.dumps(key)[:60]} twice with two values")
    return found


def _refuse_half_characters(key: str, value: str) -> None:
    """A JSON escape can name half of a surrogate pair, which no store and no report can hold."""
    try:
        (key + value).encode()
    except UnicodeEncodeError as error:
        raise BadTags("escapes half a character (an unpaired surrogate)") from error


class _Pairs(list[tuple[str, object]]):
    """A JSON object as its pairs, so that a repeated key is seen."""


def _pairs(pairs: list[tuple[str, object]]) -> _Pairs:
    return _Pairs(pairs)


def _from_array(items: list[object]) -> _Pairs:
    found = _Pairs()
    for item in items:
        fields = {k.lower(): v for k, v in item} if isinstance(item, _Pairs) else {}
        if "key" not in fields:
            raise BadTags("is a list whose items are not {key, value}")
        found.append((str(fields["key"]), fields.get("value")))
    return found


def tagset_of(cells: Sequence[str | None]) -> Tagset:
    """The tagset of a line: its cells merged, the first cell that names a key wins (AllocatedTags first)."""
    merged: dict[str, str] = {}
    for cell in cells:
        for key, value in parse_tags(cell).items():
            merged.setdefault(key, value)
    return canonical(merged.items())


def canonical(entries: Iterable[tuple[str, str]]) -> Tagset:
    """Entries in their one order: by code point of key."""
    return tuple(sorted(entries))


def tagset_id(tagset: Tagset) -> str:
    """16 hex digits over the sorted entries; the empty tagset has an id of its own."""
    return short_id("tagset", [list(entry) for entry in tagset])
