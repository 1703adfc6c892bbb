"""How does the queue read as a file that a reviewer fills in? One row per item; the last columns are theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any

from recon.fix.document import quoted
from recon.hostile import shown
from recon.review.matters import Matter
from recon.review.queue import Candidate, Item, state_of

SCHEMA = "tagrecon.review/1"
# what a reviewer writes; the other columns are there to be read
ANSWERS = ("decision", "value", "until", "comment")
COLUMNS = (
    "rank", "action", "provider", "account", "resource", "key", "verdict", "suggested", "confidence", "conflict", "says", "waits_for",
    "currency", "effective_cost", "billed_cost", "priority", "owner", "tags", *ANSWERS,
)  # fmt: skip
_SAID, _TAG, _TAGS = 400, 80, 40  # characters of a sentence, of a tag; tags that are told
_INTRODUCTION = """\
# Suggestions that a person has to look at. Fill in `decision` (accept, reject, correct, defer), then:
#   tagrecon fix review --import FILE
# accept, reject: the suggested value, or the one of `says` that `value` names. correct: `value` is right instead.
# defer: ask again on the day `until` (YYYY-MM-DD). What has no decision stays as it is.
"""
WAITS = {"open": "a reviewer", "second": "a second reviewer", "dispute": "a third person (--adjudicate)"}


def row(rank: int, item: Item, matter: Matter | None) -> dict[str, Any]:
    """One item as typed cells, by column; the answers are empty."""
    cells = (
        rank, item.id, item.provider_id, item.account_id or "", item.resource_id, item.key, item.verdict, item.suggested,
        f"{item.confidence:.2f}", "yes" if item.conflict else "no", " | ".join(map(sentence, item.candidates)), waits_for(item, matter),
        item.currency or "", item.effective, item.billed, priority(item), item.owner or "", tags_of(item), *[""] * len(ANSWERS),
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


def waits_for(item: Item, matter: Matter | None) -> str:
    """Who has to say something next."""
    return WAITS.get(state_of(item, matter), "nobody")


def sentence(candidate: Candidate) -> str:
    """`payments (siblings 0.55): 7 of 8 resources…`, harmless."""
    mode = ", shadow" if candidate.mode == "shadow" else ""
    said = f"{candidate.value} ({candidate.signal} {candidate.confidence:.2f}{mode}): {candidate.evidence}"
    return shown(said, _SAID)


def priority(item: Item) -> Decimal:
    """The item's priority as an exact decimal."""
    with localcontext() as exact:
        exact.prec = 80
        return Decimal(item.priority.numerator) / Decimal(item.priority.denominator)


def tags_of(item: Item) -> str:
    """The tags that were seen, in one line."""
    if item.tags is None:
        return "not read"
    told = [f"{shown(k, _TAG)}={shown(v, _TAG)}" for k, v in sorted(item.tags.items())[:_TAGS]]
    more = len(item.tags) - len(told)
    return "; ".join(told) + (f"; {more} more" if more else "")


def yaml_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The file as YAML, every text quoted; the answers stand as null."""
    lines = [_INTRODUCTION, f"schema: {quoted(SCHEMA)}\n", "items:\n" if rows else "items: []\n"]
    for cells in rows:
        texts = [f"{name}: {_scalar(name, cells[name])}" for name in COLUMNS]
        lines.append(f"  - {texts[0]}\n" + "".join(f"    {text}\n" for text in texts[1:]))
    return "".join(lines)


def _scalar(name: str, value: object) -> str:
    if value is None or (name in ANSWERS and value == ""):
        return "null"
    if isinstance(value, Decimal):
        plain = format(value, "f")
        return quoted(plain.rstrip("0").rstrip(".") if "." in plain else plain)
    return str(value) if isinstance(value, int) else quoted(str(value))
