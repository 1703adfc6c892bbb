"""May this be decided so, and what goes into the log for it? Everything is checked before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from recon.errors import InputError
from recon.fix.log import News
from recon.fix.ruled import REVIEWED
from recon.hostile import MASK, shown
from recon.registry import Rules
from recon.review.decision import KINDS, WHAT, Decision, Kind
from recon.review.matters import Matter
from recon.review.queue import Item, state_of
from recon.yaml_file import not_allowed

LONGEST_COMMENT = 2_000


@dataclass(frozen=True)
class Word:
    """What a reviewer says of one item, as it was typed."""

    decision: str
    value: str = field(default="", repr=False)
    until: str = ""
    comment: str = field(default="", repr=False)


@dataclass(frozen=True)
class Bench:
    """Who decides, and by what. `matters`: action id → how it stands; `raw`: published value → byte-exact one; `publish`: (provider,
    key, byte-exact value) → what may be published of it."""

    by: str
    rules: Rules
    day: dt.date
    matters: Mapping[str, Matter]
    raw: Callable[[str], str] = field(repr=False)
    publish: Callable[[str, str, str], str] = field(repr=False)
    adjudicate: bool = False


def decide(bench: Bench, item: Item, word: Word) -> News | None:
    """The event of a decision; None where this reviewer has already said just that. Raises InputError where it may not be said."""
    kind = kind_of(word.decision)
    if len(word.comment) > LONGEST_COMMENT:
        raise InputError(f"a comment has at most {LONGEST_COMMENT:,} characters; shorten it")
    value, until = _value(bench, item, kind, word), _until(bench, kind, word)
    if kind == "correct" and value in {c.value for c in item.candidates if c.signal != REVIEWED}:
        kind = "accept"  # what a signal says is no correction
    said = Decision(
        0, "", bench.by, item.id, item.provider_id, item.account_id, item.resource_id, item.key, kind, value, until,
        word.comment, bench.adjudicate, _suggested(item), item.before,
    )  # fmt: skip
    matter = bench.matters.get(item.id)
    if _said_before(said, matter):
        return None
    _allowed(bench, item, matter)
    return News(bench.by, WHAT, item.id, said.detail())


def kind_of(text: str) -> Kind:
    """The decision that is meant. Raises InputError with the nearest one."""
    if not text.strip():
        raise InputError(
            f"value, until or comment is filled in and decision is not; name one: {', '.join(KINDS)}"
        )
    for kind in KINDS:
        if text.strip().casefold() == kind:
            return kind
    raise InputError(not_allowed(text, "decision", KINDS))


def _said_before(said: Decision, matter: Matter | None) -> bool:
    if matter is None:
        return False
    if said.adjudicates:
        known = matter.settled
        return known is not None and known.adjudicates and known.by == said.by and known.word == said.word
    last = matter.last.get(said.by)
    return (
        last is not None
        and (last.word, last.comment, last.before) == (said.word, said.comment, said.before)
        and (said.by in matter.round or (matter.settled is not None and matter.settled.word == said.word))
    )


def _allowed(bench: Bench, item: Item, matter: Matter | None) -> None:
    state = state_of(item, matter)
    if bench.adjudicate:
        if matter is None or state != "dispute":
            raise InputError("no two reviewers differ on this: there is nothing to adjudicate")
        if bench.by in matter.round:
            raise InputError(f"{shown(bench.by, 60)} is one of those who differ: a third person adjudicates")
        return
    if matter is None:
        return
    if state == "dispute" and bench.by not in matter.round:
        raise InputError("two reviewers differ on this: a third person decides with --adjudicate")
    settled = matter.settled
    if state in ("decided", "deferred") and settled is not None and bench.by not in matter.last:
        raise InputError(
            f"{shown(settled.by, 60)} has decided this already, on {settled.at[:10]} ({settled.kind})"
        )


def _value(bench: Bench, item: Item, kind: Kind, word: Word) -> str | None:
    if kind == "defer":
        if word.value:
            raise InputError("a suggestion that is put off gets no value; take the value out")
        return None
    if kind == "reject":
        return _named(item, word) or _needs_one(item, "rejected")
    if kind == "accept":
        value = _named(item, word) or _needs_one(item, "accepted")
        _canonical(bench, item, bench.raw(value))
        return value
    if not word.value.strip():
        raise InputError("which value is right? A correction names it")
    raw = bench.raw(word.value.strip())
    if MASK.fullmatch(raw):
        raise InputError("the value behind this mark is not known on this machine; name another value")
    canonical = _canonical(bench, item, raw)
    return bench.publish(item.provider_id, item.key, canonical)


def _named(item: Item, word: Word) -> str | None:
    """The value that is accepted or rejected, where it is named; it must be one that is suggested."""
    text = word.value.strip()
    if not text:
        return item.value
    if text in item.values or text == item.value:
        return text
    folded = [value for value in item.values if value.casefold() == text.casefold()]
    if len(folded) != 1:
        raise InputError("no signal suggests this value; to set another one, correct it")
    return folded[0]


def _needs_one(item: Item, what: str) -> str:
    listed = ", ".join(shown(value, 60) for value in item.values[:8])
    raise InputError(f"signals contradict each other: name the value that is {what}: {listed}")


def _canonical(bench: Bench, item: Item, raw: str) -> str:
    hidden = _hidden(bench, item)
    if item.key not in bench.rules.keys:
        raise InputError(f"the registry has no key {shown(item.key, 80)} any more; run tagrecon run")
    hit = bench.rules.value_of(item.key, item.provider_id, raw)
    if hit.valid and hit.value is not None:
        return hit.value
    near = f' Did you mean "{shown(hit.nearest, 60)}"?' if hit.nearest and not hidden else ""
    written = "" if hidden else f' "{shown(raw, 60)}"'
    raise InputError(f"the registry does not allow the value{written} for {shown(item.key, 80)}.{near}")


def _hidden(bench: Bench, item: Item) -> bool:
    key = bench.rules.registry.keys.get(item.key)
    return key is not None and key.sensitivity in ("personal", "secret")


def _until(bench: Bench, kind: Kind, word: Word) -> str | None:
    text = word.until.strip()
    if kind != "defer":
        if text:
            raise InputError("only what is put off has a day; take `until` out")
        return None
    try:
        day = dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None:
        raise InputError("until which day? Write YYYY-MM-DD")
    if day <= bench.day:
        raise InputError(f"{day} is not in the future; put it off until a later day")
    return day.isoformat()


def _suggested(item: Item) -> tuple[dict[str, object], ...]:
    return tuple(
        {"signal": c.signal, "version": c.version, "value": c.value, "confidence": c.confidence}
        for c in sorted(item.candidates, key=lambda c: (c.signal, c.version, c.value))
        if c.signal != REVIEWED
    )
