"""`make conformance`: exports every dataset as FOCUS 1.2, has each file judged, and says what fails and why."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb

from recon.focus_export import Part, write_parts
from recon.focus_export.words import name
from tests.conformance.datasets import Dataset, datasets
from tests.conformance.judge import Findings, Judged, compare
from tests.conformance.validator import MISSING, is_installed, judge_file


def run(con: duckdb.DuckDBPyConnection, work: Path, only: frozenset[str] = frozenset()) -> list[Judged]:
    """Every dataset (or those named in `only`) in both formats, judged."""
    return [
        _judged(con, dataset, form, work)
        for dataset in datasets(con, work)
        if not only or dataset.name in only
        for form in ("csv", "parquet")
    ]


def _judged(con: duckdb.DuckDBPyConnection, dataset: Dataset, form: str, work: Path) -> Judged:
    file = work / f"{dataset.name}.{form}"
    write_parts(con, dataset.parts, file, "1.2", "csv" if form == "csv" else "parquet")
    exported, billed = f"exported_{dataset.name}_{form}", f"billed_{dataset.name}"
    reader = (
        f"read_csv('{file}', all_varchar=true, header=true)" if form == "csv" else f"read_parquet('{file}')"
    )
    con.execute(f"CREATE OR REPLACE VIEW {exported} AS SELECT * FROM {reader}")
    every = " UNION ALL BY NAME ".join(_as_text(part) for part in dataset.parts)
    con.execute(f"CREATE OR REPLACE VIEW {billed} AS {every}")
    return Judged(dataset.name, form, judge_file(file), exported, billed)


def _as_text(part: Part) -> str:
    cells = ", ".join(f"CAST({name(c)} AS VARCHAR) AS {name(c)}" for c in part.columns)
    return f"SELECT {cells} FROM {part.relation}"


def _print(files: list[Judged], findings: Findings) -> None:
    for file in files:
        v = file.verdict
        print(
            f"{file.dataset} {file.format}: {len(v.passed)} rules pass, {len(v.failed)} fail, {len(v.skipped)} not checked"
        )
    for rule, reason in sorted({(rule, reason) for _, _, rule, reason in findings.explained}):
        where = sorted({f"{d} {f}" for d, f, r, why in findings.explained if (r, why) == (rule, reason)})
        print(f"  {rule} [{', '.join(where)}]\n      {reason}")
    for problem in findings.wrong:
        print(f"WRONG {problem}")


def main() -> int:
    """0 where every failing rule is explained and every explanation is needed."""
    if not is_installed():
        print(MISSING)
        return 2
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        files = run(con, Path(folder))
        findings = compare(con, files)
    _print(files, findings)
    print(f"{len(files)} files in {time.monotonic() - start:.0f} s")
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
