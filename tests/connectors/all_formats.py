"""All samples in one store, as a company with several clouds has them, and what the store says of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

from recon.run import Result
from tests.bills import REGISTRY, work
from tests.connectors.samples import SAMPLES, Sample


@dataclass(frozen=True)
class AllFormats:
    """A configuration in `folder` with one source per sample; each source's files lie in a folder of its own."""

    folder: Path

    def place(self, sample: Sample) -> Path:
        return self.folder / "exports" / sample.name

    def bill(self, sample: Sample, name: str = "bill") -> Path:
        """Where a file of this sample lies."""
        return sample.file(self.place(sample), name)

    def deliver(
        self,
        lines_of: Callable[[Sample], Iterable[Any]],
        samples: Iterable[Sample] = SAMPLES,
        name: str = "bill",
    ) -> AllFormats:
        """Write a file for each sample."""
        for sample in samples:
            sample.write(self.bill(sample, name), list(lines_of(sample)))
        return self

    def run(self, samples: Iterable[Sample] = SAMPLES, **choices: Any) -> Told:
        """Run the job; `choices` are said of every source (`files: parts`)."""
        sources = [
            {
                "name": s.name,
                "location": f"exports/{s.name}/",
                **({"defaults": dict(s.defaults)} if s.defaults else {}),
                **choices,
            }
            for s in samples
        ]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "registry.yaml").write_text(REGISTRY, "utf-8")
        config = self.folder / "tagrecon.yaml"
        config.write_text(yaml.safe_dump({"registry": "registry.yaml", "billing": sources}), "utf-8")
        for sample in samples:
            self.place(sample).mkdir(parents=True, exist_ok=True)
        return Told(work(config))


@dataclass(frozen=True)
class Told:
    """What a run left behind."""

    result: Result

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        con = duckdb.connect(str(self.result.store), read_only=True)
        try:
            return con.execute(sql, list(values)).fetchall()
        finally:
            con.close()

    def files(self, sample: Sample, column: str = "status") -> list[Any]:
        """A column of the sample's files, by path."""
        found = self.rows(
            f"SELECT {column} FROM source_files WHERE source = ? ORDER BY path, loaded_at", sample.name
        )
        return [value for (value,) in found]

    def totals(self, sample: Sample) -> tuple[Decimal, Decimal]:
        """BilledCost and EffectiveCost of the sample's charges."""
        query = "SELECT coalesce(sum(BilledCost), 0), coalesce(sum(EffectiveCost), 0) FROM charges WHERE BillingAccountId = ?"
        [(billed, effective)] = self.rows(query, sample.name)
        return billed, effective

    def closing(self, sample: Sample, *columns: str) -> tuple[Any, ...]:
        """The sample's one book."""
        [row] = self.rows(f"SELECT {', '.join(columns)} FROM closing WHERE BillingAccountId = ?", sample.name)
        return row

    def differences(self) -> set[Any]:
        """What is left over in any book, of both costs: 0 alone, or the books don't close."""
        found = self.rows("SELECT difference_billed, difference_effective FROM closing")
        return {amount for row in found for amount in row}
