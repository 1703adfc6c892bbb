"""A file's name and its columns' names are text, whatever they look like to SQL or to a shell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.places.local import list_files
from recon.errors import DeliveryRefused
from tests.bills import write_bill
from tests.connectors.bill.odd_files import TOTAL, TWO, audited, billed, opened
from tests.connectors.samples import SAMPLES, Sample, as_csv, packed_as_gzip

HOSTILE = (
    "x_\"a'; DROP TABLE t--",
    "x_a\", getenv('HOME') AS \"x_b",
    "x_{raw}",
    "x_{carried}",
    "x_{0}",
    "x_é\t😀",
    "x_" + "long" * 500,
    "'",
    '"',
    "{raw}",
    "h",
    "i_0",
    "c0",
    "step_credits",
    "raw",
    "lines",
    "select",
)
OURS = (
    *(
        "x_row",
        "x_count",
        "x_Excluded",
        "x_IsCommitment",
        "x_is_commitment",
        "x_SourceCost",
        "x_text_BilledCost",
    ),
    *("X_ROW", "x_sourcecost", "file_row_number", "file_index", "filename"),
)


def as_jsonl(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(said) + "\n" for said in lines), "utf-8")


def as_text_parquet(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    names = dict.fromkeys(name for said in lines for name in said)
    pq.write_table(pa.table({n: pa.array([str(said.get(n, "")) for said in lines]) for n in names}), path)


WRITERS: Mapping[str, Callable[[Path, Sequence[Mapping[str, Any]]], None]] = {
    "csv": as_csv,
    "jsonl": as_jsonl,
    "parquet": as_text_parquet,
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("full", [False, True], ids=["ingest", "full"])
def test_no_column_name_of_a_focus_file_is_read_as_sql(kind: str, full: bool, tmp_path: Path) -> None:
    path = tmp_path / f"bill.{kind}"
    WRITERS[kind](path, [{**said, **{name: f"cell {n}" for n, name in enumerate(HOSTILE)}} for said in TWO])
    found = opened(path, tmp_path / "spool", full)
    assert found is not None
    assert found.total() == TOTAL
    kept = {str(row[0]) for row in found.con.execute(f"DESCRIBE {found.lines.raw}").fetchall()}
    assert HOSTILE[0] in kept
    assert found.rows(HOSTILE[0], HOSTILE[1]) == [("cell 0", "cell 1")] * 2


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_hostile_columns_change_no_amount_in_any_format(sample: Sample, tmp_path: Path) -> None:
    lines = [line | dict.fromkeys((*HOSTILE, *OURS[:7], *OURS[9:]), "7") for line in sample.whole()]
    path = sample.file(tmp_path)
    if sample.name == "google-detailed-parquet":  # its writer can't quote them
        lines = [line | dict.fromkeys(OURS[:7], "7") for line in sample.whole()]
    sample.write(path, lines)
    found = opened(path, tmp_path / "spool", full=True)
    assert found is not None
    assert found.total() == sample.raw_total(sample.whole()) + sample.credits


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("name", OURS)
def test_a_column_called_as_one_of_ours_steers_nothing(kind: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / f"bill.{kind}"
    WRITERS[kind](path, [{**said, name: cell} for said, cell in zip(TWO, ("9", "true"), strict=True)])
    found = opened(path, tmp_path / "spool")
    assert found is not None
    assert (found.total(), found.lines.raw_cost, found.lines.excluded) == (
        TOTAL,
        "BilledCost",
        "NULL::VARCHAR",
    )
    assert found.rows("x_row", "x_count") == [(1, 1), (2, 1)]
    assert not found.why()


@pytest.mark.parametrize("kind", WRITERS)
def test_the_whole_job_takes_a_file_with_all_names_of_ours(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"bill.{kind}"
    names = {name.lower(): name for name in OURS}.values()
    WRITERS[kind](path, [{**said, **dict.fromkeys(names, "true")} for said in TWO])
    result = audited(path, tmp_path)
    assert (result.status, billed(result)) == ("ok", TOTAL)
    [book] = result.summary["closing"]
    assert (book["source_rows"], book["excluded_rows"], book["source_raw"]) == (2, 0, "3.75")


@pytest.mark.parametrize("name", ["x_SourceCost", "x_row", "x_text_BilledCost", "step_one", "i_7"])
def test_a_column_called_as_one_of_ours_is_kept_under_another_name(name: str, tmp_path: Path) -> None:
    as_csv(tmp_path / "bill.csv", [{**said, name: cell} for said, cell in zip(TWO, "ab", strict=True)])
    found = opened(tmp_path / "bill.csv", tmp_path / "spool", full=True)
    assert found is not None
    assert found.rows("x_file_" + name.removeprefix("x_")) == [("a",), ("b",)]


NAMES = (
    "b[1].csv",
    "b*.csv",
    "b?.csv",
    "[ab].csv",
    "b'; --.csv",
    "b{1,2}.csv",
    "b\\q.csv",
    "$HOME.csv",
    "%41.csv",
)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("within", ["bills", "bills[1]*"])
def test_a_file_name_is_no_pattern(kind: str, name: str, within: str, tmp_path: Path) -> None:
    folder = tmp_path / within
    folder.mkdir()
    for other in ("b1.csv", "bx.csv", "a.csv", "bx1.csv"):
        WRITERS[kind](folder / other, [{**TWO[0], "BilledCost": "100"}])
    if "\\" in name and within != "bills":
        pytest.skip("a wildcard and a backslash in one path: the next test")
    WRITERS[kind](folder / name, TWO)
    found = opened(folder / name, folder / "spool")
    assert found is not None
    assert found.total() == TOTAL


@pytest.mark.parametrize("kind", WRITERS)
def test_a_wildcard_and_a_backslash_in_one_name_are_refused_rather_than_misread(
    kind: str, tmp_path: Path
) -> None:
    for name, cost in (("b\\[1].csv", "1"), ("bx[1].csv", "100"), ("b\\1.csv", "100"), ("b[1].csv", "100")):
        WRITERS[kind](tmp_path / name, [{**TWO[0], "BilledCost": cost}])
    with pytest.raises(DeliveryRefused, match="No files found"):
        opened(tmp_path / "b\\[1].csv", tmp_path / "spool")


def test_a_packed_file_with_a_pattern_for_a_name_is_read(tmp_path: Path) -> None:
    packed_as_gzip(tmp_path / "b[1].csv.gz", TWO)
    found = opened(tmp_path / "b[1].csv.gz", tmp_path / "spool[1]")
    assert found is not None
    assert found.total() == TOTAL


def test_a_location_that_names_a_file_means_that_file(tmp_path: Path) -> None:
    write_bill(tmp_path / "b[1].csv", TWO)
    write_bill(tmp_path / "b1.csv", [{**TWO[0], "BilledCost": "100"}])
    assert billed(audited(tmp_path / "b[1].csv", tmp_path)) == TOTAL


def test_a_folder_with_a_pattern_for_a_name_can_stand_before_a_glob(tmp_path: Path) -> None:
    write_bill(tmp_path / "q[1]" / "in" / "b.csv", TWO)
    write_bill(tmp_path / "q1" / "in" / "b.csv", TWO)
    [found] = list_files(str(tmp_path / "q[1]" / "*" / "*.csv"))
    assert (found.name, found.key) == (str(tmp_path / "q[1]" / "in" / "b.csv"), "in/b.csv")
    assert [f.key for f in list_files(str(tmp_path / "q[2]*" / "*.csv"))] == []
    assert [f.key for f in list_files(str(tmp_path / "q?" / "in" / "*.csv"))] == ["q1/in/b.csv"]
