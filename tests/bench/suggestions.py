"""How right are suggestions, on the sample estate against its planted truth, and on public bills that carry tags?

`python -m tests.bench.suggestions` prints the tables of docs/suggestion-accuracy.md; TAGRECON_REAL_DATA names the folder of public bills.
Of an estate without a registry each of some tag keys is asked for by itself, any value being valid: then names spell no values, and only the other
resources, containers and the model can tell.
"""

from __future__ import annotations

import os
import time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from configs.sample import clock, write_estate
from configs.sample.estate import plan
from recon.config import load_config
from recon.registry import in_force, load_registry
from recon.run import run
from recon.store.store import Limits, connect
from recon.suggest.accuracy import hide_and_ask
from recon.suggest.calibration import calibration_error, curve
from recon.suggest.load import known_marks, load_estate
from recon.suggest.signals_found import all_signals
from recon.suggest.thresholds import scored
from tests.bench.measure import row, say, table

STAGES = frozenset({"snapshot", "ingest", "reconcile"})
TARGET = Decimal("0.9")
# (name, file below the data folder, connector, required keys as raw keys of the export)
REAL = (
    ("CUR Oct 2018", "aws-well-architected-labs/cur-parquet/Oct2018-WorkshopCUR-00001.snappy.parquet", "aws", ("environment", "workload", "workload_type", "cost_center", "department")),
    ("CUR Nov 2018", "aws-well-architected-labs/cur-parquet/Nov2018-WorkshopCUR-00001.snappy.parquet", "aws", ("environment", "workload", "workload_type", "cost_center", "department")),
    ("FOCUS sample", "focus-sample-data/focus_sample.part1.csv", "focus", ("environment", "application", "business_unit", "org")),
)  # fmt: skip


def main() -> None:
    """Every table."""
    say("Known tags hidden and asked for:")
    table(
        "estate", "resources", "key", "signal", "way", "asked", "made", "correct", "precision", "recall", "s"
    )
    planted = []
    for seed in (1, 7, 11):
        with TemporaryDirectory() as made:
            folder = Path(made)
            write_estate(folder, seed=seed)
            store = _measured(f"sample {seed}", folder)
            planted += _planted(seed, store)
    if data := os.environ.get("TAGRECON_REAL_DATA"):
        for name, file, connector, keys in REAL:
            with TemporaryDirectory() as made:
                _measured(name, _of_bill(Path(made), Path(data) / file, connector, keys))
    say("Suggestions for open findings about the owner, against the planted owner:")
    table("seed", "signal", "mode", "made", "right")
    for each in planted:
        row(*each)


def _of_bill(folder: Path, bill: Path, connector: str, keys: tuple[str, ...]) -> Path:
    """A configuration that knows only a bill; what it says of a resource stands for an inventory."""
    names = [(key.replace("_", "-"), key) for key in keys]
    rules = "".join(
        f"  {name}: {{required: true{f', aliases: [{key}]' if key != name else ''}}}\n" for name, key in names
    )
    (folder / "registry.yaml").write_text(f"version: 1\nowner: {names[0][0]}\nkeys:\n{rules}", "utf-8")
    (folder / "tagrecon.yaml").write_text(
        "store: var/tagrecon.duckdb\noutput: out\nregistry: registry.yaml\n"
        f"billing:\n  - {{name: bill, connector: {connector}, location: '{bill}'}}\n",
        "utf-8",
    )
    return folder


def _measured(name: str, folder: Path) -> Path:
    cfg = load_config(folder / "tagrecon.yaml")
    run(cfg, clock.NOW, stages=STAGES)
    registry = load_registry(cfg.registry)
    con = connect(cfg.store, Limits(), read_only=True)
    try:
        mark = known_marks(con, str)
        estate = load_estate(con, in_force(registry, clock.NOW.date()), str, mark)
    finally:
        con.close()
    began = time.monotonic()
    found = hide_and_ask(estate, all_signals(), str, mark)
    took = f"{time.monotonic() - began:.1f}"
    rows = scored(found, list(all_signals()), {"learned": "on"}, {}, TARGET)
    for each in rows.filter(pl.col("made") > 0).iter_rows(named=True):
        shares = (f"{each['precision']:.1%}", f"{each['recall']:.1%}")
        counts = (each["asked"], each["made"], each["correct"])
        row(
            name,
            estate.items.height,
            each["key"] or "all",
            each["signal"],
            each["basis"],
            *counts,
            *shares,
            took,
        )
    for (signal, way), part in curve(found.answers).group_by("signal", "way", maintain_order=True):
        say(
            f"{name}: {signal} {way}: calibration error {calibration_error(part):.3f} of {part['made'].sum()}"
        )
    return cfg.store


def _planted(seed: int, store: Path) -> list[tuple[object, ...]]:
    """How many suggestions name the owner after whom the plan called the resource."""
    owners = {
        own: each.name.rsplit("-", 2)[0] for each in plan(seed, 1.0) for own in (each.live_id, each.billed_id)
    }
    con = connect(store, Limits(), read_only=True)
    said = con.execute(
        "SELECT signal, mode, ResourceId, value FROM suggestions WHERE key = 'cost-center' ORDER BY ALL"
    ).fetchall()
    con.close()
    groups: dict[tuple[str, str], list[bool]] = {}
    for signal, mode, resource, value in said:
        if resource in owners:
            groups.setdefault((signal, mode), []).append(owners[resource] == value)
    return [(seed, *at, len(right), sum(right)) for at, right in sorted(groups.items())]


if __name__ == "__main__":
    main()
