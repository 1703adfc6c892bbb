"""Does the comparison with excused.yaml and gaps.yaml let nothing through that is not proved?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.conformance import judge
from tests.conformance.judge import HERE, Judged, compare
from tests.conformance.validator import Verdict, read_report

EXCUSED: list[dict[str, Any]] = [
    {"rule": "R-1", "proof": "contradicts R-2", "breaks": "SkuId IS NULL AND SkuMeter IS NOT NULL"},
    {"rule": "R-3", "proof": "its CSV reader", "formats": ["csv"], "breaks": "SkuId = ''"},
]
GAPS = {"bill": [{"rule": "R-4", "because": "no meter", "billed": "SkuMeter IS NULL"}]}


@pytest.fixture
def con(monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    entries = {"excused.yaml": {"excused": EXCUSED}, "gaps.yaml": {"gaps": GAPS}}
    monkeypatch.setattr(judge, "_entries", entries.__getitem__)
    with duckdb.connect() as con:
        con.execute("CREATE VIEW good AS SELECT 's' AS SkuId, 'm' AS SkuMeter")
        con.execute("CREATE VIEW breaking AS SELECT NULL::VARCHAR AS SkuId, 'm' AS SkuMeter")
        con.execute("CREATE VIEW poor AS SELECT 's' AS SkuId")
        yield con


def failing(*rules: str, form: str = "parquet", exported: str = "good", billed: str = "poor") -> Judged:
    verdict = Verdict(frozenset({"R-1", "R-3"} - set(rules)), frozenset(rules), frozenset())
    return Judged("bill", form, verdict, exported, billed)


def wrong(con: duckdb.DuckDBPyConnection, *files: Judged, complete_run: bool = False) -> list[str]:
    return compare(con, files, complete_run).wrong


def test_a_rule_that_nobody_explained_is_wrong(con: duckdb.DuckDBPyConnection) -> None:
    assert wrong(con, failing("R-9")) == [
        "bill (parquet): R-9 fails: not in excused.yaml, and no gap of the bill; mend the export"
    ]


def test_an_excuse_holds_while_no_row_breaks_the_rules_sentence(con: duckdb.DuckDBPyConnection) -> None:
    assert wrong(con, failing("R-1")) == []
    assert "1 rows do break it" in wrong(con, failing("R-1", exported="breaking"))[0]


def test_an_excuse_for_the_csv_reader_needs_the_parquet_file_to_pass(con: duckdb.DuckDBPyConnection) -> None:
    assert wrong(con, failing("R-3", form="csv"), failing()) == []
    both = wrong(con, failing("R-3", form="csv"), failing("R-3"))
    assert "the Parquet file does not pass either" in both[0]
    assert "bill (parquet): R-3 fails: not in excused.yaml" in both[1]


def test_a_gap_needs_a_row_of_the_bill_that_shows_it(con: duckdb.DuckDBPyConnection) -> None:
    assert wrong(con, failing("R-4")) == []
    assert "no row of the bill shows the gap" in wrong(con, failing("R-4", billed="good"))[0]


def test_an_entry_that_is_not_needed_any_more_is_wrong(con: duckdb.DuckDBPyConnection) -> None:
    stale = wrong(con, failing("R-1"), complete_run=True)
    assert stale == [
        "R-3: explained, but passes now; take the entry out",
        "bill R-4: explained, but passes now; take the entry out",
    ]


def test_composite_rules_are_left_to_the_rules_below_them(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase name="A-000 :: Composite"><failure/></testcase><testcase name="A-001 :: Type"><failure/></testcase>'
        '<testcase name="A-002 :: Type"/><testcase name="A-003 :: Format"><skipped/></testcase>'
        "</testsuite></testsuites>",
        encoding="utf-8",
    )
    assert read_report(report) == Verdict(frozenset({"A-002"}), frozenset({"A-001"}), frozenset({"A-003"}))


def test_a_report_in_which_nothing_passes_is_no_report(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text("<testsuites/>", encoding="utf-8")
    with pytest.raises(RuntimeError, match="no rule passed"):
        read_report(tmp_path / "report.xml")


def test_every_library_of_the_validator_is_pinned() -> None:
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [x for x in lines if not re.fullmatch(r"#.*|[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", x)] == []


def test_every_excuse_is_told_to_users() -> None:
    page = (HERE.parents[1] / "docs" / "focus-export.md").read_text(encoding="utf-8")
    excuses = yaml.safe_load((HERE / "excused.yaml").read_text(encoding="utf-8"))["excused"]
    assert [e["rule"] for e in excuses if f"`{e['rule']}`" not in page] == []
