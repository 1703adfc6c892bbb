"""How does a table become CSV that no spreadsheet executes?

Text cells follow OWASP's advice on CSV injection: text that, behind any blanks and invisible characters,
begins with a sign that a spreadsheet takes for a formula gets a leading apostrophe; every text cell is
quoted; control characters are replaced. Numbers are written from typed numbers (so `-12.5` stays a number),
money with all its digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from reports.words import exact

# Blank, control, zero-width, bidi and byte-order characters may stand before the sign that starts a formula.
_LEAD = "[\\s\\x00-\\x20\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff]*"
_FORMULA = re.compile(f"{_LEAD}[=+\\-@＝＋－＠﹢﹣﹦﹫]|[\\t\\r\\n]")
_PLAIN = re.compile(r"[A-Za-z0-9][\x20\x21\x23-\x7e]*")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def safe_text(text: str) -> str:
    """The text as a spreadsheet may see it: never a formula, no control characters. Not quoted yet."""
    guarded = f"'{text}" if _FORMULA.match(text) else text
    return _CONTROL.sub("\ufffd", guarded)


def cell(value: object) -> str:
    """One CSV cell: text guarded and quoted, numbers plain and exact, None empty, dates ISO 8601 in UTC."""
    if value is None:
        return ""
    if isinstance(value, str):
        # Most text begins with a letter or digit and needs no care: one match instead of three scans.
        return f'"{value}"' if _PLAIN.fullmatch(value) else _quoted(safe_text(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return exact(value) if value.is_finite() else _quoted(str(value))
    if isinstance(value, float):
        return repr(value)
    return _quoted(safe_text(_plain_text(value)))


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write one table, row by row (nothing is held); RFC 4180 line ends, UTF-8. Returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(_lines(columns, rows))
    return path


def _lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield ",".join(cell(name) for name in columns) + "\r\n"
    for row in rows:
        yield ",".join(map(cell, row)) + "\r\n"


def _plain_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        utc = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return f"{utc.isoformat(sep='T', timespec='seconds')}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return " ".join(_plain_text(item) for item in value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
