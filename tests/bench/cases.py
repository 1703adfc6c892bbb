"""What is measured, each as a process of its own: `python -m tests.bench.cases CASE FOLDER`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

NOW = datetime(2026, 11, 3, 6)


def scan(folder: Path) -> None:
    """The bare scan of the same columns: what no program that reads them can beat."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET memory_limit = '1GB'; SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    con.execute((folder / "scan.sql").read_text("utf-8")).fetchall()


def ingest(folder: Path) -> None:
    """Bill → charges alone."""
    from recon.config import load_config
    from recon.run import run

    result = run(load_config(folder / "tagrecon.yaml"), NOW, stages=frozenset({"ingest"}))
    assert result.status == "ok", result.status  # a bill that was refused is read fast


def bare(folder: Path) -> None:
    """The bare scan of a format's own columns: what no program that reads them can beat."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET memory_limit = '1GB'; SET TimeZone = 'UTC'")
    con.execute("CREATE TEMP TABLE scanned AS " + (folder / "scan.sql").read_text("utf-8"))


def gunzip(folder: Path) -> None:
    """Unpacking alone, by the system's gzip."""
    import subprocess

    [packed] = (folder / "exports").glob("*.gz")
    subprocess.run(["gzip", "-dc", str(packed)], stdout=subprocess.DEVNULL, check=True)


def whole(folder: Path) -> None:
    """The whole job, files to report."""
    from recon.config import load_config
    from recon.run import run

    result = run(load_config(folder / "tagrecon.yaml"), NOW, tell=lambda line: sys.stderr.write(line + "\n"))
    assert all(row["difference_billed"] == "0" for row in result.summary["closing"])


def again(folder: Path) -> None:
    """The whole job once more, nothing changed."""
    whole(folder)


def pandas(folder: Path) -> None:
    """What a team writes by hand: coverage per team by day with pandas, in floats."""
    import json

    import pandas as pd

    columns = [
        "BilledCost",
        "EffectiveCost",
        "ChargePeriodStart",
        "ResourceId",
        "ServiceName",
        "SubAccountId",
        "ChargeCategory",
        "Tags",
    ]
    frame = pd.read_parquet(folder / "exports" / "bill.parquet", columns=columns)
    frame["Tags"] = frame["Tags"].map(lambda t: json.loads(t) if isinstance(t, str) else dict(t))
    frame["day"] = frame["ChargePeriodStart"].dt.date
    frame["owner"] = frame["Tags"].map(lambda t: t.get("cost-center") or None)
    frame["team"] = frame["Tags"].map(lambda t: t.get("team") or None)
    by = frame.groupby(["team", "day", "ResourceId", "ServiceName", "SubAccountId"], dropna=False)
    by.agg(cost=("EffectiveCost", "sum"), owned=("owner", "count")).reset_index().to_csv(
        folder / "pandas.csv"
    )


if __name__ == "__main__":
    cases = (scan, bare, gunzip, ingest, whole, again, pandas)
    {case.__name__: case for case in cases}[sys.argv[1]](Path(sys.argv[2]))
