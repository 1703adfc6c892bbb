"""What can stop a run, and the exit code each cause has.

Bad news about the user's estate is never an exception: it is a finding, a gap or a quarantined row.
An exception means *stop*:

    TagreconError
    ├── InputError            the user's configuration, registry, rules or arguments are wrong     exit 2
    │     └── InputErrors     several of them, collected, each with file and line
    ├── DeliveryRefused       one bill or inventory file can't be used: becomes a finding, the run goes on
    ├── Unreachable           a place where bills lie can't be seen: becomes a gap, the run goes on    exit 3
    ├── LockHeld              another run holds the lock                                           exit 5
    └── OurBug                an invariant of ours broke (books that don't close, lost rows)       exit 4

A message says what, where, what is allowed and what to do next.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path


class Exit(IntEnum):
    """Exit codes of the command line; where several apply the first of 4, 2, 5, 1, 3, 0 wins."""

    DONE = 0
    GATE_MISSED = 1
    USER_INPUT = 2
    PARTIAL = 3
    OUR_BUG = 4
    LOCKED = 5


class TagreconError(Exception):
    """Base of every error that ends a command; `exit_code` is what the shell sees."""

    exit_code = Exit.OUR_BUG


@dataclass(frozen=True)
class Where:
    """A place in a file that the user wrote: `path:line`; line None when the file as a whole is meant."""

    path: Path
    line: int | None = None

    def __str__(self) -> str:
        return str(self.path) if self.line is None else f"{self.path}:{self.line}"


class InputError(TagreconError):
    """The user's input is wrong. `where` names file and line where there is one."""

    exit_code = Exit.USER_INPUT

    def __init__(self, message: str, where: Where | None = None) -> None:
        self.where = where
        super().__init__(f"{where}: {message}" if where else message)


class InputErrors(InputError):
    """All that is wrong with one file, so that a user mends it in one go."""

    def __init__(self, errors: list[InputError]) -> None:
        self.errors = errors
        TagreconError.__init__(self, "\n".join(str(e) for e in errors))
        self.where = errors[0].where if errors else None


class DeliveryRefused(TagreconError):
    """One delivered file can't be used; the caller records a finding and goes on with the others."""

    exit_code = Exit.PARTIAL

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


class Unreachable(TagreconError):
    """Something configured could not be seen: the caller records a gap and goes on with the others.

    `what`: the URL; `reason`: a sentence; `permission`: what the identity that runs tagrecon needs, None
    where no permission would help; `kind`: the gap's kind (denied, missing, throttled, unreadable, too-large).
    """

    exit_code = Exit.PARTIAL

    def __init__(
        self, what: str, reason: str, permission: str | None = None, kind: str = "unreadable"
    ) -> None:
        self.what, self.reason, self.permission, self.kind = what, reason, permission, kind
        needs = f" It needs {permission}." if permission else ""
        super().__init__(f"{what}: {reason}.{needs}")


class LockHeld(TagreconError):
    """Another run of tagrecon works on the same store."""

    exit_code = Exit.LOCKED


class OurBug(TagreconError):
    """An invariant of tagrecon broke; nothing is published."""
