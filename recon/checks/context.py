"""What may a check look at? The store, the registry, the clock, and what several checks ask for alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

import duckdb

from recon.checks.defects import Defects, read_defects
from recon.registry import Registry, Rules, in_force

_MILDER = {"low": 0, "medium": 1, "high": 2}
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Context:
    """One run's view of the store. `raw`: published value → byte-exact one (a mask has a value behind it);
    what `raw` gives is never written anywhere. `now`: instant in UTC, naive."""

    con: duckdb.DuckDBPyConnection
    registry: Registry = field(repr=False)
    raw: Callable[[str], str] = field(repr=False)  # what stands behind it may not even reach a traceback
    now: datetime
    grace_hours: int = 48

    @cached_property
    def today(self) -> Rules:
        """The registry as it holds now."""
        return in_force(self.registry, self.now.date())

    def rules(self, day: int) -> Rules:
        """The registry as it held on a day (days since 1970)."""
        return in_force(self.registry, _EPOCH + timedelta(days=day))

    @cached_property
    def defects(self) -> Defects:
        """Every charge whose verdict is a defect, gathered to what a finding is about."""
        return read_defects(self.con, self.registry, self.raw)

    @cached_property
    def newest_periods(self) -> Mapping[tuple[str, str], str]:
        """(provider id, billing account) → newest billing period with charges."""
        return self.defects.newest

    def severity(self, key: str, most: str) -> str:
        """How bad a finding about `key` is: what the registry says of the key, at most the check's own."""
        known = self.registry.keys.get(key)
        own = known.severity if known else most
        return min(own, most, key=_MILDER.__getitem__)


def day_text(day: int) -> str:
    """A day number as `YYYY-MM-DD`."""
    return (_EPOCH + timedelta(days=day)).isoformat()
