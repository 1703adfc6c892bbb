"""What does a YAML file of the user say, and on which line?

Every scalar stays text, because tag values are text: `on`, `0123` and `2026-01-01` in a list of values must
not become true, 83 or a date. A model asks for a number, a date or true/false where it wants one, and gets
it from the text. Only a plain `null`, `~` or nothing at all becomes None.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from recon.errors import InputError, InputErrors, Where
from recon.hostile import shown

Spot = tuple[str | int, ...]
"""A place inside a file: the keys and list positions that lead to it."""

_YAML = "tag:yaml.org,2002:"
_PLAIN = {f"{_YAML}{t}" for t in ("str", "null", "bool", "int", "float", "timestamp", "value", "merge")}
_MOST_NODES = 1_000_000  # anchors that repeat each other must not fill the memory


@dataclass(frozen=True)
class Located:
    """Plain data (dict, list, str, None) of one file and the line on which each place in it stands."""

    path: Path
    data: dict[str, Any]
    lines: Mapping[Spot, int]

    def where(self, spot: Spot) -> Where:
        """File and line of `spot`, or of the nearest place around it that is written in the file."""
        while spot and spot not in self.lines:
            spot = spot[:-1]
        return Where(self.path, self.lines.get(spot))

    def error(self, spot: Spot, message: str) -> InputError:
        return InputError(message, self.where(spot))


def load_yaml(path: Path) -> Located:
    """Read one YAML mapping. Raises InputError (missing, not UTF-8, not YAML, empty, not a mapping) or
    InputErrors (every duplicate key), each with file and line."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise _unread(path, problem) from None
    return load_bytes(path, raw)


def bytes_of(path: Path) -> bytes:
    """The bytes of a regular file, read once. Raises InputError for anything else: a pipe or a device says something new each time."""
    try:
        # without O_NONBLOCK a pipe that nobody writes to would wait for ever
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError("is no regular file; copy what it says into one, and name that", Where(path))
            return file.read()
    except OSError as problem:
        raise _unread(path, problem) from None


def load_bytes(path: Path, raw: bytes) -> Located:
    """Like load_yaml, of bytes that were read already; `path` is where they came from."""
    node = _node_of(path, _text_of(path, raw))
    if node is None:
        raise InputError("the file is empty; it must hold a YAML mapping (`key: value` lines)", Where(path))
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1
        raise InputError("a mapping (`key: value` lines) is needed at the top of the file", Where(path, line))
    walk = _Walk(path)
    data = walk.plain(node, ())
    if walk.errors:
        raise InputErrors(walk.errors)
    return Located(path, data, walk.lines)


def _unread(path: Path, problem: OSError) -> InputError:
    if isinstance(problem, FileNotFoundError):
        return InputError("no such file; check the path, or create it", Where(path))
    return InputError(f"can't be read ({problem.strerror}); a readable file is needed", Where(path))


def _text_of(path: Path, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = raw[: bad.start].count(b"\n") + 1
        message = f"byte 0x{raw[bad.start]:02x} is not UTF-8; save the file as UTF-8"
        raise InputError(message, Where(path, line)) from None


def _node_of(path: Path, text: str) -> yaml.Node | None:
    try:
        loader = yaml.SafeLoader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as odd:
        line = text[: odd.position].count("\n") + 1
        message = f"the control character U+{ord(text[odd.position]):04X} stands here; remove it"
        raise InputError(message, Where(path, line)) from None
    except yaml.YAMLError as broken:
        raise _not_yaml(path, broken) from None
    except RecursionError:
        raise InputError("the file is nested too deeply to be a configuration", Where(path)) from None


def _not_yaml(path: Path, broken: yaml.YAMLError) -> InputError:
    mark = getattr(broken, "problem_mark", None)
    problem = str(getattr(broken, "problem", None) or "is no YAML")
    if "'\\t'" in problem:
        problem = "a tab is used for indentation; YAML allows only spaces there"
    elif "but found another document" in problem:
        problem = "a second document (`---`) starts here; only one is allowed in a file"
    else:
        problem = f"not valid YAML: {shown(problem)}"
    return InputError(problem, Where(path, mark.line + 1 if mark else None))


class _Walk:
    """Turns the node graph into plain data, remembering lines and every duplicate key."""

    def __init__(self, path: Path) -> None:
        self.path, self.lines, self.errors = path, dict[Spot, int](), list[InputError]()
        self._open, self._seen = set[int](), 0

    def plain(self, node: yaml.Node, spot: Spot) -> Any:
        self._seen += 1
        if id(node) in self._open or self._seen > _MOST_NODES:
            raise self._refused(node, "an anchor repeats itself here; write the values out")
        if isinstance(node, yaml.ScalarNode):
            if node.tag not in _PLAIN:
                raise self._refused(node, f"the tag {shown(node.tag)} is not allowed; write plain values")
            return None if node.tag == f"{_YAML}null" else node.value
        if node.tag not in (f"{_YAML}map", f"{_YAML}seq"):
            raise self._refused(node, f"the tag {shown(node.tag)} is not allowed; write plain values")
        self._open.add(id(node))
        value = self._mapping(node, spot) if isinstance(node, yaml.MappingNode) else self._list(node, spot)
        self._open.discard(id(node))
        return value

    def _list(self, node: yaml.Node, spot: Spot) -> list[Any]:
        items = []
        for i, item in enumerate(node.value):
            self.lines[*spot, i] = item.start_mark.line + 1
            items.append(self.plain(item, (*spot, i)))
        return items

    def _mapping(self, node: yaml.MappingNode, spot: Spot) -> dict[str, Any]:
        out: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._refused(key_node, "a key must be plain text")
            if key_node.tag == f"{_YAML}merge":
                merged = {**self._merge(value_node, spot), **merged}
                continue
            key = str(key_node.value)
            if key in out:
                first = self.lines[*spot, key]
                message = f'the key "{shown(key)}" stands here twice (first on line {first}); keep one'
                self.errors.append(InputError(message, Where(self.path, line)))
                continue
            self.lines[*spot, key] = line
            out[key] = self.plain(value_node, (*spot, key))
        return {**merged, **out}

    def _merge(self, node: yaml.Node, spot: Spot) -> dict[str, Any]:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for part in reversed(parts):
            if not isinstance(part, yaml.MappingNode):
                raise self._refused(part, "`<<` needs a mapping (an anchor such as `*defaults`)")
            merged.update(self.plain(part, spot))
        return merged

    def _refused(self, node: yaml.Node, message: str) -> InputError:
        return InputError(message, Where(self.path, node.start_mark.line + 1))
