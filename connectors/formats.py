"""Which billing format is this file in? By its columns, never by its name: exports are renamed on their way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

import duckdb

from connectors.aws import cur
from connectors.aws.manifest import read_manifest as aws_manifest
from connectors.azure import cost_details
from connectors.azure.manifest import read_manifest as azure_manifest
from connectors.bill.manifest import Manifest
from connectors.bill.shape import Opening, Shaped, lines_of, prepare
from connectors.bill.table import Head, look_inside
from connectors.focus import cost_and_usage
from connectors.gcp import billing_export, focus_export
from recon.errors import DeliveryRefused, InputError, Unreachable
from recon.hostile import shown
from recon.ingest.lines import Lines


class Format(Protocol):
    """A module that reads one billing format."""

    NAME: str

    def recognizes(self, columns: Collection[str], defaults: Mapping[str, str]) -> bool:
        """Whether a file with these columns is in this format."""

    def title(self, head: Head) -> str:
        """What people call it: "FOCUS 1.2", "AWS CUR"."""

    def shape(self, opening: Opening, head: Head) -> Shaped:
        """The file in FOCUS words; raises `DeliveryRefused`."""


# connector of the configuration → its formats; the first that recognizes a file's columns reads it
FORMATS: Mapping[str, tuple[Format, ...]] = {
    "focus": (focus_export, cost_and_usage),
    "aws": (cost_and_usage, cur),
    "azure": (cost_and_usage, cost_details),
    "gcp": (focus_export, cost_and_usage, billing_export),
}
CONNECTORS = tuple(FORMATS)
_OUR_SQL = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
# who reads a delivery's manifest: text and key -> Manifest, or None for another kind of JSON
MANIFESTS: tuple[Callable[[str, str], Manifest | None], ...] = (aws_manifest, azure_manifest)


def open_lines(opening: Opening, connector: str | None = None) -> Lines | None:
    """The bill lines of one file, or None for a file that is no bill and says so (a JSON document, an empty
    file). `connector` narrows the formats that are tried. Raises `DeliveryRefused` with the reason for anything
    that can't be loaded, also for what nobody has thought of: one odd file must not keep all others from being read."""
    try:
        return _opened(opening, connector)
    except (DeliveryRefused, InputError, Unreachable, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, duckdb.Error) and not isinstance(error, _OUR_SQL):
            raise  # the file's data, or the disk: whoever asked says which
        said = (str(error).splitlines() or [""])[0][:200]
        raise DeliveryRefused(
            str(opening.path),
            f"can't be read, for a reason that tagrecon does not know ({type(error).__name__}: {shown(said, 200)}). "
            "Please report it, with the file's columns",
        ) from error


def _opened(opening: Opening, connector: str | None) -> Lines | None:
    prepare(opening.con)
    head = look_inside(opening.con, opening.path, opening.spool)
    if head is None:
        return None
    found = format_of(head, opening.defaults, connector)
    if found is None:
        if head.kind.kind == "jsonl":
            return None  # a document that happens to fit one line, such as a manifest
        raise DeliveryRefused(
            str(opening.path), f"{_unknown(head, connector)}. {head.kind.hint}".rstrip(". ")
        )
    return lines_of(opening, found.shape(opening, head))


def format_of(head: Head, defaults: Mapping[str, str], connector: str | None = None) -> Format | None:
    """The format whose columns the file has."""
    tried = [f for name, formats in FORMATS.items() if connector in (None, name) for f in formats]
    return next((f for f in tried if f.recognizes(tuple(head.columns), defaults)), None)


def _unknown(head: Head, connector: str | None) -> str:
    seen = ", ".join(shown(name, 40) for name in list(head.columns)[:6])
    other = format_of(head, {}) if connector else None
    if other is not None:
        return f'is no bill of connector "{connector}": its columns are those of "{other.NAME}"'
    if connector == "focus":
        return "is no FOCUS 1.0 or newer (no ChargeCategory or no BilledCost column; 0.5 and 1.0-preview are not read)"
    return (
        f"is in no billing format that is known (its columns begin {seen}). Read are FOCUS 1.0 or newer "
        "(ChargeCategory and BilledCost; 0.5 and 1.0-preview are not), AWS CUR and CUR 2.0, Azure cost details, "
        "Google Cloud billing export"
    )
