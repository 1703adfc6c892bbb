"""What stands about each suggestion by all decisions on it: decided, put off, waiting for a second reviewer, or in dispute?

Where one reviewer is enough the newest decision counts. Where the registry asks for two, a decision needs two reviewers who say the same;
where they differ, a third person adjudicates. A reviewer's newer decision takes the place of the older one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from recon.fix.ruled import Ruling
from recon.registry import Registry
from recon.review.decision import Decision

State = Literal["open", "second", "dispute", "deferred", "decided"]
_DID = {"accept": "accepted it", "correct": "corrected it", "reject": "rejected it", "defer": "put it off"}


@dataclass
class Matter:
    """One action. `settled`: the decision that counts; `rejected`: values that people rejected; `round`: the words, by reviewer, of those
    who don't make a decision yet; `last`: each reviewer's newest decision; `decided`: all that ever counted, in their order."""

    action: str
    needs: int
    settled: Decision | None = None
    rejected: set[str] = field(default_factory=set, repr=False)
    round: dict[str, Decision] = field(default_factory=dict)
    last: dict[str, Decision] = field(default_factory=dict)
    decided: list[Decision] = field(default_factory=list)

    def hear(self, each: Decision) -> None:
        """Take one more decision in."""
        if each.adjudicates:
            self._settle(each)
            return
        self.last[each.by] = each
        self._forget(each.at[:10])
        self.round[each.by] = each
        agreed = len({other.word for other in self.round.values()}) == 1
        if agreed and (len(self.round) >= self.needs or self._confirms(each)):
            self._settle(each)

    def _confirms(self, each: Decision) -> bool:
        """Whether it only says once more what was decided; about other tags than then that is a new matter."""
        known = self.settled
        return known is not None and known.word == each.word and known.before == each.before

    def _settle(self, each: Decision) -> None:
        self.settled = each
        self.decided.append(each)
        self.round = {}
        if each.value is not None:
            (self.rejected.add if each.kind == "reject" else self.rejected.discard)(each.value)

    def _forget(self, day: str) -> None:
        """Deferrals end on their day."""
        self.round = {who: each for who, each in self.round.items() if not each.expired(day)}

    def on(self, day: str) -> Matter:
        """The matter on a day (`YYYY-MM-DD`)."""
        self._forget(day)
        if self.settled is not None and self.settled.expired(day):
            self.settled = None
        return self

    @property
    def state(self) -> State:
        """`open` too where a value was rejected: the next best one may be asked for."""
        if self.round:
            return "second" if len({each.word for each in self.round.values()}) == 1 else "dispute"
        if self.settled is None or self.settled.kind == "reject":
            return "open"
        return "deferred" if self.settled.kind == "defer" else "decided"

    @property
    def ruling(self) -> Ruling:
        """What planning makes of it."""
        waits, state, known = "", self.state, self.settled
        if state == "second":
            waits = "One of two reviewers has decided, the other one's word is awaited."
        elif state == "dispute":
            waits = "Two reviewers differ, a third person has to decide (tagrecon fix review --adjudicate)."
        elif state == "deferred" and known is not None:
            waits = f"Put off until {known.until} by {known.by}."
        if known is None or known.kind in ("reject", "defer") or waits:
            return Ruling(rejected=frozenset(self.rejected), waits=waits)
        says = f"{known.by} {_DID[known.kind]} on {known.at[:10]}" + (
            ", between two reviewers." if known.adjudicates else "."
        )
        return Ruling(known.value, frozenset(self.rejected), "", says, known.before)


def matters(found: Iterable[Decision], registry: Registry | None, day: str) -> dict[str, Matter]:
    """Action id → how it stands on a day. Without a registry one reviewer is enough for every key."""
    known: dict[str, Matter] = {}
    for each in found:
        if each.action not in known:
            known[each.action] = Matter(each.action, reviewers_of(registry, each.key))
        known[each.action].hear(each)
    return {action: matter.on(day) for action, matter in known.items()}


def rulings(found: Iterable[Decision], registry: Registry, day: str) -> dict[str, Ruling]:
    """Action id → what people decided about it, as of a day."""
    return {action: matter.ruling for action, matter in matters(found, registry, day).items()}


def reviewers_of(registry: Registry | None, key: str) -> int:
    """How many reviewers must say the same of a suggestion for a key."""
    known = registry.keys.get(key) if registry else None
    return 1 if known is None else int(known.fixes.reviewers)
