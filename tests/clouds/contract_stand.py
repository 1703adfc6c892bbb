"""What must each cloud have, so that one suite can ask them all: rows to load, faults, and what its server saw?

Listers are opened with short pauses; everything else is theirs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.live.pace import Pace
from recon.snapshot.listing import Lister
from tests.clouds.waits import Waits

Row = dict[str, Any]
HOSTILE = '=cmd|"x"\x1b[31m\u202e é 😀 \\ \x00 \' <script> --'
FOREVER = 1 << 30
MANY = range(7)


def row(account: str, region: str, type: str, id: str, name: str, container: str | None, **tags: str) -> Row:
    return {
        "account": account,
        "region": region,
        "type": type,
        "id": id,
        "name": name,
        "container": container,
        "tags": tags,
    }


def pace() -> Pace:
    return Waits().pace(patience=0.3, first=0.005, most=0.02)


class Stand(ABC):
    """One cloud and its lister. `rows`: what `load` puts there; `more`: what the cloud has besides, whatever is loaded;
    `denied`: the permission that a refused listing names."""

    name: str
    denied: str
    rows: tuple[Row, ...]
    more: tuple[Row, ...] = ()
    modules: tuple[str, ...] = ()  # of its SDK; the last is the one without which nothing goes

    @abstractmethod
    def start(self, folder: Path) -> None: ...
    @abstractmethod
    def stop(self) -> None: ...
    @abstractmethod
    def load(self, rows: Sequence[Row], page: int = 1000) -> None:
        """Also forgets what was asked and what was to go wrong."""

    @abstractmethod
    def open(self) -> Lister: ...
    @abstractmethod
    def environment(self) -> Mapping[str, str]: ...
    @abstractmethod
    def break_(self, how: str, left: int = 1, after: int = 0) -> None:
        """The requests that list are throttled, denied, reset or answered with garbage `left` times, after `after` of
        them went well."""

    @property
    @abstractmethod
    def asked(self) -> int: ...
    @property
    @abstractmethod
    def wrote(self) -> list[str]: ...
