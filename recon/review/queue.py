"""Which suggestions should a person look at first? Those with the most money at stake that are the least sure.

Priority = |EffectiveCost at stake| × (1 - confidence), exactly. Amounts of different currencies are neither added nor compared: the
currencies stand one after the other, the one with the most suggestions first, each ranked in itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from recon.fix.ruled import REVIEWED, before_of
from recon.registry import Rules
from recon.review.matters import Matter

OPEN = ("proposed", "review")


@dataclass(frozen=True)
class Candidate:
    """What one signal says. `state`: leading, agrees, conflict, None for a shadow."""

    signal: str
    version: str
    value: str = field(repr=False)
    confidence: float
    mode: str
    state: str | None
    evidence: str = field(repr=False)


@dataclass(frozen=True)
class Item:
    """One row of the queue: a resource and key. `value`: the leading one, None in a conflict; `tags`: those seen on the resource, None: not
    read; `before`: what the key says there; `status`: proposed or review, as the plan sees it."""

    id: str
    provider_id: str
    account_id: str | None
    resource_id: str
    key: str
    verdict: str
    status: str
    why: str = field(repr=False)
    value: str | None = field(repr=False)
    confidence: float
    candidates: tuple[Candidate, ...] = field(repr=False)
    owner: str | None = None
    currency: str | None = None
    billed: Decimal | None = None
    effective: Decimal | None = None
    tags: Mapping[str, str] | None = field(default=None, repr=False)
    before: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def conflict(self) -> bool:
        return self.value is None

    @property
    def decided(self) -> bool:
        """Whether a person's word already leads."""
        return any(c.signal == REVIEWED for c in self.candidates)

    @property
    def values(self) -> list[str]:
        """The values that may be accepted: the leading one first, then others by confidence."""
        voices = sorted(
            self.candidates, key=lambda c: (c.state != "leading", c.mode == "shadow", -c.confidence, c.value)
        )
        return list(dict.fromkeys(c.value for c in voices))

    @property
    def suggested(self) -> str:
        """The suggestion in one text; of a conflict all values in question."""
        if self.value is not None:
            return self.value
        return " or ".join(sorted({c.value for c in self.candidates if c.mode != "shadow"}))

    @property
    def priority(self) -> Fraction:
        sure = Fraction(0) if self.conflict else Fraction(Decimal(repr(self.confidence)))
        return abs(Fraction(self.effective or 0)) * (1 - sure)


def items(actions: pl.DataFrame, suggestions: pl.DataFrame, rules: Rules) -> list[Item]:
    """Every proposal that is still one, ranked. `actions`, `suggestions`: as recon/fix/anew.py gives them."""
    said: dict[str, list[Candidate]] = {}
    names = ("action_id", "signal", "signal_version", "value", "confidence", "mode", "state", "evidence")
    for own, *rest in suggestions.select(names).iter_rows():
        said.setdefault(own, []).append(Candidate(*rest))
    found = actions.filter(pl.col("status").is_in(OPEN))
    return ranked(_item(row, said.get(row["action_id"], []), rules) for row in found.iter_rows(named=True))


def ranked(found: Iterable[Item]) -> list[Item]:
    """By currency (the one of the most items first, ties by name; what has no price last), then priority, ties by id."""
    rows = list(found)
    count = Counter(item.currency for item in rows)
    return sorted(
        rows,
        key=lambda i: (i.currency is None, -count[i.currency], i.currency or "", -i.priority, i.id),
    )


def waiting(
    found: Sequence[Item], known: Mapping[str, Matter], by: str = "", adjudicate: bool = False
) -> list[Item]:
    """Those that still need somebody. `by`: only those on which this person may say something now: not what waits for somebody else's word, and
    what is in dispute only where `adjudicate` asks for just that. A deferred one is left out until its day."""
    return [each for each in found if _needed(each, known.get(each.id), by, adjudicate)]


def _needed(item: Item, matter: Matter | None, by: str, adjudicate: bool) -> bool:
    state = state_of(item, matter)
    if state in ("decided", "deferred"):
        return False
    if adjudicate:
        return state == "dispute" and (not by or matter is None or by not in matter.round)
    mine = matter is not None and by in matter.round
    return not by or (state != "dispute" and not mine)


def state_of(item: Item, matter: Matter | None) -> str:
    """As the matter stands; `open` again where a decision no longer fits what the key says now."""
    state = matter.state if matter else "open"
    return "open" if state == "decided" and not item.decided else state


def _item(row: Mapping[str, Any], said: list[Candidate], rules: Rules) -> Item:
    told = json.loads(row["evidence"])
    state: Mapping[str, str] | None = told.get("state")
    provider, key = row["provider_id"], row["key"]
    return Item(
        row["action_id"], provider, row["account_id"], row["resource_id"], key, row["verdict"], row["status"],
        row["reason"], _leading(row, said), row["confidence"], tuple(said), row["owner"], row["currency"],
        row["billed_recovered"], row["effective_recovered"], state,
        None if state is None else before_of(_spellings(rules, provider, key, state)),
    )  # fmt: skip


def _leading(row: Mapping[str, Any], said: Sequence[Candidate]) -> str | None:
    """The canonical value that leads; the plan's `after` is that, spelled as the provider wants it."""
    if row["after_value"] is None:
        return None
    return next((c.value for c in said if c.state == "leading"), str(row["after_value"]))


def _spellings(rules: Rules, provider: str, key: str, tags: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for raw_key, value in tags.items():
        hit = rules.key_of(provider, raw_key)
        if hit is not None and hit.key == key:
            found[raw_key.removeprefix(hit.prefix)] = value
    return found
