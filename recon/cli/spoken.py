"""What do the words on the command line mean? Instants and periods, or a sentence that refuses them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from recon.errors import InputError
from recon.hostile import shown

Periods = tuple[str, str]
_PERIOD = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))(?:\.\.(\d{4}-(?:0[1-9]|1[0-2])))?")


def instant(text: str | None) -> datetime:
    """The instant in UTC; None is the clock, without fractions of a second. InputError if it is none."""
    if text is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        said = datetime.fromisoformat(text.strip())
        return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        message = f'--now: "{shown(text, 60)}" is no instant; write it as 2026-11-03T06:00:00Z'
        raise InputError(message) from None


def until(text: str) -> datetime:
    """The instant in UTC at which something ends; a bare day ends when it is over. InputError if it is none."""
    named = text.strip()
    try:
        return instant(f"{named}T23:59:59Z" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", named) else named)
    except InputError:
        message = (
            f'--until: "{shown(text, 60)}" is no day or instant; write 2027-01-31, or 2027-01-31T18:00:00Z'
        )
        raise InputError(message) from None


def periods(text: str | None) -> Periods | None:
    """First and last billing period; None when none is asked for. InputError if it is none or runs back."""
    if text is None:
        return None
    found = _PERIOD.fullmatch(text.strip())
    if not found:
        message = f'--period: "{shown(text, 60)}" is no billing period; write 2026-10, or 2026-08..2026-10'
        raise InputError(message)
    first, last = found[1], found[2] or found[1]
    if first > last:
        raise InputError(f"--period: {first}..{last} runs backwards; write the earlier month first")
    return first, last


def within(period: str, asked: Periods | None) -> bool:
    """Whether a billing period is one of those asked for; None asks for all."""
    return asked is None or asked[0] <= period <= asked[1]
