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
from recon.fix.proof import prove
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

    def taken_in(self) -> list[tuple[int, str]]:
        """Number and hash of the events that the published store has taken in."""
        if not self.paths.published.exists():
            return []
        with self.store(pending=True) as con:
            return con.execute(
                "SELECT event_no, event_hash FROM base.audit WHERE event_no IS NOT NULL ORDER BY event_no"
            ).fetchall()

    def proven(self) -> list[Event]:
        """What the log says, where nobody has changed it: for what writes by its approvals. Raises InputError."""
        proof = prove(self.log, known=self.taken_in())
        if not proof.holds:
            raise InputError(
                f"the audit log was changed after it was written, so nothing is written to a cloud by it: {proof.problems[0]}. "
                "tagrecon fix audit --verify tells all; put the log back as it was"
            )
        return self.events()

    def not_back_in_time(self) -> None:
        """Raises InputError where `now` lies before what log and store know already: an approval that has ended must not hold again, and a
        freeze not be over, because somebody named an earlier instant."""
        newest = max((e.at[:19] for e in self.events()[-1:]), default="")
        if self.paths.published.exists():
            with self.store(pending=True) as con:
                [(run,)] = con.execute("SELECT max(started_at) FROM base.run").fetchall()
            newest = max(newest, f"{run:%Y-%m-%dT%H:%M:%S}" if run else "")
        if f"{self.now:%Y-%m-%dT%H:%M:%S}" < newest:
            raise InputError(
                f"now is {self.now:%Y-%m-%dT%H:%M:%SZ}, and the log or the last run is of {newest}Z already; nothing that writes goes back in time. "
                "Leave --now out"
            )

    def history(self) -> History:
        """What the log says now."""
        return folded(self.events())

    @contextmanager
    def store(self, pending: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """The published store, read-only. Raises InputError where there is none, or (unless `pending` will do) one whose bills are
        not reconciled yet."""
        if not self.paths.published.exists():
            raise InputError(
                f"no store lies at {self.paths.published} yet: `tagrecon run` makes one, and finds what to fix"
            )
        con = connect(self.paths.published, Limits(self.cfg.memory_limit, self.cfg.threads), read_only=True)
        try:
            if read_meta(con, "pending") == "1" and not pending:
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
