"""What does the ingest need to know about one configured billing source?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from recon.deliveries import Located
from recon.errors import Unreachable
from recon.ingest.books import SourceRule
from recon.ingest.lines import Lines

OpenLines = Callable[[duckdb.DuckDBPyConnection, Path, str, str | None], Lines | None]


@dataclass(frozen=True)
class Delivery:
    """A delivery that a manifest describes: its id, the rows it promises, the parts that are not there, and
    whether it carries actual (`billed`) or amortized (`effective`) costs, where it says so."""

    id: str
    rows: int | None = None
    missing: tuple[str, ...] = ()
    view: str | None = None


@dataclass(frozen=True)
class BillSource:
    """A configured billing source: where its files are, how several are read, and who opens them.

    `mapping` names everything that decides how a file is read (connector version, defaults, extra columns);
    when it changes, the source's files are read anew. `parts`: key of a file -> the delivery it belongs to.
    `left_out`: files that a newer delivery has replaced, with the reason; `replaced`: key of such a file -> the delivery
    that has. `deliveries`: those that count, also one none of whose files is there; `broken`: newer ones that are not
    whole. `unreachable`: why the place could
    not be listed; what it delivered before then stays in force. `view`: which cost the files carry, where the
    user says it.
    """

    rule: SourceRule
    files: tuple[Located, ...]
    open: OpenLines
    mapping: str
    base: Path = Path()
    parts: Mapping[str, Delivery] = field(default_factory=dict)
    left_out: tuple[tuple[Located, str], ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    replaced: Mapping[str, str] = field(default_factory=dict)
    broken: tuple[tuple[Located, str], ...] = ()
    unreachable: Unreachable | None = None
    view: str | None = None

    def view_of(self, key: str) -> str | None:
        """The view of a file as the user or its manifest says it."""
        return self.view or (self.parts[key].view if key in self.parts else None)
