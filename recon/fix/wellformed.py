"""Is every text of an event one that can be written as UTF-8? Half a character (a lone surrogate) is not.

The log keeps it as ASCII, but no store, report or file takes it: one such line would stop every run that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from recon.errors import InputError

if TYPE_CHECKING:
    from recon.fix.log import Event, News

_HALF = re.compile(r"[\ud800-\udfff]")
_FROM_CLOUDS = (
    "reason",
    "permission",
    "request",
)  # what a cloud answered must be kept, however it is written


def well_formed(news: News) -> News:
    """The news, where all its texts are valid. Raises InputError naming the first that is not; what a cloud said is mended."""
    detail = {name: _mended(value) if name in _FROM_CLOUDS else value for name, value in news.detail.items()}
    texts = {
        "the name that signs": news.who,
        "what it is about": news.subject,
        "the kind of event": news.what,
        **detail,
    }
    for name, value in texts.items():
        if _broken([name, value]):
            raise InputError(
                f"{_mended(name)} is no valid text (UTF-8), and nothing was written: it holds half a character, "
                "as when bytes of another encoding are taken for UTF-8. Write it in UTF-8"
            )
    return replace(news, detail=detail)


def mended(event: Event) -> Event:
    """The event with U+FFFD for each half a character; its hash stays that of the log."""
    return replace(
        event, who=_mended(event.who), subject=_mended(event.subject), what=_mended(event.what), detail=_mended(event.detail)
    )  # fmt: skip


def _broken(value: Any) -> bool:
    if isinstance(value, str):
        return not value.isascii() and bool(_HALF.search(value))
    if isinstance(value, Mapping):
        return any(_broken(name) or _broken(each) for name, each in value.items())
    return isinstance(value, list | tuple) and any(map(_broken, value))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else _HALF.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, Mapping):
        return {_mended(name): _mended(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(each) for each in value]
    return value
