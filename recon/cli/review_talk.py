"""How is a reviewer asked, item by item? One letter and Enter; every decision stands in the log before the next item is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from recon.cli.paper import cell, console
from recon.cli.review_text import print_item
from recon.errors import InputError
from recon.hostile import shown

if TYPE_CHECKING:
    from rich.console import Console

    from recon.review.deciding import Word
    from recon.review.queue import Item
    from recon.run.fixing.reviewing import Queue

Say = Callable[["Item", "Word"], bool]
_KEYS = {"a": "accept", "r": "reject", "c": "correct", "d": "defer"}
_ASK = "[a]ccept [r]eject [c]orrect [d]efer [s]kip [q]uit"


class _Quit(Exception):
    """The reviewer wants to stop, or the input has ended."""


def talk(queue: Queue, by: str, say: Say, adjudicate: bool) -> None:
    """Go through what waits. `say` takes one decision; what it refuses is shown, and asked again."""
    out = console()
    if not queue.waiting:
        out.print("Nothing waits for a decision of yours.")
        return
    out.print(cell(f"{len(queue.waiting)} suggestions; you decide as {by}", "bold"))
    taken = 0
    try:
        for n, item in enumerate(queue.waiting, 1):
            print_item(out, n, len(queue.waiting), item, queue.matters.get(item.id), adjudicate)
            taken += _one(out, item, say)
    except _Quit:
        pass
    out.print(cell(f"{taken} decided; tagrecon fix plan takes them in", "bold"))


def _one(out: Console, item: Item, say: Say) -> int:
    while True:
        key = _line(out, _ASK)[:1].casefold()
        if key == "s":
            return 0
        if key == "q":
            raise _Quit
        if key not in _KEYS:
            out.print(cell("one of a, r, c, d, s, q, then Enter", "yellow"))
            continue
        try:
            return int(say(item, _word(out, item, _KEYS[key])))
        except InputError as refused:
            out.print(cell(str(refused), "red", limit=600))


def _word(out: Console, item: Item, decision: str) -> Word:
    from recon.review.deciding import Word

    value = until = ""
    if decision == "correct":
        value = _line(out, f"which value is right for {shown(item.key, 40)}?")
    elif decision == "defer":
        until = _line(out, "until which day (YYYY-MM-DD)?")
    elif item.conflict:
        value = _chosen(item, _line(out, "which one? its number"))
    comment = _line(out, "why? (Enter: nothing to say)")
    return Word(decision, value, until, comment)


def _chosen(item: Item, text: str) -> str:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(item.values):
        return item.values[int(text) - 1]
    return text


def _line(out: Console, question: str) -> str:
    """One line of the reviewer's; raises _Quit where there is no more."""
    out.print(cell(f"{question} > ", "bold", limit=400), end="")
    sys.stdout.flush()
    try:
        text = sys.stdin.readline()
    except KeyboardInterrupt:
        text = ""
    if not text:
        out.print()
        raise _Quit
    return text.strip()
