"""What does a delivery's manifest say: which files are its parts, and which delivery is the newest?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Manifest:
    """One manifest as it was read.

    key       where it lies (path inside the location)
    series    which export x billing period it describes: manifests of one series compete, the newest wins
    delivery  assembly, execution or run id
    files     paths of its data files, as the manifest writes them
    rows      rows promised, where it says
    written   the instant that the manifest itself gives, empty where none
    view      `billed` or `effective` where it says actual or amortized
    """

    key: str
    series: str
    delivery: str
    files: tuple[str, ...]
    rows: int | None = None
    written: str = ""
    view: str | None = None
