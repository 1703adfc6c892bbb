"""Where does the copy of a trial lie, and who clears it away? A private folder that goes with its process.

The folder's name says the process, a lock on the folder lasts as long as that lives: what a killed process left is told
from what one of another container uses, and the next trial removes it.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_NAME = re.compile(r"tagrecon-whatif-([0-9]{1,10})-.+")
_ENDED = 128 + signal.SIGTERM  # what a shell expects of a command that SIGTERM ended


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for this process' eyes only, gone when the block ends, also where SIGTERM ends it (exit code 143)."""
    sweep_left()
    with _terminable(), tempfile.TemporaryDirectory(prefix=f"tagrecon-whatif-{os.getpid()}-") as name:
        held = os.open(name, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(held)


def sweep_left() -> None:
    """Remove the folders that killed trials of this user left in the folder for temporary files."""
    for path in sorted(Path(tempfile.gettempdir()).glob("tagrecon-whatif-*")):
        name = _NAME.fullmatch(path.name)
        if name and not _lives(int(name[1])):
            _remove(path)


def _remove(path: Path) -> None:
    try:
        held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return  # not ours to open, no folder, or gone meanwhile
    try:
        if os.fstat(held).st_uid == os.getuid():
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
    except BlockingIOError:
        pass  # a process that we can't see uses it
    finally:
        os.close(held)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return True


@contextmanager
def _terminable() -> Iterator[None]:
    """Within the block SIGTERM ends the process as an exception does, so that everything is cleared away."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may change handlers
        return
    told = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal told
        told = True
        raise SystemExit(_ENDED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except BaseException:
        if told:  # the database wraps what interrupts it
            raise SystemExit(_ENDED) from None
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
