"""What does a unit of business cost? Files that say how many orders, users or requests an owner had in a month."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import Field

from recon.errors import InputError, InputErrors, Where
from recon.hostile import shown
from recon.money import exact
from recon.yaml_file import RelativePath, Strict, Text, not_allowed

COLUMNS = ("month", "owner", "metric", "value")


class UnitMetric(Strict):
    """A metric that statements divide by."""

    file: RelativePath = Field(
        description="CSV with the columns month, owner, metric, value: one value for each (docs/statements.md)"
    )
    metric: Text = Field(description="which metric of the file, such as orders")


@dataclass(frozen=True)
class UnitValue:
    """An owner's value of a metric in a month (YYYY-MM), and where it is written."""

    month: str
    owner: str
    metric: str
    value: Decimal
    where: Where


def read_unit_metrics(wanted: Iterable[UnitMetric]) -> list[UnitValue]:
    """The values of the metrics asked for, in the order of the files. InputErrors, with file and line, for whatever
    can't be taken as it stands: nothing of such a file is used."""
    by_file: dict[Path, list[str]] = {}
    for one in wanted:
        by_file.setdefault(one.file, []).append(one.metric)
    found: list[UnitValue] = []
    wrong: list[InputError] = []
    for path, metrics in by_file.items():
        values = _read(path, wrong)
        names = sorted({value.metric for value in values})
        for metric in metrics:
            if metric not in names:
                inside = f" in {shown(path.name, 60)}"
                wrong.append(InputError(not_allowed(metric, "metric", names, inside), Where(path)))
        found += [value for value in values if value.metric in metrics]
    if wrong:
        raise InputErrors(wrong)
    return found


def _read(path: Path, wrong: list[InputError]) -> list[UnitValue]:
    found: dict[tuple[str, str, str], UnitValue] = {}
    for line, row in _rows(path, wrong):
        where = Where(path, line)
        value = _value(row, where)
        if isinstance(value, str):
            wrong.append(InputError(value, where))
            continue
        first = found.setdefault((value.month, value.owner, value.metric), value)
        if first is not value:
            said = f"{shown(value.metric, 60)} of {shown(value.owner, 60)} in {value.month} stands in line"
            wrong.append(InputError(f"{said} {first.where.line} already; keep one of the two", where))
    return list(found.values())


def _rows(path: Path, wrong: list[InputError]) -> list[tuple[int, Mapping[str, str | None]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                text = f"lacks the columns {', '.join(missing)}; needed are {', '.join(COLUMNS)}"
                wrong.append(InputError(text, Where(path, 1)))
                return []
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        wrong.append(InputError(f"can't be read as a UTF-8 CSV of metrics: {error}", Where(path)))
        return []


def _value(row: Mapping[str, str | None], where: Where) -> UnitValue | str:
    if None in row:
        return "has more cells than the header; quote a text with a comma"
    cells = {name: (row[name] or "").strip() for name in COLUMNS}
    blank = [name for name in COLUMNS if not cells[name]]
    if blank:
        return f"says nothing for {', '.join(blank)}; every line needs all of {', '.join(COLUMNS)}"
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", cells["month"]):
        return f'month "{shown(cells["month"], 40)}" is no month; write 2026-10'
    number = exact(cells["value"])
    if number is None or number[1] or number[0] < 0:
        told = shown(cells["value"], 40)
        return f'value "{told}" is no value; a plain number of 0 or more is needed, such as 1250 or 0.5'
    return UnitValue(cells["month"], cells["owner"], cells["metric"], number[0], where)
