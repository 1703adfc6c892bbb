"""Which one file does a zip hold, and where are its bytes?"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from recon.errors import DeliveryRefused

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(RuntimeError, NotImplementedError, ValueError),  # a password, a method that nobody knows, a wild field
)


def unpacked(path: Path, spool: Path) -> Path:
    """The one file of a zip, in the spool. Its name is ours: a name in an archive is hostile text. Raises
    `DeliveryRefused` for a zip that is damaged, locked, or holds another number of files."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [m for m in archive.infolist() if not m.is_dir() and not _of_macos(m.filename)]
            if len(inside) != 1:
                raise DeliveryRefused(str(path), f"is a zip of {len(inside)} files; a bill's zip holds one")
            spool.mkdir(parents=True, exist_ok=True)
            target = spool / f"unzipped-{abs(hash((str(path), inside[0].CRC, inside[0].file_size))):x}"
            with archive.open(inside[0]) as packed, target.open("wb") as out:
                while block := packed.read(1 << 20):
                    out.write(block)
            return target
    except _DAMAGE as error:
        raise DeliveryRefused(
            str(path), f"is a damaged, cut-off or locked zip: {error or type(error).__name__}"
        ) from error


def _of_macos(name: str) -> bool:
    """What macOS puts beside the files that a person packs: forks and folder views."""
    path = PurePosixPath(name)
    return path.parts[:1] == ("__MACOSX",) or path.name == ".DS_Store"
