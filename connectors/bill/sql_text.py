"""How does text that somebody else wrote (a column's name, a path) stand in SQL, so that it means only itself?"""

from __future__ import annotations

import re
from pathlib import Path

_PATTERN = re.compile(r"[*?\[]")


def sql_name(name: str) -> str:
    """An identifier, whatever `name` holds."""
    return '"' + name.replace('"', '""') + '"'


def sql_literal(text: str) -> str:
    """A text literal."""
    return "'" + text.replace("'", "''") + "'"


def sql_path(path: Path) -> str:
    """A literal for DuckDB's readers, which take every path for a pattern: `b[1].csv` would read its neighbour b1.csv.
    Not for what is written (COPY … TO takes paths as they are). A name with both a wildcard and a backslash can't be
    said to DuckDB: it finds no such file, which is refused."""
    return sql_literal("/".join(map(_part, str(path).split("/"))))


def _part(part: str) -> str:
    if not _PATTERN.search(part):
        return part  # looked up as it is, backslashes too
    return _PATTERN.sub(r"[\g<0>]", part.replace("\\", "\\\\"))
