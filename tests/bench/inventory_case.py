"""One listing of made-up resources: `python -m tests.bench.inventory_case listing|night COUNT FOLDER`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from recon.snapshot.listing import Resource, Unit

UNITS, NOW = 40, datetime(2026, 11, 3, 6)


class MadeUp:
    """A lister whose resources are made as they are asked for: 1,000 a page in the time of none."""

    provider, lists_untagged = "aws", True

    def __init__(self, count: int) -> None:
        self.each, self.calls = count // UNITS, Counter[str]()

    def units(self) -> Iterator[Unit]:
        for n in range(UNITS):
            yield Unit(f"{n}", "aws", f"{n:012}", "us-east-1", f"{n}")

    def resources(self, unit: Unit) -> Iterator[Resource]:
        home = f"arn:aws:ec2:us-east-1:{unit.account}:instance/i-"
        for n in range(self.each):
            tags = {
                "cost-center": f"team-{n % 200}",
                "environment": ("prod", "test")[n % 2],
                "n": f"{n % 3000}",
            }
            yield Resource(
                "aws", unit.account, "us-east-1", "ec2:instance", f"{home}{n:017x}", f"i-{n:017x}", None, tags
            )

    def activations(self) -> tuple[()]:
        return ()

    def probe(self) -> Iterator[Unit]:
        yield from self.units()

    def close(self) -> None: ...


def listing(count: int, folder: Path) -> None:
    """Onto the disk alone."""
    from connectors.live.parts import Parts
    from connectors.live.walk import Night, take

    assert (
        take(MadeUp(count), Parts(folder / "parts"), Night("bench", NOW)).resources == count // UNITS * UNITS
    )


def night(count: int, folder: Path) -> None:
    """Onto the disk and into a new store."""
    from recon.config import load_config
    from recon.run import run
    from tests.bills import write_config

    path = write_config(folder)
    path.write_text(path.read_text("utf-8") + "\ninventory:\n  - {name: live, connector: aws}\n", "utf-8")
    with patch("recon.run.live.open_lister", lambda source: MadeUp(count)):
        result = run(load_config(path), NOW, stages=frozenset({"snapshot"}))
    import duckdb

    with duckdb.connect(str(result.store), read_only=True) as con:
        found = con.execute("SELECT count(*) FROM base.resource").fetchone()
    assert found == (count // UNITS * UNITS,), found


if __name__ == "__main__":
    {"listing": listing, "night": night}[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))
