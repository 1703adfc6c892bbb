"""Does a file come back as it was filled in, by whatever program, and is anything in it dangerous?"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml
from reviewers import CONFLICT, item, voice

from recon.errors import InputError, InputErrors
from recon.review.answers import read_answers
from recon.review.sheet import COLUMNS, row, yaml_text
from reports.csv_tables import write_csv

HOSTILE = (
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b[0m",
    "\u202egnp.exe",
    "a\r\nb",
    "\0",
)


def written(folder: Path, kind: str, **answers: str) -> Path:
    """A queue of two items, the first of which is answered."""
    rows = [row(1, item("a1"), None), row(2, item("a2", value=None, voices=CONFLICT), None)]
    rows[0].update(answers)
    path = folder / f"queue.{kind}"
    if kind == "csv":
        return write_csv(path, COLUMNS, ([cells[name] for name in COLUMNS] for cells in rows))
    path.write_text(yaml_text(rows), encoding="utf-8", newline="\n")
    return path


@pytest.mark.parametrize("kind", ["csv", "yaml"])
def test_what_is_filled_in_comes_back_with_its_line(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind, decision="correct", value="=search", comment="two\nlines")
    [answer] = read_answers(path)
    assert (answer.action, answer.suggested, answer.word.decision) == ("a1", "payments", "correct")
    assert (answer.word.value, answer.word.comment) == ("=search", "two\nlines")
    said = path.read_text("utf-8").splitlines()[(answer.where.line or 0) - 1]
    assert "correct" in said


@pytest.mark.parametrize("kind", ["csv", "yaml"])
def test_an_export_without_an_answer_says_nothing(tmp_path: Path, kind: str) -> None:
    assert read_answers(written(tmp_path, kind)) == []


@pytest.mark.parametrize("kind", ["csv", "yaml"])
def test_a_value_without_a_decision_is_not_lost(tmp_path: Path, kind: str) -> None:
    [answer] = read_answers(written(tmp_path, kind, value="search"))
    assert answer.word.decision == ""


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_no_formula_no_escape_and_no_other_yaml(tmp_path: Path, text: str) -> None:
    own = item("a1", text, [voice("naming", text)], tags={text: text * 9})
    cells = row(1, own, None)
    path = write_csv(tmp_path / "q.csv", COLUMNS, [[cells[name] for name in COLUMNS]])
    with path.open(encoding="utf-8", newline="") as file:
        [told] = csv.DictReader(file)
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t")) for name, cell in told.items() if "cost" not in name
    )
    assert "\x1b" not in path.read_text("utf-8") and "\0" not in path.read_text("utf-8")
    assert "\u202e" not in told["says"] + told["tags"]
    [back] = yaml.safe_load(yaml_text([cells]))["items"]
    assert back["suggested"] == text
    assert all(char == "\n" or char.isprintable() for char in yaml_text([cells]))


def test_ten_megabytes_are_cut_in_what_is_read_by_people() -> None:
    own = item("a1", tags={"k" * 10_000_000: "v" * 10_000_000}, voices=[voice("naming", "x" * 10_000_000)])
    cells = row(1, own, None)
    assert len(cells["says"]) < 500 and len(cells["tags"]) < 500


def test_a_cell_of_ten_megabytes_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_text(f"action,suggested,decision\na1,x,accept\na2,{'y' * 10_000_000},accept\n")
    with pytest.raises(InputError, match=r"big\.csv:3: is no table"):
        read_answers(path)


@pytest.mark.parametrize("sign", [";", "\t"])
def test_a_table_of_another_spreadsheet_is_read(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "q.csv"
    lines = ["action,suggested,decision,value".replace(",", sign), sign.join(("a1", "a, b", "accept", ""))]
    path.write_bytes(("\ufeff" + "\r\n".join(lines)).encode())
    [answer] = read_answers(path)
    assert (answer.action, answer.suggested, answer.where.line) == ("a1", "a, b", 2)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("q.csv", b"action,decision\n", 'q.csv:1: the column "suggested" is missing'),
        ("q.csv", b"", 'q.csv:1: the column "action" is missing'),
        ("q.csv", b"action,suggested,decision\n\xff,x,accept\n", "is not UTF-8"),
        (
            "q.csv",
            b"action,suggested,decision\na1,x,accept\na1,x,reject\n",
            r"q.csv:3: .* twice \(first on line 2\)",
        ),
        ("q.csv", b'action,suggested,decision\na1,"x"y,accept\n', "q.csv:2: is no table"),
        ("q.yaml", b"schema: other\n", 'q.yaml:1: .*unknown value "other"'),
        (
            "q.yaml",
            b"schema: tagrecon.review/1\nitems: [{decision: accept}]\n",
            'q.yaml:2: "action" is missing',
        ),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, name: str, text: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(text)
    with pytest.raises((InputError, InputErrors), match=says):
        read_answers(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv: can't be read"):
        read_answers(tmp_path / "nowhere.csv")
