"""What lies on the desk when fixes are worked on: configuration, registry, the published store, the log, the values behind marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import duckdb

from recon.config import RunConfig
from recon.errors import InputError
from recon.fix.history import History, folded
from recon.fix.log import AuditLog, Event
from recon.registry import Registry, load_registry
from recon.run.sensitive import masker_of
from recon.store.masking import Masker
from recon.store.store import Limits, StorePaths, connect, read_meta


@dataclass
class Desk:
    """`now`: in UTC; `clock`: the time of each event; `tell`: one line of progress."""

    cfg: RunConfig
    now: datetime
    clock: Callable[[], datetime]
    tell: Callable[[str], None] = field(default=lambda line: None, repr=False)

    @cached_property
    def registry(self) -> Registry:
        return load_registry(self.cfg.registry)

    @cached_property
    def paths(self) -> StorePaths:
        return StorePaths(self.cfg.store)

    @cached_property
    def log(self) -> AuditLog:
        return AuditLog(self.paths.audit)

    @cached_property
    def masker(self) -> Masker:
        return masker_of(self.cfg, self.paths, self.registry)

    def events(self) -> list[Event]:
        return self.log.events()

    def history(self) -> History:
        """What the log says now."""
        return folded(self.events())

    @contextmanager
    def store(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The published store, read-only. Raises InputError where there is none, or one without proposals."""
        if not self.paths.published.exists():
            raise InputError(
                f"no store lies at {self.paths.published} yet: `tagrecon run` makes one, and finds what to fix"
            )
        con = connect(self.paths.published, Limits(self.cfg.memory_limit, self.cfg.threads), read_only=True)
        try:
            if read_meta(con, "pending") == "1":
                raise InputError("the store holds bills that are not reconciled yet: run tagrecon run first")
            yield con
        finally:
            con.close()

    def live(self) -> dict[str, int]:
        """Provider → its live resources."""
        with self.store() as con:
            rows = con.execute(
                "SELECT provider_id, count(*) FROM base.resource WHERE deleted_at IS NULL GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        return dict(rows)
