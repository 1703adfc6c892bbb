"""Which records does a file hold, whatever wraps them? CSV, JSON, JSON lines, gzipped or not, by content and never by name.

A record that can't be read is handed on as such; a file of which a part may be missing is refused.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from recon.errors import DeliveryRefused

_MOST = 512 << 20  # bytes of one JSON document; CloudTrail's files have some megabytes
_LINE = 24 << 20
# what lists of records are called: CloudTrail in S3 and by lookup-events, Azure's REST answer and its storage account, Google's
# entries.list, PagerDuty, ServiceNow's table interface, Jira's search
_WRAPPERS = ("Records", "Events", "records", "value", "entries", "incidents", "result", "issues")


@dataclass(frozen=True)
class Record:
    """`where`: line or number in the file; `fields` None: damaged, and `why`."""

    where: str
    fields: Mapping[str, Any] | None
    why: str = ""


@dataclass(frozen=True)
class Contents:
    """`table`: the records are rows of a CSV, all values text. `header`: its columns."""

    table: bool
    records: Iterator[Record]
    header: tuple[str, ...] = ()


def contents(path: Path, name: str) -> Contents:
    """The records of a file. Raises DeliveryRefused, while the records are walked too."""
    with _opened(path, name) as file:
        head = _utf8(_guarded(name, lambda: file.read(1 << 16)), name).lstrip("\ufeff \t\r\n")
    if not head:
        return Contents(False, iter(()))
    if head[0] == "\x00" or head.startswith(("PK\x03\x04", "PAR1")):
        raise DeliveryRefused(name, "is neither CSV nor JSON: unpack it, or export it as one of these")
    if head[0] not in "{[":
        return _csv(path, name)
    lines = head[0] == "{" and _is_object(head.splitlines()[0])
    if not lines:
        try:
            return Contents(False, _document(path, name))
        except ValueError:
            # a damaged first line of many, or a document that was cut off
            if head[0] == "[" or not any(map(_is_object, head.splitlines()[1:])):
                raise DeliveryRefused(name, "is no whole JSON document: it is damaged or cut off") from None
    return Contents(False, _lines(path, name))


def _document(path: Path, name: str) -> Iterator[Record]:
    with _opened(path, name) as file:
        raw = _guarded(name, lambda: file.read(_MOST + 1))
    if len(raw) > _MOST:
        raise DeliveryRefused(
            name, f"is one JSON document of more than {_MOST >> 20} MiB: write one record a line"
        )
    try:
        document = json.loads(_utf8(raw, name).lstrip("\ufeff"))
    except RecursionError:
        raise DeliveryRefused(name, "is nested too deeply to be a log") from None
    return _unwrapped(document, "record ")


def _lines(path: Path, name: str) -> Iterator[Record]:
    with _opened(path, name) as file:
        number = 0
        while line := _guarded(name, lambda: file.readline(_LINE + 1)):
            number += 1
            where = f"line {number}"
            if len(line) > _LINE:
                raise DeliveryRefused(name, f"{where} is longer than {_LINE >> 20} MiB")
            text = line.decode("utf-8", "replace").lstrip("\ufeff").strip()
            if not text:
                continue
            try:
                found = json.loads(text)
            except (ValueError, RecursionError):
                yield Record(where, None, "is no JSON object")
                continue
            yield from _unwrapped(found, f"{where}, record ", where)


def _unwrapped(document: Any, prefix: str, alone: str = "record 1") -> Iterator[Record]:
    wrapped = _list_in(document)
    if wrapped is None:
        return iter((_record(alone, document),))
    return (_record(f"{prefix}{n}", item) for n, item in enumerate(wrapped, 1))


def _record(where: str, item: Any) -> Record:
    return Record(where, item) if isinstance(item, dict) else Record(where, None, "is no JSON object")


def _list_in(document: Any) -> list[Any] | None:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        for wrapper in _WRAPPERS:
            if isinstance(document.get(wrapper), list) and (
                not document[wrapper] or isinstance(document[wrapper][0], dict)
            ):
                return cast("list[Any]", document[wrapper])
    return None


def _csv(path: Path, name: str) -> Contents:
    with _opened(path, name) as file:
        first = _utf8(_guarded(name, lambda: file.readline(_LINE)), name)
    delimiter = max(",;\t", key=first.count)
    header = tuple(
        cell.strip() for cell in next(csv.reader([first.lstrip("\ufeff")], delimiter=delimiter), [])
    )
    if len(header) < 2:
        raise DeliveryRefused(name, "is neither JSON nor CSV with a header line")
    return Contents(True, _rows(path, name, header, delimiter), header)


def _rows(path: Path, name: str, header: tuple[str, ...], delimiter: str) -> Iterator[Record]:
    with _opened(path, name) as file:
        text = io.TextIOWrapper(file, "utf-8-sig", errors="replace", newline="")
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        next(reader, None)
        while True:
            try:
                row = _guarded(name, lambda: next(reader, None))
            except csv.Error as error:
                if "unexpected end of data" in str(error):
                    raise DeliveryRefused(
                        name, "opens a quote that is never closed; the rest can't be read"
                    ) from None
                yield Record(f"line {reader.line_num}", None, "does not fit CSV")
                continue
            if row is None:
                return
            where = f"line {reader.line_num}"
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                yield Record(where, None, f"has {len(row)} cells, the header {len(header)}")
                continue
            yield Record(where, _cells(header, row))


def _cells(header: tuple[str, ...], row: list[str]) -> dict[str, str]:
    """A column that occurs twice (Jira does so for lists) is one cell, its values side by side."""
    found: dict[str, str] = {}
    for column, cell in zip(header, row, strict=True):
        found[column] = f"{found[column]} {cell}".strip() if column in found else cell
    return found


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


@contextmanager
def _opened(path: Path, name: str) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if packed:
                with gzip.open(file) as unpacked:
                    yield cast("BinaryIO", unpacked)
            else:
                yield file
    except OSError as error:
        raise DeliveryRefused(name, f"can't be read: {error.strerror or error}") from error


def _guarded(name: str, step: Any) -> Any:
    try:
        return step()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise DeliveryRefused(name, "gzip data is damaged or cut off") from None


def _utf8(raw: bytes, name: str) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DeliveryRefused(name, "looks like UTF-16 text; tagrecon reads UTF-8")
    return raw.decode("utf-8", "replace")
