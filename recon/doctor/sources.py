"""What lies where the bills and inventories should be, and can it be read?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from connectors.bill.table import look_inside
from connectors.evidence import read_audit_log, read_incidents
from connectors.formats import format_of
from connectors.places import list_files
from recon.doctor.check import Check
from recon.errors import DeliveryRefused, InputError, Unreachable

_SNIFFED_OBJECTS = 3  # each is downloaded
_SNIFFED_FILES = 200  # a look, not a run: enough to see what lies there
Format = Callable[[Path], str]


def source(kind: str, name: str, location: str, format_of: Format) -> Iterator[Check]:
    title = f"{kind} {name}"
    with TemporaryDirectory(prefix="tagrecon-") as spool:
        yield from _looked_at(title, location, format_of, Path(spool))


def _looked_at(title: str, location: str, format_of: Format, spool: Path) -> Iterator[Check]:
    try:
        files = list_files(location, spool)
    except InputError as wrong:
        yield Check(title, "wrong", str(wrong), "name a file, a folder, a glob or a URL as in docs/places.md")
        return
    except Unreachable as error:
        yield Check(
            title,
            "wrong",
            str(error),
            f"grant {error.permission}" if error.permission else "see docs/places.md",
        )
        return
    if not files:
        there = "holds no file" if Path(location).is_dir() else "does not exist, or matches nothing"
        yield Check(title, "wrong", f"{location} {there}", "deliver the export there, or mend location")
        return
    kinds: dict[str, int] = {}
    for file in files[: _SNIFFED_FILES if not files[0].identity else _SNIFFED_OBJECTS]:
        try:
            known = format_of(file.fetch())
            kinds[known] = kinds.get(known, 0) + 1
        except DeliveryRefused as refused:
            yield Check(title, "wrong", str(refused), "mend or remove the file; a run would go on without it")
        except Unreachable as error:
            yield Check(
                title,
                "wrong",
                str(error),
                f"grant {error.permission}" if error.permission else "see docs/places.md",
            )
        except OSError as error:
            yield Check(
                title, "wrong", f"{file.name}: {error.strerror}", "grant read access to the user of the run"
            )
    listed = ", ".join(f"{count} {known}" for known, count in sorted(kinds.items()))
    more = f"; {len(files) - _SNIFFED_FILES} more not looked at" if len(files) > _SNIFFED_FILES else ""
    if kinds:
        yield Check(title, "ok", f"{len(files)} files: {listed}{more}")


def bill_format(path: Path) -> str:
    """The billing format of a file, in words."""
    with duckdb.connect() as con, TemporaryDirectory(prefix="tagrecon-") as spool:
        head = look_inside(con, path, Path(spool))
    if head is None:
        return "other (skipped)"
    found = format_of(head, {})
    kind = {"csv": "CSV", "jsonl": "JSON lines", "parquet": "Parquet"}[head.kind.kind]
    return (
        f"{found.title(head)} {kind}"
        if found
        else f"{kind} in no known billing format (source defaults may help)"
    )


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


def log_format(path: Path) -> str:
    """Whether it is an audit log; read whole, for damage shows at the end."""
    told = read_audit_log(path, str(path))
    return "audit log" if not told.damaged else "audit log with damaged records"


def incident_format(path: Path) -> str:
    """Whether it is a list of incidents; read whole."""
    told = read_incidents(path, str(path))
    return "list of incidents" if not told.damaged else "list of incidents with damaged records"
