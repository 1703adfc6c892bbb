"""Which export table does a `bigquery://` location name, and under which limits is it read?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from urllib.parse import parse_qsl

from recon.errors import InputError
from recon.hostile import shown

LOOKBACK_DAYS, MAX_GB = 40, Decimal(50)
# A table name can't be a query parameter: it is held to these letters and back-ticked.
_TABLE = re.compile(r"[A-Za-z0-9_.:-]+")
_PROJECT = re.compile(r"[A-Za-z0-9.:-]+")
_OPTIONS = ("lookback_days", "max_gb", "job_project", "location")


@dataclass(frozen=True)
class BigQueryAddress:
    """`max_bytes`: what one query may bill at most; `job_project`: who pays for it; `region`: the dataset's
    location where BigQuery should not find it out."""

    project: str
    dataset: str
    table: str
    lookback: timedelta = timedelta(days=LOOKBACK_DAYS)
    max_bytes: int = int(MAX_GB * 10**9)
    job_project: str = ""
    region: str | None = None

    @property
    def id(self) -> str:
        return f"{self.project}.{self.dataset}.{self.table}"

    @property
    def url(self) -> str:
        return f"bigquery://{self.id}"


def bigquery_address(location: str) -> BigQueryAddress:
    """The parts of `bigquery://project.dataset.table?lookback_days=40&max_gb=50&job_project=…&location=EU`.
    Raises InputError."""
    table, _, query = location.removeprefix("bigquery://").partition("?")
    parts = table.rsplit(".", 2)
    if not _TABLE.fullmatch(table) or len(parts) != 3 or not all(parts):
        raise InputError(
            f'location "{shown(location)}" names no table. Write bigquery://project.dataset.table '
            "(letters, digits and _ . : - only)"
        )
    options = _options(query, location)
    days = _number(options, "lookback_days", Decimal(LOOKBACK_DAYS), whole=True)
    gigabytes = _number(options, "max_gb", MAX_GB)
    payer = options.get("job_project", parts[0])
    if not _PROJECT.fullmatch(payer):
        raise InputError(f'location "{shown(location)}": job_project is no name of a project')
    return BigQueryAddress(
        parts[0],
        parts[1],
        parts[2],
        timedelta(days=int(days)),
        int(gigabytes * 10**9),
        payer,
        options.get("location"),
    )


def month_start(month: str) -> datetime | None:
    """Midnight of the first day of an invoice month `YYYYMM` (no zone, as partitions are); None for what is
    no month."""
    try:
        return datetime.strptime(month, "%Y%m") if re.fullmatch(r"\d{6}", month) else None
    except ValueError:
        return None


def _options(query: str, location: str) -> Mapping[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options.keys() - set(_OPTIONS):
        close = get_close_matches(name, _OPTIONS, 1)
        meant = f" Did you mean {close[0]}?" if close else ""
        raise InputError(
            f'location "{shown(location)}" has an unknown option {shown(name, 40)}.{meant} '
            f"Allowed: {', '.join(_OPTIONS)}"
        )
    return options


def _number(options: Mapping[str, str], name: str, default: Decimal, whole: bool = False) -> Decimal:
    text = options.get(name)
    if text is None:
        return default
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or not 0 < number <= 1_000_000 or (whole and number % 1):
        kind = "whole number" if whole else "number"
        raise InputError(f"{name}={shown(text, 40)}: a {kind} above 0 is expected, such as {name}={default}")
    return number
