"""Which keys of a bucket does the path of a location mean?

`a/b/` is a folder, `a/b` a folder or one object, and a path with `*`, `?` or `[` a glob as for local files:
`*` stays within one part of the path, `**` crosses parts. Parts that begin with a dot are hidden, unless the
pattern writes the dot itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

_MAGIC = re.compile(r"[*?[]")


@dataclass(frozen=True)
class Wanted:
    """What to list and what to keep of it. `folder`: what keys are relative to, empty or ending in `/`."""

    path: str
    folder: str

    @property
    def is_glob(self) -> bool:
        return bool(_MAGIC.search(self.path))

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes to list. An object of the path's very name stands in the listing of its own."""
        if self.is_glob:
            return (_MAGIC.split(self.path, maxsplit=1)[0],)
        return (self.path,) if self.path.endswith("/") or not self.path else (self.path, self.path + "/")

    def fits(self, key: str) -> bool:
        """True for a key that the location means: no folder marker, nothing hidden."""
        if not key or key.endswith("/"):
            return False
        inside = key.removeprefix(self.folder).split("/")
        if self.is_glob and key == self.path:
            return True  # an object may be called like a pattern
        if self.is_glob:
            return _fits(self.path.removeprefix(self.folder).split("/"), inside)
        return key == self.path or (key.startswith(_as_folder(self.path)) and not any(map(hidden, inside)))

    def relative(self, key: str) -> str:
        """The key as seen from the folder; the last part alone for the object that is the location itself."""
        return key.rpartition("/")[2] if key == self.path else key.removeprefix(self.folder)


def wanted(path: str) -> Wanted:
    """What `path`, the part of a location after the bucket, means."""
    magic = _MAGIC.search(path)
    return Wanted(path, path[: path.rfind("/", 0, magic.start()) + 1] if magic else _as_folder(path))


def fixed_folder(pattern: str) -> str:
    """The part of a glob before the first part that holds a wildcard, without the closing `/`."""
    return wanted(pattern).folder.rstrip("/")


def hidden(part: str) -> bool:
    return part.startswith(".") and part not in (".", "..")


def _as_folder(path: str) -> str:
    return path if not path or path.endswith("/") else path + "/"


def _fits(pattern: list[str], parts: list[str]) -> bool:
    if not pattern:
        return not parts
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        if _fits(rest, parts) or (not rest and not any(map(hidden, parts))):
            return True
        return bool(parts) and not hidden(parts[0]) and _fits(pattern, parts[1:])
    return bool(parts) and _part_fits(first, parts[0]) and _fits(rest, parts[1:])


def _part_fits(pattern: str, part: str) -> bool:
    return fnmatchcase(part, pattern) and (pattern.startswith(".") or not hidden(part))
