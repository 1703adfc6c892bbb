"""What lies where the bills and inventories should be, and can it be read?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
from pyarrow import ArrowInvalid

from connectors.focus.sniff import sniff
from connectors.location import list_files
from recon import focus
from recon.doctor.check import Check
from recon.errors import DeliveryRefused, InputError

_SNIFFED_FILES = 200  # a look, not a run: enough to see what lies there
Format = Callable[[Path], str]


def source(kind: str, name: str, location: str, format_of: Format) -> Iterator[Check]:
    title = f"{kind} {name}"
    try:
        files = list_files(location)
    except InputError as wrong:
        yield Check(title, "wrong", str(wrong), "name a local file, folder or glob")
        return
    if not files:
        there = "holds no file" if Path(location).is_dir() else "does not exist, or matches nothing"
        yield Check(title, "wrong", f"{location} {there}", "deliver the export there, or mend location")
        return
    kinds: dict[str, int] = {}
    for path in files[:_SNIFFED_FILES]:
        try:
            known = format_of(path)
            kinds[known] = kinds.get(known, 0) + 1
        except DeliveryRefused as refused:
            yield Check(title, "wrong", str(refused), "mend or remove the file; a run would go on without it")
        except OSError as error:
            yield Check(
                title, "wrong", f"{path}: {error.strerror}", "grant read access to the user of the run"
            )
    listed = ", ".join(f"{count} {known}" for known, count in sorted(kinds.items()))
    more = f"; {len(files) - _SNIFFED_FILES} more not looked at" if len(files) > _SNIFFED_FILES else ""
    if kinds:
        yield Check(title, "ok", f"{len(files)} files: {listed}{more}")


def bill_format(path: Path) -> str:
    found = sniff(path)
    if found.kind == "csv":
        version = focus.version_of(_focus_names(found.header))
        return f"FOCUS {version} CSV" if version else "CSV that is no FOCUS 1.0 (source defaults may help)"
    if found.kind == "parquet":
        try:
            version = focus.version_of(_focus_names(pq.read_schema(path).names))
        except ArrowInvalid:
            raise DeliveryRefused(str(path), "is damaged or cut-off Parquet") from None
        return (
            f"FOCUS {version} Parquet"
            if version
            else "Parquet that is no FOCUS 1.0 (source defaults may help)"
        )
    return "other (skipped)"


def _focus_names(header: Iterable[str]) -> set[str]:
    wanted = {name.lower(): name for name in focus.COLUMNS}
    return {wanted.get(name.strip().lower(), name) for name in header}


def dump_format(path: Path) -> str:
    """By content, from the first bytes only: a dump may be large."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head[:4] == b"PAR1":
        return "Parquet"
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise DeliveryRefused(str(path), "is empty")
    return "JSON" if text[0] in "{[" else "CSV"
