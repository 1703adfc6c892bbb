"""What kind of file is this, by its content? Never by its name: exports are renamed on their way."""

from __future__ import annotations

import csv
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

from recon.errors import DeliveryRefused

_HEAD = 1 << 20


@dataclass(frozen=True)
class Sniffed:
    """`kind` is parquet, csv, json or empty; the others matter for csv. `has_rows`: there is text after the header line."""

    kind: str
    gzipped: bool = False
    header: tuple[str, ...] = ()
    ends_in_newline: bool = True
    has_rows: bool = False


def sniff(path: Path) -> Sniffed:
    """The kind of file at `path`, read from its first megabyte. Refuses what can't be a bill."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise DeliveryRefused(str(path), f"can't be read: {error.strerror}") from error
    if magic == b"PAR1":
        return Sniffed("parquet")
    gzipped = magic[:2] == b"\x1f\x8b"
    head = _head(path, gzipped)
    if not head.strip():
        return Sniffed("empty")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DeliveryRefused(str(path), "is UTF-16 text; tagrecon reads UTF-8. Save it as UTF-8 CSV.")
    text = _utf8(path, head).lstrip("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        return Sniffed("json", gzipped)
    reader = csv.reader(text.splitlines(keepends=True))
    header = next(reader, [])
    if len(header) < 2 or "\x00" in text:
        raise DeliveryRefused(str(path), "is neither Parquet nor CSV with a header line")
    has_rows = any(any(cell.strip() for cell in row) for row in reader)
    return Sniffed("csv", gzipped, tuple(header), gzipped or _ends_in_newline(path), has_rows)


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
