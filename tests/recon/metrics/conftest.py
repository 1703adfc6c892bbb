"""The sample estate, judged and measured once: what the metrics are tested on beside frames made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pytest

from configs.sample import Truth, write_estate
from recon.config import load_config
from recon.metrics.facts import Facts
from recon.registry import load_registry
from recon.run import run
from recon.store.store import Limits, connect
from recon.taggability import load_taggability

NOW = datetime(2026, 11, 3, 6)
STAGES = frozenset({"snapshot", "ingest", "reconcile"})


@dataclass(frozen=True)
class Estate:
    """The store of the estate, what was planted in it, and the frames that metrics read."""

    con: duckdb.DuckDBPyConnection
    truth: Truth
    facts: Facts


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    folder = tmp_path_factory.mktemp("measured") / "estate"
    truth = write_estate(folder, seed=7, scale=0.1)
    cfg = load_config(folder / "tagrecon.yaml")
    store = run(cfg, NOW, stages=STAGES).store
    con = connect(store, Limits(), read_only=True)
    yield Estate(con, truth, Facts(con, load_registry(cfg.registry), str, NOW, load_taggability()))
    con.close()
