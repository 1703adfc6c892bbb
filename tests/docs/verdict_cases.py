"""Which verdict cases are tested? The table of docs/verdicts.md, from tests/verdicts/cases.yaml."""

from __future__ import annotations

from typing import Any

import yaml

from recon.verdicts import VERDICTS
from tests.docs.papers import ROOT

PAGE = ROOT / "docs" / "verdicts.md"
CASES = ROOT / "tests" / "verdicts" / "cases.yaml"
MARK = "<!-- generated from tests/verdicts/cases.yaml: python -m tests.docs.write -->\n"


def page() -> str:
    """docs/verdicts.md with everything below its mark written anew, in the order of the verdicts."""
    prose, mark, _ = PAGE.read_text("utf-8").partition(MARK)
    assert mark, "docs/verdicts.md has lost its mark"
    cases: list[dict[str, Any]] = yaml.safe_load(CASES.read_text("utf-8"))
    ordered = sorted(cases, key=lambda case: VERDICTS.index(case["verdict"]))
    rows = [f"| {str(case['name']).replace('|', chr(92) + '|')} | `{case['verdict']}` |" for case in ordered]
    return prose + MARK + "\n" + "\n".join(["| case | verdict |", "|---|---|", *rows]) + "\n"
