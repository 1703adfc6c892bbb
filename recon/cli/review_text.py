"""How do the review queue, one item of it, and the figures about reviewers look in a terminal?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from recon.cli.commands.fixing.common import tail
from recon.cli.paper import cell, console, table
from recon.hostile import shown
from reports import words

if TYPE_CHECKING:
    from recon.review.matters import Matter
    from recon.review.queue import Candidate, Item
    from recon.run.fixing.reviewing import Queue, Stats

_TAGS = 12  # tags of a resource that are shown
_NARROW = 100  # columns of a terminal below which the table leaves out what the item itself tells


def print_queue(queue: Queue, top: int) -> None:
    """The first rows, and how many more there are."""
    out = console()
    if not queue.waiting:
        out.print("Nothing waits for a decision.")
        return
    wide = out.width >= _NARROW
    names = ["", "At stake", "Sure", "Resource", "Key", "Suggested", *(["Waits for"] if wide else [])]
    rows: list[list[str | Text]] = []
    for n, item in enumerate(queue.waiting[:top], 1):
        cells: list[str | Text] = [
            str(n), _stake(item), _sure(item), cell(tail(item.resource_id, 44 if wide else 22)), cell(item.key, limit=30),
            cell(item.suggested, "yellow" if item.conflict else "", limit=60),
        ]  # fmt: skip
        rows.append([*cells, *([cell(_waits(item, queue.matters.get(item.id)))] if wide else [])])
    out.print(table("Suggestions to decide about", names, rows, right=("", "At stake", "Sure")))
    if len(queue.waiting) > top:
        out.print(
            cell(f"the first {top} of {len(queue.waiting)}; --export FILE.csv and --json have all", "dim")
        )


def print_item(out: Console, n: int, of: int, item: Item, matter: Matter | None, tells: bool) -> None:
    """One item with all that speaks for and against it. `tells`: what the reviewers said who differ."""
    out.print()
    out.print(Text.assemble((f"{n} of {of}  ", "dim"), cell(item.resource_id, "bold", limit=400)))
    place = " · ".join(filter(None, (item.provider_id, item.account_id or "", item.verdict)))
    out.print(cell(f"{place} · at stake {_stake(item)} · owner {item.owner or '–'}", "dim", limit=400))
    out.print(_tags(item.tags))
    out.print(Text.assemble(cell(item.key, "bold"), ": ", *_answer(item)))
    for number, value in enumerate(item.values, 1):
        for candidate in item.candidates:
            if candidate.value == value:
                out.print(_voice(number, candidate))
    if matter is not None and tells:
        for each in matter.round.values():
            value = f" {each.value}" if each.value else f" until {each.until}" if each.until else ""
            said = f"{each.by} on {each.at[:10]}: {each.kind}{value}" + (
                f" ({each.comment})" if each.comment else ""
            )
            out.print(cell(f"  {said}", "magenta"))


def print_stats(stats: Stats) -> None:
    """Decisions per reviewer, how the suggestions stand, agreement."""
    out = console()
    if not stats.decisions:
        out.print("Nobody has decided anything yet.")
        return
    out.print(cell(", ".join(f"{n} {state}" for state, n in stats.states.items()), "bold"))
    rows = [(cell(who, limit=40), kind, str(n)) for (who, kind), n in stats.decisions.items()]
    out.print(table("Decisions", ("Reviewer", "Decision", "Count"), rows, right=("Count",)))
    if stats.agreements:
        told = [
            (
                cell(f"{a.first} and {a.second}", limit=80), cell(a.key or "all keys", limit=40), str(a.items), str(a.same),
                kappa(a.kappa),
            )
            for a in stats.agreements
        ]  # fmt: skip
        names = ("Reviewers", "Key", "Both decided", "Same", "Kappa")
        out.print(table("Agreement (Cohen's kappa)", names, told, right=names[2:]))


def kappa(value: Fraction | None) -> str:
    """Two decimals, half to even; a dash where it is undefined."""
    return "–" if value is None else f"{Decimal(round(value * 100)).scaleb(-2):.2f}"


def _stake(item: Item) -> str:
    return "–" if item.effective is None else words.money(item.effective, item.currency or "")


def _sure(item: Item) -> str:
    return "conflict" if item.conflict else f"{item.confidence:.2f}"


def _waits(item: Item, matter: Matter | None) -> str:
    from recon.review.sheet import waits_for

    return waits_for(item, matter)


def _answer(item: Item) -> tuple[Text | str, ...]:
    if item.conflict:
        return (cell("signals contradict each other", "yellow"),)
    return (cell(item.value, "green", limit=120), f"  {item.confidence:.2f} sure")


def _voice(number: int, said: Candidate) -> Text:
    mode = f", {said.mode}" if said.mode != "on" else ""
    head = f"  {number} {shown(said.value, 60)}  {said.signal} {said.confidence:.2f}{mode}: "
    return Text.assemble((head, "cyan"), cell(said.evidence, limit=300))


def _tags(tags: Mapping[str, str] | None) -> Text:
    if tags is None:
        return cell("tags: not read", "dim")
    told = [f"{shown(k, 60)}={shown(v, 60)}" for k, v in sorted(tags.items())[:_TAGS]]
    more = f", {len(tags) - len(told)} more" if len(tags) > len(told) else ""
    return cell("tags: " + (", ".join(told) or "none") + more, "dim", limit=2_000)
