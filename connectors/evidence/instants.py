"""Which instant does a cell mean? Always naive UTC; a time without a zone counts as UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EPOCH = re.compile(r"\d{10}(\d{3})?(\.\d+)?")
# as Jira writes it in the CSV that it exports by default: 05/Oct/26 12:34 PM
_JIRA = ("%d/%b/%y %I:%M %p", "%d/%b/%Y %I:%M %p")


def instant(cell: object) -> datetime | None:
    """ISO 8601, `YYYY-MM-DD hh:mm:ss`, seconds or milliseconds since 1970, or Jira's own form; None for anything else. A form
    with slashes and a number for the month is nobody's guess: it is None."""
    if isinstance(cell, bool) or cell is None:
        return None
    text = str(cell).strip()
    if _EPOCH.fullmatch(text):
        seconds = float(text) / (1000 if len(text.partition(".")[0]) == 13 else 1)
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    # Azure writes seven digits of a second, Google nine: six are kept
    short = re.sub(r"(\.\d{6})\d+", r"\1", text.removesuffix(" UTC"))
    try:
        return _naive(datetime.fromisoformat(short))
    except (ValueError, OverflowError):
        pass
    for form in _JIRA:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
