"""What does the FinOps Foundation's validator say of one file? Its command line, run offline in its own environment."""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as Xml
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENT = Path(os.environ.get("TAGRECON_FOCUS_VENV", ROOT / ".venv-focus"))
MISSING = "the FOCUS validator is not installed (make conformance does it); exports were not judged"


@dataclass(frozen=True)
class Verdict:
    """Rules by outcome. `failed` holds the rules that look at data, not those that only sum up other rules."""

    passed: frozenset[str]
    failed: frozenset[str]
    skipped: frozenset[str]


def is_installed() -> bool:
    """Whether the validator's environment is there."""
    return (ENVIRONMENT / "bin" / "focus-validator").exists()


def judge_file(file: Path, version: str = "1.2") -> Verdict:
    """Every rule of the release's model, under all applicability criteria. RuntimeError with its last words if it breaks."""
    report = file.with_name(file.name + ".xml")
    command = [
        str(ENVIRONMENT / "bin" / "focus-validator"), "--data-file", str(file.resolve()), "--validate-version", version,
        "--block-download", "--applicability-criteria", "ALL",
        "--output-type", "unittest", "--output-destination", str(report.resolve()),
    ]  # fmt: skip
    (packages,) = ENVIRONMENT.glob("lib/*/site-packages")  # it finds its currency codes from here only
    run = subprocess.run(command, cwd=packages, capture_output=True, text=True, check=False)
    if run.returncode or not report.exists():
        raise RuntimeError(f"the FOCUS validator broke on {file.name}: {(run.stderr or run.stdout)[-2000:]}")
    return read_report(report)


def read_report(report: Path) -> Verdict:
    """The validator's JUnit file. A test case is named `<rule> :: <function>`."""
    outcomes: dict[str, set[str]] = {"passed": set(), "failed": set(), "skipped": set()}
    for case in Xml.parse(report).getroot().iter("testcase"):
        rule, _, function = case.get("name", "").partition(" :: ")
        kind = _outcome(case)
        if not (kind == "failed" and function == "Composite"):
            outcomes[kind].add(rule)
    if not outcomes["passed"]:
        raise RuntimeError(
            f"{report.name}: no rule passed; the validator's report has another form than expected"
        )
    return Verdict(**{kind: frozenset(rules) for kind, rules in outcomes.items()})


def _outcome(case: Xml.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"
