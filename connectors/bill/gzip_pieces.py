"""How is packed text cut into plain files that can be parsed on all cores, while the rest is still unpacked?

Nobody can begin in the middle of gzip data, so that a parser of packed text works on one core and waits for it. Here
the text is unpacked in a thread of its own, into files that end where a record ends, at most two at a time. Checksums
are compared, which DuckDB does not do: one flipped bit may read as another amount.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from recon.errors import DeliveryRefused

PIECE = 128 << 20
_PACKED, _TEXT = 1 << 18, 8 << 20
_GZIP = 16 + zlib.MAX_WBITS


@contextmanager
def pieces_of(path: Path, folder: Path) -> Iterator[Iterator[Path]]:
    """The pieces, in order, as files in `folder`; a piece is gone when the next one is asked for. Each but the last ends in a line feed
    outside of double quotes. Iterating raises `DeliveryRefused` where the packed data is damaged or cut off."""
    with path.open("rb") as packed:
        pieces = _ahead(_Cutter(path, _texts(packed), folder))
        try:
            yield pieces
        finally:
            pieces.close()


def _ahead(cutter: _Cutter) -> Generator[Path, None, None]:
    """The next piece is unpacked while the caller works on this one."""
    with ThreadPoolExecutor(1) as unpacking:
        coming = unpacking.submit(cutter.piece)
        while (piece := coming.result()) is not None:
            coming = unpacking.submit(cutter.piece)
            yield piece
            piece.unlink()


class _Cutter:
    """`piece()` writes the next piece; None after the last."""

    def __init__(self, path: Path, texts: Iterator[bytes], folder: Path) -> None:
        self._path, self._texts, self._folder = path, texts, folder
        self._left, self._number = b"", 0

    def piece(self) -> Path | None:
        self._number += 1
        target = self._folder / f"{self._number}.csv"
        try:
            with target.open("wb") as out:
                self._fill(out)
        except (EOFError, zlib.error) as error:
            raise DeliveryRefused(str(self._path), f"gzip data is damaged or cut off: {error}") from error
        except OSError as error:
            raise DeliveryRefused(str(self._path), f"can't be unpacked: {error.strerror}") from error
        return target if target.stat().st_size else None

    def _fill(self, out: BinaryIO) -> None:
        """Text up to the first end of a record behind `PIECE` bytes; what is left of its block waits."""
        text, self._left = self._left, b""
        written, quoted = 0, False
        while text or (text := next(self._texts, b"")):
            cut = _record_end(text, quoted) if written + len(text) >= PIECE else 0
            if cut:
                self._left = text[cut:]
                text = text[:cut]
            out.write(text)
            if cut:
                return
            written += len(text)
            quoted ^= text.count(b'"') % 2 == 1
            text = b""


def _record_end(text: bytes, quoted: bool) -> int:
    """Behind the last line feed that stands outside of quotes; 0 where there is none. A quote inside quotes is
    doubled, so that an even number of them stands before every end of a record."""
    end = text.rfind(b"\n") + 1
    odd = quoted ^ (text.count(b'"', 0, end) % 2 == 1)
    while end and odd:
        before = text.rfind(b"\n", 0, end - 1) + 1
        odd ^= text.count(b'"', before, end) % 2 == 1
        end = before
    return end


def _texts(packed: BinaryIO) -> Iterator[bytes]:
    """The unpacked text, some megabytes at a time; a file may hold several gzip members one after the other."""
    unpacker = None
    while block := packed.read(_PACKED):
        while block:
            if unpacker is None:
                block = block.lstrip(b"\0")  # some writers fill up their last block
                unpacker = zlib.decompressobj(_GZIP) if block else None
                continue
            if text := unpacker.decompress(block, _TEXT):
                yield text
            block = unpacker.unconsumed_tail or unpacker.unused_data
            unpacker = None if unpacker.eof else unpacker
    if unpacker is not None:
        yield unpacker.flush()
        if not unpacker.eof:
            raise EOFError("it ends in the middle")
