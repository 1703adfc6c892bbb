"""Which values does a CSV of valid values list, and on which line each?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from recon.errors import InputError, InputErrors, Where
from recon.hostile import shown
from recon.registry.model import Entry

Sourced = tuple[Entry, Where]
_OPTIONAL = ("alias", "from", "to", "retired")


def read_values(path: Path, named_at: Where) -> list[Sourced]:
    """The entries of a CSV with a header: column `value`, else the first; optional `alias`, `from`, `to`,
    `retired`. Several rows of one value give it several aliases. Other columns are the company's own.

    Raises InputError (missing, at `named_at`; not UTF-8; no rows) or InputErrors (each bad row, with line).
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f"values file {path} does not exist; check the path, or create it", named_at
        ) from None
    except OSError as problem:
        raise InputError(f"values file {path} can't be read ({problem.strerror})", named_at) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8; save the file as UTF-8", Where(path)) from None
    entries, errors = list[Sourced](), list[InputError]()
    for line, row in _rows(text, path):
        try:
            entries.append((Entry.model_validate(row), Where(path, line)))
        except ValidationError as wrong:
            errors += [
                _friendly(str(e["loc"][0]) if e["loc"] else "", e["msg"], path, line) for e in wrong.errors()
            ]
    if errors:
        raise InputErrors(errors)
    if not entries:
        raise InputError("lists no value; add at least one row under the header", Where(path))
    return entries


def _friendly(column: str, message: str, path: Path, line: int) -> InputError:
    text = message.removeprefix("Value error, ")
    return InputError(f'column "{column}": {text}' if column else text, Where(path, line))


def _rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    header_line = text.split("\n", 1)[0]
    delimiter = ";" if ";" in header_line and "," not in header_line else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().casefold() for name in next(reader, [])]
        at = header.index("value") if "value" in header else 0
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, _entry(row, header, at, Where(path, reader.line_num))
    except csv.Error as broken:
        message = f"not valid CSV: {shown(broken)}; check the quotes"
        raise InputError(message, Where(path, reader.line_num)) from None


def _entry(row: list[str], header: list[str], at: int, where: Where) -> dict[str, object]:
    if len(row) > len(header):
        message = (
            f"{len(row)} cells under {len(header)} columns; put a value that holds the separator in quotes"
        )
        raise InputError(message, where)
    by_name = dict(zip(header, row, strict=False))
    cells = {name: by_name.get(name, "").strip() for name in _OPTIONAL}
    alias = cells.pop("alias")
    return {
        "value": row[at] if at < len(row) else "",
        "aliases": [alias] if alias else [],
        **{k: v for k, v in cells.items() if v},
    }
