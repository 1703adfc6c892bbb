"""How is a file that is in force opened once more, to show or to write its lines?

The store keeps charges, not lines. A file that is gone, or has changed since it was read, is not opened: its
lines would not be those that the store's charges are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from recon.allocation import EMPTY
from recon.config import RunConfig
from recon.deliveries import digest, named
from recon.errors import Unreachable
from recon.ingest.lines import Lines
from recon.ingest.source import BillSource
from recon.run.sources import bill_sources


@dataclass
class Archive:
    """The files of the configured sources as they lie there now. `spool`: a folder for what must be fetched;
    `known`: source -> file -> marker of its content, as the store has it."""

    cfg: RunConfig
    now: datetime
    spool: Path
    known: Mapping[str, Mapping[str, str]]
    _sources: dict[str, BillSource] | None = field(default=None, repr=False)

    def lines(
        self, con: duckdb.DuckDBPyConnection, source: str, path: str, content_hash: str, name: str
    ) -> Lines | str:
        """The lines of a file with every column, as view `name`; or why they can't be had. Raises
        `DeliveryRefused` where the file can't be read any more."""
        known = self.sources.get(source)
        if known is None:
            return f"its source {source} is no longer configured"
        if known.unreachable is not None:
            return f"can't be reached now ({known.unreachable.reason})"
        found = next((f for f in known.files if named(f, known.base) == path), None)
        if found is None:
            return "can't be read now (it is not there any more)"
        try:
            local = found.fetch()
            same = (found.identity or digest(local)) == content_hash
        except (OSError, Unreachable) as error:
            return f"can't be read now ({getattr(error, 'strerror', None) or error})"
        if not same:
            return "has changed since it was read; run tagrecon ingest"
        return known.open(con, local, name, known.view_of(found.key)) or "holds no bill lines now"

    @property
    def sources(self) -> dict[str, BillSource]:
        """The configured sources by name, listed when first asked for."""
        if self._sources is None:
            listed = bill_sources(
                self.cfg, EMPTY, self.now, lambda line: None, full=True, spool=self.spool, known=self.known
            )
            self._sources = {s.rule.name: s for s in listed}
        return self._sources


def markers(files: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """(source, path, content hash) of files as `Archive.known`."""
    found: dict[str, dict[str, str]] = {}
    for source, path, content_hash in files:
        found.setdefault(source, {})[path] = content_hash
    return found
