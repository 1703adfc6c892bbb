"""Is every rule that a file fails explained, and is every explanation true and still needed?

An excuse (excused.yaml) says that the rule is wrong: it counts while no exported row breaks the rule's own
sentence. A gap (gaps.yaml) says that the bill lacks or contradicts what the rule asks: it counts while the bill's
own rows show it. Both must be used, or they are out of date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from recon.focus_export.model import every_column
from tests.conformance.validator import Verdict

HERE = Path(__file__).parent
_TRUTHS = ("x_NotInvoiced", "x_PaidToThirdParty")


@dataclass(frozen=True)
class Judged:
    """One file that the validator has seen: its relation of exported rows, and that of the bill's own rows."""

    dataset: str
    format: str
    verdict: Verdict
    exported: str
    billed: str


@dataclass
class Findings:
    """`wrong` stops the build; `explained` is (dataset, format, rule, reason)."""

    wrong: list[str] = field(default_factory=list)
    explained: list[tuple[str, str, str, str]] = field(default_factory=list)


def compare(con: duckdb.DuckDBPyConnection, files: Sequence[Judged], complete_run: bool = True) -> Findings:
    """All files against excused.yaml and gaps.yaml; `complete_run` False leaves out the search for stale entries."""
    excuses = {e["rule"]: e for e in _entries("excused.yaml")["excused"]}
    gaps = {(d, g["rule"]): g for d, found in _entries("gaps.yaml")["gaps"].items() for g in found}
    findings, used = Findings(), set()
    parquet = {f.dataset: f.verdict for f in files if f.format == "parquet"}
    for file in files:
        for rule in sorted(file.verdict.failed):
            reason, problem = _explain(con, file, excuses.get(rule), gaps.get((file.dataset, rule)), parquet)
            if problem:
                findings.wrong.append(f"{file.dataset} ({file.format}): {rule} fails: {problem}")
            else:
                findings.explained.append((file.dataset, file.format, rule, reason))
                used |= {rule, (file.dataset, rule)}
    if complete_run:
        seen = {f.dataset for f in files}
        stale = [r for r in excuses if r not in used] + [
            f"{d} {r}" for d, r in gaps if d in seen and (d, r) not in used
        ]
        findings.wrong += [f"{entry}: explained, but passes now; take the entry out" for entry in stale]
    return findings


def _explain(
    con: duckdb.DuckDBPyConnection,
    file: Judged,
    excuse: Mapping[str, Any] | None,
    gap: Mapping[str, Any] | None,
    parquet: Mapping[str, Verdict],
) -> tuple[str, str]:
    """(reason, "") where the failure is explained, ("", what is wrong) where not."""
    if excuse is not None and file.format in excuse.get("formats", ("csv", "parquet")):
        return _excused(con, file, excuse, parquet)
    if gap is None:
        return "", "not in excused.yaml, and no gap of the bill; mend the export"
    shown = _count(con, file.billed, gap["billed"])
    return (
        (f"bill: {gap['because']}", "")
        if shown
        else ("", f"no row of the bill shows the gap ({gap['billed']})")
    )


def _excused(
    con: duckdb.DuckDBPyConnection, file: Judged, excuse: Mapping[str, Any], parquet: Mapping[str, Verdict]
) -> tuple[str, str]:
    broken = _count(con, file.exported, excuse["breaks"])
    if broken:
        return "", f"excused, but {broken} rows do break it ({excuse['breaks']})"
    if "formats" in excuse and excuse["rule"] not in parquet[file.dataset].passed:
        return "", "excused for its CSV reader, but the Parquet file does not pass either"
    return "rule is wrong: " + " ".join(excuse["proof"].split()), ""


def _count(con: duckdb.DuckDBPyConnection, relation: str, condition: str) -> int:
    """Rows of `relation` for which `condition` holds; a column that it lacks is null."""
    has = {row[0].lower() for row in con.execute(f"DESCRIBE {relation}").fetchall()}
    names = (*(c.name for c in every_column()), *_TRUTHS)
    lacking = ", ".join(f"CAST(NULL AS VARCHAR) AS {name}" for name in names if name.lower() not in has)
    source = f"(SELECT *, {lacking} FROM {relation})" if lacking else relation
    found = con.execute(f"SELECT count(*) FROM {source} WHERE {condition}").fetchone()
    return int(found[0]) if found else 0


def _entries(file: str) -> dict[str, Any]:
    return dict(yaml.safe_load((HERE / file).read_text(encoding="utf-8")))
