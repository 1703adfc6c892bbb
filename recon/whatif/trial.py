"""How are other rules tried without anyone seeing it? On a copy of the published store, in a folder that goes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from recon.config import RunConfig, load_config
from recon.errors import InputError
from recon.run import run
from recon.run.walk import load_rules
from recon.store.store import Limits, StorePaths, connect, read_meta, write_meta
from recon.whatif.folder import private_folder


@dataclass(frozen=True)
class Trial:
    """The published store and the one made under other rules, with what each summary says. `same_charges`: both
    hold the same charges by number, so that each can be followed; False where the bills had to be rolled up anew."""

    before: Path
    after: Path
    summary_before: dict[str, Any]
    summary_after: dict[str, Any]
    same_charges: bool


@contextmanager
def try_rules(
    config: Path,
    cfg: RunConfig,
    now: datetime,
    *,
    registry: Path | None,
    allocation: Path | None,
    tell: Callable[[str], None],
) -> Iterator[Trial]:
    """Judge and allocate a copy of the store under `registry` and `allocation` (None: the configured ones). The
    published store is only read; the copy is gone when the block ends.

    Bills are read again only where the rules name a column by which the store's charges are not told apart.
    InputError where there is no store, or the rules are wrong.
    """
    if not cfg.store.exists():
        raise InputError(
            f"no store lies at {cfg.store} yet: `tagrecon run` makes one, then other rules can be tried on it"
        )
    with private_folder() as folder:
        copy = StorePaths(folder / cfg.store.name)
        overrides = {
            "store": copy.published, "output": folder / "out",
            "registry": registry and registry.absolute(), "allocation": allocation and allocation.absolute(),
        }  # fmt: skip
        tried = load_config(config.absolute(), overrides=overrides)
        rules = load_rules(tried)
        known, before = _rolled_by(cfg.store)
        anew = not set(rules.allocation.columns) <= known
        _copy(StorePaths(cfg.store), copy)
        stages = frozenset({"ingest", "reconcile"} if anew else {"reconcile"})
        result = run(tried, now, stages=stages, tell=tell)
        yield Trial(cfg.store, copy.published, before, result.summary, not anew)


def _rolled_by(store: Path) -> tuple[set[str], dict[str, Any]]:
    con = connect(store, Limits(), read_only=True)
    try:
        if read_meta(con, "pending") == "1":
            raise InputError("the store holds bills that are not reconciled yet: run tagrecon run first")
        return set(json.loads(read_meta(con, "rolled_by") or "[]")), json.loads(
            read_meta(con, "summary") or "{}"
        )
    finally:
        con.close()


def _copy(of: StorePaths, to: StorePaths) -> None:
    """The store with the private file that its masked values are read by; both for nobody else's eyes."""
    for source, target in ((of.published, to.published), (of.private, to.private)):
        if source.exists():
            target.touch(mode=0o600)
            shutil.copyfile(source, target)
    con = connect(to.published, Limits())
    try:
        write_meta(con, "shown", "0")  # the copy has no report that would have to be mended
    finally:
        con.close()
