"""A FOCUS file says the same as JSON lines, as a JSON array, and as CSV."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recon.errors import DeliveryRefused
from tests.connectors.bill.odd_files import TOTAL, TWO, audited, billed, gaps, opened
from tests.connectors.samples import as_csv

Lines = Sequence[Mapping[str, Any]]
TAGGED = [
    {**line, "Tags": {"cost-center": "search", "n": "1"}, "x_Note": 'a "b" \\ é', "x_None": None}
    for line in TWO
]


def as_numbers(lines: Lines) -> Lines:
    return [{**line, "BilledCost": float(line["BilledCost"])} for line in lines]


def tags_as_text(lines: Lines) -> Lines:
    return [{**line, "Tags": json.dumps(line["Tags"])} for line in lines]


def jsonl(lines: Lines) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def array(lines: Lines) -> bytes:
    return json.dumps(list(lines)).encode()


def pretty(lines: Lines) -> bytes:
    return ("\n " + json.dumps(list(lines), indent=2, ensure_ascii=False) + "\n").encode()


def packed(lines: Lines) -> bytes:
    return gzip.compress(pretty(lines))


@pytest.mark.parametrize("cells", [list, as_numbers, tags_as_text])
@pytest.mark.parametrize("layout", [jsonl, array, pretty, packed])
def test_json_says_what_the_csv_says(
    cells: Callable[[Lines], Lines], layout: Callable[[Lines], bytes], tmp_path: Path
) -> None:
    as_csv(tmp_path / "bill.csv", TAGGED)
    (tmp_path / "bill.json").write_bytes(layout(cells(TAGGED)))
    told = []
    for name in ("bill.csv", "bill.json"):
        found = opened(tmp_path / name, tmp_path / "spool", full=True)
        assert found is not None
        assert found.total() == TOTAL
        assert not found.why()
        columns = ("BilledCost", "EffectiveCost", "ChargePeriodStart", "ResourceId", "x_Note", "x_row")
        told.append(
            [
                (*row, json.loads(tags))
                for row, (tags,) in zip(found.rows(*columns), found.rows("Tags"), strict=True)
            ]
        )
    assert told[0] == told[1]


def test_null_is_null(tmp_path: Path) -> None:
    (tmp_path / "bill.jsonl").write_bytes(jsonl(TAGGED))
    found = opened(tmp_path / "bill.jsonl", tmp_path / "spool", full=True)
    assert found is not None
    assert found.rows("x_None") == [(None,), (None,)]


@pytest.mark.parametrize("layout", [jsonl, array])
def test_the_whole_job_reads_them(layout: Callable[[Lines], bytes], tmp_path: Path) -> None:
    (tmp_path / "bill.json").write_bytes(layout(TAGGED))
    result = audited(tmp_path / "bill.json", tmp_path)
    assert (result.status, billed(result)) == ("ok", TOTAL)
    assert [v["verdict"] for v in result.summary["verdicts"]] == ["ok"]


def test_a_json_array_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bill.json").write_bytes(pretty(TAGGED)[:-20])
    result = audited(tmp_path / "bill.json", tmp_path)
    assert result.status == "partial"
    assert any("JSON" in reason for reason in gaps(result))


def test_an_array_with_something_else_among_its_rows_sets_that_aside(tmp_path: Path) -> None:
    (tmp_path / "bill.json").write_bytes(json.dumps([*TAGGED, 7, TAGGED[0]]).encode())
    found = opened(tmp_path / "bill.json", tmp_path / "spool")
    assert found is not None
    assert found.total() == TOTAL + Decimal("1.25")
    assert [(row, reason) for row, reason, _ in found.lines.rejected] == [(3, "line is not a JSON object")]


def test_rows_in_the_array_of_a_larger_file_are_all_read(tmp_path: Path) -> None:
    many = [{**TAGGED[0], "x_Pad": "p" * 1000} for _ in range(1500)]
    (tmp_path / "bill.json").write_bytes(pretty(many))
    found = opened(tmp_path / "bill.json", tmp_path / "spool")
    assert found is not None
    assert found.total() == Decimal("1.25") * 1500


@pytest.mark.parametrize("layout", [jsonl, array])
def test_a_key_that_comes_late_is_a_column(layout: Callable[[Lines], bytes], tmp_path: Path) -> None:
    """Writers leave out what is null: the first tag may stand behind the first megabyte."""
    bare = {key: cell for key, cell in TAGGED[0].items() if key != "Tags"}
    many = [{**bare, "x_Pad": "p" * 1000} for _ in range(1500)]
    (tmp_path / "bill.json").write_bytes(layout([*many, {**TAGGED[1], "x_Late": "yes"}]))
    found = opened(tmp_path / "bill.json", tmp_path / "spool", full=True)
    assert found is not None
    [*_, (tags, late)] = found.rows("Tags", "x_Late")
    assert (json.loads(tags)["cost-center"], late) == ("search", "yes")


def test_keys_that_sql_can_t_tell_apart_are_named(tmp_path: Path) -> None:
    (tmp_path / "bill.jsonl").write_bytes(jsonl([{**line, "x_team": "a", "x_Team": "b"} for line in TAGGED]))
    with pytest.raises(DeliveryRefused, match="two columns that mean"):
        opened(tmp_path / "bill.jsonl", tmp_path / "spool")
