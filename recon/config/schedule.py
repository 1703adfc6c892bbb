"""When does what run? A wrong cron line is found here, on load, not by a night without a run."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from recon.yaml_file import Name, Strict, Text, Texts

Command = Literal[
    "run", "snapshot", "ingest", "reconcile", "report", "fix", "close", "export", "doctor", "purge"
]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("weekday", 0, 6, _WEEKDAYS),
)
_PART = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?")


def _cron(text: str) -> str:
    fields = text.split()
    if len(fields) != 5:
        raise ValueError("five cron fields are needed: minute, hour, day of month, month, weekday")
    for written, (name, low, high, names) in zip(fields, _FIELDS, strict=True):
        for part in written.split(","):
            _check_part(part, name, low, high, names)
    return " ".join(fields)


def _check_part(part: str, name: str, low: int, high: int, names: tuple[str, ...]) -> None:
    found = _PART.fullmatch(part)
    if not found:
        raise ValueError(f'"{part}" is no cron {name}; use a value, a list, a range, or a step such as */5')
    if found["step"] is not None and int(found["step"]) == 0:
        raise ValueError(f'"{part}": a step of 0 never comes; use 1 or more')
    ends = [_number(v, name, low, high, names) for v in (found["first"], found["last"]) if v is not None]
    if len(ends) == 2 and ends[0] > ends[1]:
        raise ValueError(f'"{part}": the {name} range runs backwards; write the lower end first')


def _number(value: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if value.lower() in names:
        return names.index(value.lower()) + low
    if not value.isascii() or not value.isdigit():
        allowed = f"{low}-{high}" + (f" or {', '.join(names)}" if names else "")
        raise ValueError(f'"{value}" is no {name}; allowed: {allowed}')
    if name == "weekday":
        # cron counts 0 as Sunday, APScheduler as Monday: the same line would run on two different days.
        raise ValueError(f'weekday number "{value}" means different days to different schedulers; '
                         f"use names: {', '.join(names)}")  # fmt: skip
    if not low <= int(value) <= high:
        raise ValueError(f'"{value}" is no {name}; allowed: {low}-{high}')
    return int(value)


def _timezone(name: str) -> str:
    if name != "UTC":  # always there, also where no time zone data is installed
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            message = "no such time zone; use an IANA name such as UTC or Europe/Berlin"
            raise ValueError(message) from None
    return name


class Job(Strict):
    """One scheduled command."""

    name: Name = Field(description="unique name of the job")
    cron: Annotated[Text, AfterValidator(_cron)] = Field(
        description="five cron fields; weekdays by name (mon … sun), never by number"
    )
    command: Command = Field(default="run", description="the tagrecon command to run")
    args: Texts = Field(default=(), description="its further arguments")


class Schedule(Strict):
    """What the scheduler process does."""

    timezone: Annotated[Text, AfterValidator(_timezone)] = Field(default="UTC", description="IANA time zone")
    jobs: tuple[Job, ...] = Field(default=(), description="what runs when")
