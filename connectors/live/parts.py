"""What of a listing is on the disk already, so that one that was killed goes on where it stopped?

A folder per source: `begun.json` says when the listing began and of what; each unit that was listed to its end has
a part (JSON lines, packed) and a note. The note is written last: a part without one is listed again. Tag values
stand there as they are, so that only the owner may read the folder; it goes when the store that took it in is
published.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from recon.snapshot.listing import Resource, Unit, Unseen

_PACKING = 1  # of 9: a night's listing is read once
_FIELDS = ("provider", "account", "region", "type", "id", "name", "container")


@dataclass(frozen=True)
class Note:
    """What is known of a unit that was listed: its rows, what of it could not be seen, and whether resources
    without tags are among them."""

    rows: int
    unseen: tuple[Unseen, ...]
    untagged: bool


@dataclass(frozen=True)
class Parts:
    """The parts of one source's listing."""

    folder: Path

    def begin(self, mark: str, now: datetime, keep: timedelta) -> datetime:
        """When the listing began: now, or earlier, when one of the same `mark` (whatever decides what is listed)
        lies here that is not older than `keep`. Anything else that lies here goes."""
        note = self.folder / "begun.json"
        try:
            said = json.loads(note.read_text("utf-8"))
            began = datetime.fromisoformat(said["at"])
            if said["mark"] == mark and timedelta() <= now - began <= keep:
                return began
        except (OSError, ValueError, KeyError, TypeError):
            pass
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)
        _write(note, {"mark": mark, "at": now.isoformat()})
        return now

    def path(self, unit: Unit) -> Path:
        """Where the unit's rows lie."""
        name = hashlib.sha256(unit.key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return self.folder / f"{name}.jsonl.gz"

    def note(self, unit: Unit) -> Note | None:
        """What was noted when the unit was listed to its end, None where it was not."""
        try:
            said = json.loads(self._note(unit).read_text("utf-8"))
            return Note(said["rows"], tuple(Unseen(**u) for u in said["unseen"]), said["untagged"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, unit: Unit, found: Iterator[Resource | Unseen]) -> tuple[int, tuple[Unseen, ...]]:
        """Write the unit's rows as they come; the unit counts as listed only after `done`."""
        rows, unseen = 0, []
        descriptor = os.open(self.path(unit), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as raw, gzip.GzipFile("", "wb", _PACKING, raw, mtime=0) as file:
            for each in found:
                if isinstance(each, Unseen):
                    unseen.append(each)
                else:
                    file.write(_line(each))
                    rows += 1
        return rows, tuple(unseen)

    def done(self, unit: Unit, note: Note) -> None:
        """The unit was listed to its end."""
        said = {"rows": note.rows, "unseen": [asdict(u) for u in note.unseen], "untagged": note.untagged}
        _write(self._note(unit), said)

    def _note(self, unit: Unit) -> Path:
        return self.path(unit).with_suffix(".json")


def _line(resource: Resource) -> bytes:
    row: dict[str, Any] = {name: getattr(resource, name) for name in _FIELDS}
    row["tags"], row["also"] = dict(resource.tags), list(resource.also)
    # half a surrogate pair is no text that any store takes: it becomes a question mark, on that value alone
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def _write(path: Path, said: dict[str, Any]) -> None:
    fresh = path.with_name(f"{path.name}.part")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(said, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
