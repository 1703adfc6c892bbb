"""Who used how much of something? A metric file: requests, CPU hours, seats, by month or day."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Protocol

from recon.allocation.split_model import Usage
from recon.allocation.values import is_day
from recon.errors import InputError, Where
from recon.hostile import shown
from recon.money import exact
from recon.yaml_file import not_allowed

_NEEDED = ("target", "metric", "value")


@dataclass
class UsageFile:
    """One file as read: metric → month or day → account → value; everything wrong with it in `errors`."""

    path: Path
    digest: str = ""
    by_day: bool = False
    metrics: dict[str, dict[str, dict[str, Decimal]]] = field(default_factory=dict)
    errors: list[InputError] = field(default_factory=list)

    def usage(self, metric: str) -> Usage | str:
        """The metric's values, or the sentence that there is no such metric."""
        if metric not in self.metrics:
            return not_allowed(metric, "metric", sorted(self.metrics), f" in {self.path.name}")
        return Usage(metric, self.metrics[metric], self.digest)


def read_usage(path: Path, account_of: Callable[[str], str | None], hint: Callable[[str], str]) -> UsageFile:
    """The CSV at `path`: columns `date` or `month`, `target`, `metric`, `value`; lines of the same day, target and
    metric add up. `account_of`: a written target's account, None where there is none; `hint`: what to say then."""
    found = UsageFile(path)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except FileNotFoundError:
        found.errors.append(InputError("no such file; check the path, or create it", Where(path)))
        return found
    except (OSError, UnicodeDecodeError):
        found.errors.append(InputError("can't be read as UTF-8 text; save it as CSV in UTF-8", Where(path)))
        return found
    found.digest = hashlib.sha256(raw).hexdigest()
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        _read(reader, found, account_of, hint)
    except csv.Error as bad:
        message = f"can't be read as CSV here ({bad}); look for a quotation mark that nothing closes"
        found.errors.append(InputError(message, Where(path, reader.line_num)))
    return found


class _Lines(Protocol):
    """A CSV reader."""

    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


def _read(
    reader: _Lines, found: UsageFile, account_of: Callable[[str], str | None], hint: Callable[[str], str]
) -> None:
    path = found.path
    header = [name.strip().lower() for name in next(reader, [])]
    times = [name for name in ("date", "month") if name in header]
    missing = [name for name in _NEEDED if name not in header]
    if missing or len(times) != 1 or len(set(header)) < len(header):
        message = "the columns target, metric, value, and either date or month, are needed once each in the first line"
        found.errors.append(InputError(message, Where(path, 1)))
        return
    found.by_day = times == ["date"]
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        where = Where(path, reader.line_num)
        if len(cells) != len(header):
            message = f"{len(cells)} cells stand here, {len(header)} are needed"
            found.errors.append(InputError(message, where))
            continue
        row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        account = account_of(row["target"])
        problem = _problem(row, times[0]) or (hint(row["target"]) if account is None else None)
        if problem or account is None:
            found.errors.append(InputError(problem or "", where))
            continue
        kept = found.metrics.setdefault(row["metric"], {}).setdefault(row[times[0]], {})
        with localcontext(prec=100):
            kept[account] = kept.get(account, Decimal(0)) + _number(row["value"])


def _number(text: str) -> Decimal:
    found = exact(text)
    return found[0] if found else Decimal(0)


def _problem(row: dict[str, str], time: str) -> str | None:
    when, value = row[time], exact(row["value"])
    if time == "month" and not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", when):
        return f'"{shown(when)}" is no month; write YYYY-MM'
    if time == "date" and not is_day(when):
        return f'"{shown(when)}" is no day; write YYYY-MM-DD'
    if not row["metric"]:
        return "the metric is blank; name it"
    if value is None or value[0] < 0 or value[1] or not row["value"].isascii():
        return f'"{shown(row["value"])}" is no value; a plain number of 0 or more is needed, such as 1250.5'
    return None
