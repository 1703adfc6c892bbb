"""What does one check say?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Check:
    """One thing looked at. `wrong` stops a run or makes it partial, `note` is worth knowing, `next` says what
    to do."""

    name: str
    state: State
    says: str
    next: str = ""
