"""How does a command end? With one of the contract's exit codes; a user's mistake never brings a traceback.

A command returns its exit code; whatever it raises instead becomes a message on stderr and a code. An
unexpected exception is our bug: it is named with its place, and shown whole only where TAGRECON_DEBUG is set.
"""

from __future__ import annotations

import errno
import functools
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ParamSpec

import typer

from recon.errors import Exit, OurBug, TagreconError
from recon.hostile import shown

P = ParamSpec("P")
_OURS = ("recon", "connectors", "reports", "configs", "cron")
_PIPE_CLOSED = 141  # what a shell expects of a command whose reader (`| head`) went away
_LONGEST = 2_000
_TALKATIVE = ("azure", "botocore", "google", "kubernetes", "urllib3")
# What a full disk, a missing right or a file in the way says: the user can mend it, so it is no bug.
_MENDABLE = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENAMETOOLONG,
    errno.EMFILE,
}


def door(command: Callable[P, int]) -> Callable[P, None]:
    """The command as Typer runs it: leaves with the returned code, or the one that its error has."""

    for library in _TALKATIVE:  # what matters of it comes as an error of ours, in words
        logging.getLogger(library).addHandler(logging.NullHandler())

    @functools.wraps(command)
    def opened(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(_code(functools.partial(command, *args, **kwargs)))

    return opened


def say(lines: Iterable[str] | str) -> None:
    """Lines on stderr, made harmless, each with our name before it."""
    for line in [lines] if isinstance(lines, str) else lines:
        typer.echo(f"tagrecon: {shown(near(line), _LONGEST)}", err=True)


def near(text: object) -> str:
    """The text with paths below the working folder as seen from there."""
    return str(text).replace(f"{Path.cwd()}{os.sep}", "")


def _code(command: Callable[[], int]) -> int:
    try:
        code = int(command())
        sys.stdout.flush()  # a reader that went away is noticed here, not while Python shuts down
        return code
    except TagreconError as stop:
        return _stopped(stop)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except OSError as refused:
        if refused.errno not in _MENDABLE:
            return _bug(refused)
        where = f"{refused.filename}: " if refused.filename else ""
        say(f"{where}{refused.strerror}. Free it, or name another place (--store, --output, --to).")
        return Exit.USER_INPUT
    except Exception as unexpected:  # noqa: BLE001  the outermost door: whatever comes here is our bug
        return _bug(unexpected)


def _stopped(stop: TagreconError) -> int:
    if isinstance(stop, OurBug):
        return _bug(stop)
    lines = str(stop).splitlines() or [type(stop).__name__]
    say(lines)
    _debug(stop)
    return stop.exit_code


def _bug(error: BaseException) -> int:
    said = " ".join(str(error).split())[:500]
    kind = "" if isinstance(error, OurBug) else f"{type(error).__name__}: "
    say(
        [
            f"this is a bug of tagrecon; nothing was published. {kind}{said} (at {_place(error)})",
            "Please report this line. TAGRECON_DEBUG=1 shows the whole traceback, which may hold tag values.",
        ]
    )
    _debug(error)
    return Exit.OUR_BUG


def _debug(error: BaseException) -> None:
    if os.environ.get("TAGRECON_DEBUG", "") not in ("", "0"):
        traceback.print_exception(error)


def _place(error: BaseException) -> str:
    """The innermost line of ours that the error passed: `recon/ledger/split.py:42`."""
    root = Path(__file__).resolve().parents[2]
    places = []
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(root) and path.relative_to(root).parts[0] in _OURS:
            places.append(f"{path.relative_to(root)}:{frame.lineno}")
    return places[-1] if places else "an unknown place"
