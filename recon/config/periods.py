"""How long is "13 months", counted back from a day?"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema

from recon.yaml_file import Strict

_WRITTEN = re.compile(r"([1-9]\d{0,3}) *(day|week|month|year)s?")


class Duration(Strict):
    """A whole number of calendar units."""

    count: int
    unit: Literal["day", "week", "month", "year"]

    def before(self, day: dt.date) -> dt.date:
        """The day this long before `day`; the last day of the month where the month is shorter."""
        if self.unit in ("day", "week"):
            return day - dt.timedelta(days=self.count * (7 if self.unit == "week" else 1))
        months = day.year * 12 + day.month - 1 - self.count * (12 if self.unit == "year" else 1)
        year, month = divmod(months, 12)
        return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _parsed(value: Any) -> Any:
    if isinstance(value, Duration):
        return value
    found = _WRITTEN.fullmatch(str(value).strip())
    if not found:
        raise ValueError('a duration is needed, such as "90 days" or "13 months"')
    return Duration(count=int(found[1]), unit=found[2])  # type: ignore[arg-type]


DurationText = Annotated[
    Duration, BeforeValidator(_parsed), WithJsonSchema({"type": "string", "pattern": f"^{_WRITTEN.pattern}$"})
]
