"""What kind of file is this, by its content? Never by its name: exports are renamed on their way."""

from __future__ import annotations

import csv
import gzip
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from connectors.bill.looks_like import hint, utf16
from recon.errors import DeliveryRefused

_HEAD = 1 << 20
_ITEM = re.compile(r"[^\s,]")
csv.field_size_limit(
    max(csv.field_size_limit(), _HEAD)
)  # Python's own is 128 kB: a tag may be as long as all we look at


@dataclass(frozen=True)
class Sniffed:
    """`kind` is parquet, csv, jsonl (one object a line, or `in_array`), json, zip or empty; the others matter for text.
    `has_rows`: there is text after the header line. `header`: the column names, for JSON the keys of the objects looked
    at. `whole`: all of them were. `hint`: what a CSV file without a known header may be."""

    kind: str
    gzipped: bool = False
    header: tuple[str, ...] = ()
    delimiter: str = ","
    ends_in_newline: bool = True
    has_rows: bool = False
    whole: bool = True
    hint: str = ""
    in_array: bool = False


def sniff(path: Path) -> Sniffed:
    """The kind of file at `path`, read from its first megabyte. Refuses what can't be a bill."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise DeliveryRefused(str(path), f"can't be read: {error.strerror}") from error
    if magic == b"PAR1":
        return Sniffed("parquet")
    if magic == b"PK\x03\x04":
        return Sniffed("zip")
    gzipped = magic[:2] == b"\x1f\x8b"
    head = _head(path, gzipped)
    if not head.strip():
        return Sniffed("empty")
    if utf16(head):
        raise DeliveryRefused(
            str(path),
            "looks like UTF-16 text; tagrecon reads UTF-8. Save it as UTF-8 CSV.",
        )
    text = _utf8(path, head).lstrip("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        return _json(path, text, gzipped, len(head) < _HEAD)
    return _csv(path, text, gzipped)


def _json(path: Path, text: str, gzipped: bool, whole: bool) -> Sniffed:
    if text.lstrip().startswith("[") and (found := _keys_of_items(text)):
        return Sniffed("jsonl", gzipped, found, whole=whole, in_array=True)
    if found := _keys(text):
        ends = gzipped or _ends_in_newline(path)
        return Sniffed("jsonl", gzipped, found, ends_in_newline=ends, whole=whole)
    return Sniffed("json", gzipped)


def _csv(path: Path, text: str, gzipped: bool) -> Sniffed:
    delimiter = _delimiter(text)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    header = next(reader, [])
    if any("\x01" in cell for cell in header):
        raise DeliveryRefused(
            str(path),
            "is neither Parquet nor CSV with a header line: its columns are divided by the byte 0x01, as Hive and Athena "
            "write text. Export it as Parquet, or as CSV with a header.",
        )
    looks = hint(text, delimiter)
    if len(header) < 2 or "\x00" in text:
        raise DeliveryRefused(str(path), f"is neither Parquet nor CSV with a header line. {looks}".rstrip())
    has_rows = any(any(cell.strip() for cell in row) for row in reader)
    ends = gzipped or _ends_in_newline(path)
    return Sniffed("csv", gzipped, tuple(header), delimiter, ends, has_rows, hint=looks)


def _delimiter(text: str) -> str:
    """A comma, or the semicolon of exports that went through a European spreadsheet."""
    header = text.splitlines()[0]
    return ";" if header.count(";") > header.count(",") else ","


def _keys(text: str) -> tuple[str, ...]:
    """The keys of the objects that stand one a line; empty for a JSON document that spans lines."""
    keys: dict[str, None] = {}
    for line in text.splitlines(keepends=True):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            break  # the head may end in the middle of a line, and a bad line is the quarantine's matter
        if not isinstance(found, dict):
            return ()
        keys |= dict.fromkeys(found)
    return tuple(keys)


def _keys_of_items(text: str) -> tuple[str, ...]:
    """The keys of the objects in an array of which the text may be only the beginning; empty where its first item is
    none."""
    keys: dict[str, None] = {}
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    while item := _ITEM.search(text, at):
        at = item.start()
        try:
            found, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        if isinstance(found, dict):
            keys |= dict.fromkeys(found)
        elif not keys:
            return ()
    return tuple(keys)


def _head(path: Path, gzipped: bool) -> bytes:
    try:
        if not gzipped:
            with path.open("rb") as file:
                return file.read(_HEAD)
        with gzip.open(path, "rb") as packed:
            return packed.read(_HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise DeliveryRefused(str(path), f"gzip data is damaged or cut off: {error}") from error


def _utf8(path: Path, head: bytes) -> str:
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(head) == _HEAD and error.start > _HEAD - 4:  # a character cut by our own limit
            return head[: error.start].decode("utf-8")
        line = head[: error.start].count(b"\n") + 1
        raise DeliveryRefused(
            str(path), f"line {line} is not UTF-8 (byte 0x{head[error.start]:02x}). Save the file as UTF-8."
        ) from error


def _ends_in_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) in (b"\n", b"\r")
