"""What did a reviewer write into an exported file? Read strictly, with file and line; lines without a decision say nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from recon.errors import InputError, InputErrors, Where
from recon.review.deciding import Word
from recon.review.sheet import ANSWERS
from recon.yaml_file import Strict, Text, load_yaml, validate

_NEEDED = ("action", "suggested", "decision")
_LARGEST = 64_000_000  # bytes

_LONGEST = 100_000  # characters of a cell


def _blank(value: object) -> object:
    return "" if value is None else value


OrBlank = Annotated[Text, BeforeValidator(_blank)]


class _Row(Strict):
    model_config = ConfigDict(extra="ignore")

    action: Text
    suggested: OrBlank = ""
    decision: OrBlank = ""
    value: OrBlank = ""
    until: OrBlank = ""
    comment: OrBlank = ""


class _Sheet(Strict):
    sheet_schema: Literal["tagrecon.review/1"] = Field(alias="schema")
    items: tuple[_Row, ...] = ()


@dataclass(frozen=True)
class Answer:
    """One filled-in line. `suggested`: what stood there as the suggestion; `guarded`: texts went through a table, where a leading
    apostrophe guards against formulas."""

    where: Where
    action: str
    suggested: str = field(repr=False)
    word: Word = field(repr=False)
    guarded: bool = False


def read_answers(path: Path) -> list[Answer]:
    """The lines with a decision. `.csv` is a table, anything else YAML. Raises InputError or InputErrors."""
    answers = list(_of_csv(path) if path.suffix.casefold() == ".csv" else _of_yaml(path))
    seen: dict[str, Where] = {}
    wrongs = []
    for each in answers:
        if each.action in seen:
            wrongs.append(
                InputError(
                    f"this action stands here twice (first on line {seen[each.action].line}); keep one",
                    each.where,
                )
            )
        seen.setdefault(each.action, each.where)
    if wrongs:
        raise InputErrors(wrongs)
    return answers


def _of_yaml(path: Path) -> Iterator[Answer]:
    located = load_yaml(path)
    sheet = validate(_Sheet, located)
    for n, row in enumerate(sheet.items):
        word = Word(row.decision, row.value, row.until, row.comment)
        where = located.where(("items", n, "decision"))
        if _filled(word):
            yield Answer(where, row.action, row.suggested, word)


def _of_csv(path: Path) -> Iterator[Answer]:
    text = _text(path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        for name in _NEEDED:
            if name not in names:
                raise InputError(
                    f'the column "{name}" is missing; export the queue again: tagrecon fix review --export {path.name}',
                    Where(path, 1),
                )
        line = reader.line_num + 1
        for cells in reader:
            where, line = Where(path, line), reader.line_num + 1
            if any(len(cell) > _LONGEST for cell in cells):  # csv's own limit belongs to the whole process
                raise InputError("is no table (a cell holds too much); export the queue again", where)
            if any(cells):
                yield from _row(dict(zip(names, cells, strict=False)), where)
    except csv.Error as wrong:
        raise InputError(
            f"is no table ({wrong}); export the queue again", Where(path, reader.line_num)
        ) from None


def _row(cells: dict[str, str], where: Where) -> Iterator[Answer]:
    word = Word(*(_unguarded(cells.get(name, "")) for name in ANSWERS))
    if _filled(word):
        yield Answer(where, cells.get("action", "").strip(), cells.get("suggested", ""), word, guarded=True)


def _filled(word: Word) -> bool:
    """Whether anything is said; a value without a decision is an answer too, and a wrong one: else it would be lost."""
    return any(text.strip() for text in (word.decision, word.value, word.until, word.comment))


def _unguarded(text: str) -> str:
    """The text without the apostrophe that keeps a spreadsheet from executing it."""
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text


def _delimiter(text: str) -> str:
    """Spreadsheets of some countries write `;`."""
    head = text.split("\n", 1)[0]
    return max(",;\t", key=lambda sign: (head.count(sign), sign == ","))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"has more than {_LARGEST:,} bytes; import it in parts", Where(path))
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("is not UTF-8; save it as CSV UTF-8", Where(path)) from None
    except OSError as problem:
        raise InputError(f"can't be read ({problem.strerror}); check the path", Where(path)) from None
