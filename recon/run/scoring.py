"""How good are the signals on this estate? Scored anew in each run that brought other tags, rules or signals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

import duckdb
import polars as pl

from recon.config import RunConfig
from recon.registry import Registry
from recon.run.suggesting import modes_of
from recon.store.store import read_meta, write_meta
from recon.suggest.accuracy import hide_and_ask
from recon.suggest.calibration import calibrate, curve
from recon.suggest.estate import Estate
from recon.suggest.meaning import Mark
from recon.suggest.signals.learned import available
from recon.suggest.signals_found import all_signals
from recon.suggest.thresholds import scored, with_reviews

_META = "signals_scored"


def score_signals(
    con: duckdb.DuckDBPyConnection,
    cfg: RunConfig,
    registry: Registry,
    estate: Estate,
    raw: Callable[[str], str],
    mark: Mark,
    now: datetime,
    truth: pl.DataFrame | None = None,
) -> bool:
    """Fill base.signal_score, base.signal_bin and base.signal_curve; False where nothing that counts has changed since they were.
    `truth`: what reviewers decided (TRUTH of recon/suggest/thresholds.py)."""
    modes = modes_of(cfg)
    digest = _digest(cfg, registry, estate, modes, truth)
    if read_meta(con, _META) == digest:
        return False
    signals = list(all_signals())
    off = [name for name, mode in modes.items() if mode == "off"]
    measured = hide_and_ask(estate, signals, raw, mark, off)
    least = {name: rule.least for name, rule in cfg.fix.signals.items() if rule.least is not None}
    rows = scored(measured, signals, modes, least, cfg.targets["M9"], truth)
    bins = with_reviews(calibrate(measured.answers), rows)
    _replace(con, "base.signal_score", rows.with_columns(scored_at=pl.lit(now)))
    _replace(con, "base.signal_bin", bins)
    _replace(con, "base.signal_curve", curve(measured.answers))
    write_meta(con, _META, digest)
    return True


def _replace(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame) -> None:
    con.execute(f"DELETE FROM {table}")
    con.register("scored_now", rows.to_arrow())
    con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM scored_now")
    con.unregister("scored_now")


def _digest(
    cfg: RunConfig, registry: Registry, estate: Estate, modes: dict[str, str], truth: pl.DataFrame | None
) -> str:
    """What decides the figures."""
    frames = {"items": estate.items, "known": estate.known, "raw": estate.raw, **estate.more}
    if truth is not None:
        frames["truth"] = truth
    parts = {
        "rules": [registry.content_hash, str(estate.rules.day)],
        "signals": [(each.name, each.version) for each in all_signals()],
        "learned": available(),
        "modes": sorted(modes.items()),
        "least": sorted((name, str(rule.least)) for name, rule in cfg.fix.signals.items()),
        "target": str(cfg.targets["M9"]),
        "frames": {name: _hash(frame) for name, frame in sorted(frames.items())},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _hash(frame: pl.DataFrame) -> str:
    """Of all rows in their order; it need not be the same in another version of the library, where scoring anew does no harm."""
    rows = frame.hash_rows(seed=7).to_frame("h").with_row_index("n")
    return f"{frame.height}:{rows.hash_rows(seed=11).sum()}"
