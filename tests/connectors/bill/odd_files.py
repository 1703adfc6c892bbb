"""One bill in many strange containers, and what the real walk makes of it: the tools of the tests of odd bills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from connectors.bill.shape import Opening
from connectors.formats import open_lines
from recon.ingest.lines import Lines
from recon.run import Result
from recon.run.audit import audit
from tests.bills import NOW, REGISTRY, line

TWO = (line(cost="1.25", ResourceId="r-1"), line(6, cost="2.50", ResourceId="r-2"))
TOTAL = Decimal("3.75")


def audited(bill: Path | str, folder: Path) -> Result:
    """`tagrecon audit --bill` over one location."""
    registry = folder / "registry.yaml"
    registry.write_text(REGISTRY, "utf-8")
    return audit(str(bill), registry=registry, now=NOW)


def billed(result: Result) -> Decimal:
    """What the books of an audit hold; that they close is asked on the way."""
    assert {book["difference_billed"] for book in result.summary["closing"]} <= {"0"}
    return sum((Decimal(book["ledger_billed"]) for book in result.summary["closing"]), Decimal(0))


def gaps(result: Result) -> list[str]:
    """The reasons why an audit is partial."""
    return [gap["reason"] for gap in result.summary["gaps"] if not gap["limitation"]]


@dataclass(frozen=True)
class Opened:
    """One file's lines."""

    con: duckdb.DuckDBPyConnection
    lines: Lines

    def total(self) -> Decimal:
        found = self.con.execute(f"SELECT sum({self.lines.billed}) FROM {self.lines.raw}").fetchall()
        return Decimal(found[0][0])

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        listed = ", ".join('"' + c.replace('"', '""') + '"' for c in columns)
        return self.con.execute(f"SELECT {listed} FROM {self.lines.raw} ORDER BY x_row").fetchall()

    def why(self) -> set[str]:
        """The reasons for which rows are set aside."""
        return {
            bad.reason
            for bad in self.lines.bad_rows
            if self.con.execute(f"SELECT 1 FROM {self.lines.raw} WHERE {bad.condition}").fetchall()
        }


def opened(path: Path, spool: Path, full: bool = False, extra: Sequence[str] = ()) -> Opened | None:
    """The file's lines as the ingest opens them; None for what is no bill."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    lines = open_lines(Opening(con, path, "lines", {}, tuple(extra), spool, full))
    return Opened(con, lines) if lines else None
