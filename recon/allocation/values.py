"""Can a text that a condition compares with ever stand there? Days, closed vocabularies, provider ids."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from recon.allocation.columns import PROVIDER
from recon.allocation.condition import Compare
from recon.focus import CLASSES
from recon.hostile import shown
from recon.providers import provider_id
from recon.yaml_file import not_allowed

# Columns whose values are given: by FOCUS, or by us.
_CLOSED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "x_Class": ("charge class", CLASSES),
    "ChargeCategory": ("ChargeCategory", ("Usage", "Purchase", "Tax", "Credit", "Adjustment")),
    "ChargeClass": ("ChargeClass", ("Correction",)),
}


def is_day(text: str) -> bool:
    """True for a day of the calendar as YYYY-MM-DD: days are compared as text, so no other spelling will do.

    >>> is_day("2026-10-05"), is_day("2026-10-5"), is_day("2026-02-30")
    (True, False, False)
    """
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        return bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def never(test: Compare) -> str | None:
    """Why one of the test's texts can never fit a charge, and what to write; None where each may."""
    return next((why for text in test.texts if (why := _never(test, text))), None)


def _never(test: Compare, text: str) -> str | None:
    if not text.strip():
        return f"`{shown(test.column)}` is compared with a blank text; write one, or `absent: true` for charges without a value"
    one = Compare(test.column, test.operator, (text,), test.ignore_case)
    if test.column in _CLOSED and test.operator == "in":  # parts and patterns are not judged
        what, allowed = _CLOSED[test.column]
        return None if any(map(one.meets, allowed)) else not_allowed(text, what, allowed)
    if test.column == PROVIDER and test.operator != "matches":
        folded = text.lower() if test.ignore_case else text
        wanted = provider_id(folded) if test.operator == "in" else folded.lower()
        if folded != wanted:
            return f'no provider id fits "{shown(text)}", ids are in lower case; write "{shown(wanted)}"'
    return None
