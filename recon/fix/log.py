"""What was done about tags, by whom, when and why, so that nobody can change it unnoticed?

One JSON line per event, each with the hash of the line before it. The same lines are the journal: a change is sent to a cloud
only after its line is on the disk. Values in it are as published: sensitive ones stand as marks.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recon.errors import InputError, LockHeld, Where
from recon.fix.wellformed import mended, well_formed

START = "0" * 64  # what stands before the first line
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Event:
    """One line. `what`: the kind (docs/fix-audit.md lists them); `subject`: what it is about: a plan's hash, a resource, a
    suggestion; `detail`: the rest, by kind."""

    n: int
    at: str
    who: str
    what: str
    subject: str
    detail: Mapping[str, Any] = field(repr=False)
    prev: str = field(default=START, repr=False)
    hash: str = field(default="", repr=False)

    def line(self) -> str:
        """The line as it stands in the file."""
        return _canonical({**self._said(), "hash": self.hash}) + "\n"

    def digest(self) -> str:
        """What `hash` must be: SHA-256 of the line without it."""
        return hashlib.sha256(_canonical(self._said()).encode()).hexdigest()

    def _said(self) -> dict[str, Any]:
        return {
            "n": self.n, "at": self.at, "who": self.who, "what": self.what, "subject": self.subject,
            "detail": self.detail, "prev": self.prev,
        }  # fmt: skip


@dataclass(frozen=True)
class News:
    """An event that is still to be written."""

    who: str
    what: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict, repr=False)


class AuditLog:
    """The log beside a store. Reading takes no lock; a line that is being written is not read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def head_path(self) -> Path:
        """Where number and hash of the newest line stand once more, so that a cut tail is found."""
        return self.path.with_name(f"{self.path.name}.head")

    def append(self, news: Sequence[News], at: datetime) -> list[Event]:
        """Write events behind the last one, on the disk when this returns. `at`: in UTC. Raises InputError, and writes nothing, where
        a text is no valid one: it would stand in the log for ever, and in nothing that is made of it."""
        if not news:
            return []
        news = [well_formed(each) for each in news]
        stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at.tzinfo else f"{at.isoformat()}Z"
        with self._locked() as file:
            last, torn = _last(file)
            if torn:  # a line that a crash cut off was never acknowledged: it goes, and that is told
                told = News("tagrecon", "log.mended", "", {"cut_sha256": hashlib.sha256(torn).hexdigest()})
                news = [told, *news]
            n, before = (last.n, last.hash) if last else (0, START)
            events = []
            for each in news:
                n += 1
                event = Event(n, stamp, each.who, each.what, each.subject, dict(each.detail), before)
                event = Event(**{**vars(event), "hash": event.digest()})
                events.append(event)
                before = event.hash
            if last is None and self.head() is None:
                self._write_head(
                    0, START
                )  # so that a kill after the very first line does not look like a lost head
            data = "".join(event.line() for event in events).encode()
            while data:  # a full disk may take a part
                data = data[os.write(file, data) :]
            os.fsync(file)
            self._write_head(n, before)
        return events

    def events(self) -> list[Event]:
        """All events in the order of the file. InputError where a line can't be read: then `prove` tells more."""
        return list(self._read())

    def readable(self) -> list[Event]:
        """The events of all lines that can be read: for a run, which must not stop because somebody spoiled the log, or wrote half a
        character into it before that was refused."""
        return [mended(event) for line in self.lines() if (event := parsed(line)) is not None]

    def newest(self) -> Event | None:
        """The last event, read from the end of the file. Raises InputError where it can't be read, or is not what was written last."""
        kept = self.head()  # read first: a line that comes after it is only newer
        try:
            with self.path.open("rb") as file:
                event, _ = _end(file.fileno())
        except FileNotFoundError:
            event = None
        if kept is not None and kept[0] > (event.n if event else 0):
            raise InputError(
                f"the end of the audit log was cut off: event {kept[0]} was written once; tagrecon fix audit --verify tells more"
            )
        return event

    def _read(self) -> Iterator[Event]:
        for number, line in enumerate(self.lines(), start=1):
            event = parsed(line)
            if event is None:
                raise InputError(
                    "is no line of an audit log; tagrecon fix audit --verify tells what happened to it",
                    Where(self.path, number),
                )
            yield event

    def lines(self) -> Iterable[bytes]:
        """The whole lines of the file; none where there is no file."""
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return []
        return text[: text.rfind(b"\n") + 1].splitlines()

    def head(self) -> tuple[int, str] | None:
        """Number and hash as the second file keeps them; None where it keeps none."""
        try:
            said = json.loads(self.head_path.read_text("utf-8"))
            return int(said["n"]), str(said["hash"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write_head(self, n: int, newest: str) -> None:
        fresh = self.head_path.with_name(f".{self.head_path.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(json.dumps({"n": n, "hash": newest}) + "\n")
        fresh.replace(self.head_path)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise InputError(f"the audit log can't be written: {error.strerror}", Where(self.path)) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


@contextmanager
def applying(path: Path) -> Iterator[None]:
    """Hold the right to apply: two that write to the clouds at once would see each other as foreign. Raises LockHeld."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockHeld(
                f"another tagrecon applies fixes now (lock {path.name}). Wait for it to end; the lock goes with its process."
            ) from error
        yield


def parsed(line: bytes) -> Event | None:
    """The event of a line; None where it is none. Its hash is not checked here."""
    try:
        said = json.loads(line)
        event = Event(**said)
    except (ValueError, TypeError):
        return None
    shapes = ((event.n, int), (event.detail, dict), (event.prev, str), (event.hash, str), (event.what, str))
    texts = (event.at, event.who, event.subject)
    fits = all(isinstance(value, kind) for value, kind in shapes) and all(isinstance(t, str) for t in texts)
    return event if fits else None


def _last(file: int) -> tuple[Event | None, bytes]:
    """The last whole line's event, and what stands behind it; the latter is cut off the file."""
    event, torn = _end(file)
    if torn:
        os.ftruncate(file, os.fstat(file).st_size - len(torn))
    return event, torn


def _end(file: int) -> tuple[Event | None, bytes]:
    """The last whole line's event, and what stands behind it."""
    size = os.fstat(file).st_size
    data, at = b"", size
    while at > 0 and data.count(b"\n") < 2:
        step = min(_CHUNK, at)
        at -= step
        data = os.pread(file, step, at) + data
    end = data.rfind(b"\n") + 1
    torn = data[end:]
    lines = data[:end].splitlines()
    if not lines:
        return None, torn
    event = parsed(lines[-1])
    if event is None:
        raise InputError("the audit log's last line can't be read; tagrecon fix audit --verify tells more")
    return event, torn


def _canonical(said: Mapping[str, Any]) -> str:
    return json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
