"""What does a published store propose, once the decisions that people made since its run are taken in?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb

from recon.config import RunConfig
from recon.fix.anew import Anew
from recon.fix.log import Event
from recon.fix.plan import planned
from recon.fix.ruled import Ruling
from recon.registry import Registry
from recon.review.decision import decisions
from recon.review.matters import rulings
from recon.run.suggesting import asking_of
from recon.store.masking import Masker


@dataclass(frozen=True)
class _Sources:
    con: duckdb.DuckDBPyConnection
    registry: Registry
    raw: Callable[[str], str] = field(repr=False)
    now: datetime


def anew_of(
    con: duckdb.DuckDBPyConnection,
    cfg: RunConfig,
    registry: Registry,
    masker: Masker,
    now: datetime,
    events: Sequence[Event],
) -> Anew | None:
    """The proposals that anybody ever decided about, thought over again; None where nobody did. Nothing is written."""
    found = rulings_of(events, registry, now)
    if not found:
        return None
    asking, _ = asking_of(cfg, masker)
    ids = frozenset(found)
    sources = _Sources(con, registry, masker.raw, now)
    return Anew(ids, planned(sources, replace(asking, rulings=found, only=ids)))


def rulings_of(events: Sequence[Event], registry: Registry, now: datetime) -> Mapping[str, Ruling]:
    """Action id → what people decided about it, as of today."""
    return rulings(decisions(events), registry, now.date().isoformat())
