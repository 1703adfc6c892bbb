"""Was the audit log changed after it was written: a line edited, removed, added, moved, or the end cut off?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recon.fix.log import START, AuditLog, parsed

_MOST = 50  # problems that are named; a log that was edited at its beginning breaks everywhere after it


@dataclass(frozen=True)
class Proof:
    """`events` whole lines, the newest with `head`; `problems`: what is wrong, in the order of the file."""

    events: int
    head: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.problems


def prove(log: AuditLog, expected: str | None = None, known: Iterable[tuple[int, str]] = ()) -> Proof:
    """Every hash, every link, every number, and the kept heads. `expected`: a head that was noted elsewhere ("12:ab34…" or its
    hash alone): its line must be there. `known`: numbers and hashes that a store has taken in."""
    problems: list[str] = []
    hashes: dict[int, str] = {}
    before, number = START, 0
    stamps: set[str] = set()
    for at, line in enumerate(log.lines(), start=1):
        event = parsed(line)
        if event is None:
            problems.append(f"line {at} is no event: it was edited, or written by something else")
            continue
        if event.digest() != event.hash:
            problems.append(f"line {at} (event {event.n}) was edited: its hash does not fit its text")
        elif event.line().encode() != line + b"\n":
            problems.append(
                f"line {at} (event {event.n}) was edited: it is written otherwise than tagrecon does"
            )
        if event.n != number + 1:
            problems.append(f"line {at}: event {event.n} stands where event {number + 1} should")
        elif event.prev != before:
            problems.append(f"line {at} (event {event.n}) does not follow the line before it")
        number, before = event.n, event.hash
        hashes[event.n] = event.hash
        stamps.add(event.at)
    problems += _heads(log, hashes, number, len(stamps) <= 1)
    problems += [
        f"event {n}, which the store has taken in, is not the log's (any more)"
        for n, digest in known
        if hashes.get(n) != digest
    ]
    if expected is not None and not _contains(hashes, expected):
        problems.append(
            "the head that was noted elsewhere is none of the log's: its end was cut, or it was written anew"
        )
    return Proof(len(hashes), f"{number}:{before}" if hashes else "0", tuple(problems[:_MOST]))


def _heads(log: AuditLog, hashes: dict[int, str], newest: int, first: bool) -> list[str]:
    """What the kept head says against the log. `first`: all of it was written at once."""
    head = log.head()
    if head is None:
        return ["the file that keeps the newest number and hash is gone"] if hashes else []
    n, digest = head
    if (n, digest) == (0, START):  # a kill between the very first lines and their head
        return [] if first else ["the file that keeps the newest number and hash is that of an empty log"]
    if n > newest:
        return [f"the end was cut off: event {n} was written once, the log ends with event {newest}"]
    # a kill between the line and the head leaves the head behind; it must still be one of the log's
    return (
        [] if hashes.get(n) == digest else [f"event {n} is not the one that was written (its hash differs)"]
    )


def _contains(hashes: dict[int, str], expected: str) -> bool:
    number, _, digest = expected.strip().rpartition(":")
    if number:
        return number.isdigit() and hashes.get(int(number)) == digest
    return digest in hashes.values()
