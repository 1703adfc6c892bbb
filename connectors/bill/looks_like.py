"""What does text look like that is no CSV with a header line, and what can its owner do about it?"""

from __future__ import annotations

import csv
from collections.abc import Sequence

_LINES = 30  # a report's title and filters stand above its header in fewer
_DELIMITERS = {"\t": "tabs", "|": "| signs"}


def utf16(head: bytes) -> bool:
    """UTF-16, with or without a byte order mark: in text of mostly Latin letters every other byte is zero."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    sample = head[:4096]
    half = len(sample) // 2
    zeros = [sample[n::2].count(0) for n in (0, 1)]
    return half > 4 and max(zeros) > half * 0.7 and min(zeros) < half * 0.1


def hint(text: str, delimiter: str) -> str:
    """A sentence for the refusal; empty where nothing can be told."""
    first, *rest = text.splitlines()[:_LINES] or [""]
    for mark, called in _DELIMITERS.items():
        if text.lstrip().splitlines()[0].count(mark) >= 2 > first.count(delimiter):
            return f"Its columns look divided by {called}: save it as CSV with commas."
    cells = _cells(first, delimiter)
    for n, line in enumerate(rest, 2):
        if _cells(line, delimiter) >= max(4, 2 * cells):
            what = "blank" if not "".join([first, *rest[: n - 2]]).strip() else "something else"
            return f"Line {n} looks like its header, with {what} above it: remove the lines before line {n}."
    return ""


def _cells(line: str, delimiter: str) -> int:
    try:
        row: Sequence[str] = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return 0
    return sum(1 for cell in row if cell.strip())
