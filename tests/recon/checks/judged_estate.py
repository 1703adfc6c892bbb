"""A sample estate taken in, judged and masked: what findings, drift and fixes are read from."""

from __future__ import annotations

import atexit
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import duckdb
import polars as pl

from configs.sample import Truth, clock, write_estate
from recon.allocation import EMPTY
from recon.checks import Context
from recon.config import load_config
from recon.identity.match import match_bills
from recon.ingest.ingest import ingest
from recon.reconcile.reconcile import Settings, reconcile
from recon.reconcile.tagset_values import ValueNumbers
from recon.reconcile.world import World
from recon.registry import Registry, load_registry
from recon.run.sensitive import masker_of
from recon.run.sources import bill_sources, inventory_sources
from recon.snapshot.snapshot import snapshot
from recon.store.books import all_books
from recon.store.masking import Masker
from recon.store.store import Limits, StorePaths, working_copy
from recon.taggability import load_taggability

SEEDS = (7, 11, 23)
SCALE = 0.02
NOW = clock.NOW.replace(tzinfo=None)


@dataclass(frozen=True)
class Judged:
    """One estate's store before anything was concluded from it, and what was planted."""

    store: Path
    registry: Registry
    masker: Masker
    truth: Truth

    def context(self, folder: Path) -> Context:
        """A context over a copy of the store, which the test may change."""
        con = duckdb.connect(str(shutil.copy(self.store, folder / "copy.duckdb")))
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET threads = 1")
        return Context(con, self.registry, self.masker.raw, NOW)


@cache
def judged_estate(seed: int) -> Judged:
    """The estate of a seed; built once per test process."""
    folder = Path(mkdtemp(prefix="tagrecon-judged-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    truth = write_estate(folder, seed=seed, scale=SCALE)
    cfg = load_config(folder / "tagrecon.yaml")
    registry = load_registry(cfg.registry)
    paths = StorePaths(folder / "judged.duckdb")
    masker = masker_of(cfg, paths, registry)
    with working_copy(paths, Limits(threads=1)) as con:
        snapshot(con, inventory_sources(cfg, NOW, print), masker, NOW)
        ingest(con, bill_sources(cfg, EMPTY, NOW, lambda line: None), masker, NOW)
        match_bills(con)
        world = World(con, registry, masker, load_taggability(), ValueNumbers())
        reconcile(world, all_books(con), Settings())
        numbers = world.numbers.numbers
        con.register("told", pl.DataFrame({"no": list(numbers.values()), "value": list(numbers)}).to_arrow())
        con.execute("INSERT INTO base.value SELECT no, value FROM told")
        con.unregister("told")
    return Judged(paths.work, registry, masker, truth)
