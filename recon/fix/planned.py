"""What stands in a fix plan? Actions with before and after, and what was held back from them and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from recon.fix.writing import Target

SCHEMA = "tagrecon.fix-plan/2"
# kinds of resources that are none: what AWS does with cost allocation tags, as edits of a tag (docs/fix-plan.md, "Activation")
ACTIVATION, BACKFILL = "cost-allocation-tag", "cost-allocation-backfill"

HeldWhy = Literal[
    "review",  # a person has to decide first: signals in conflict, demoted, or not sure enough
    "protected",  # key, resource or account that no plan touches
    "capped",  # beyond the most that one plan may hold
    "flapping",  # it was set before, and someone or something set it back
    "not-possible",  # the provider's limits forbid it
    "not-writable",  # its API takes no change that leaves everything else alone
]


@dataclass(frozen=True)
class Change:
    """One raw key: before → after. None: the key is not there. Sensitive values stand as marks."""

    raw_key: str
    before: str | None = field(repr=False)
    after: str | None = field(repr=False)

    @property
    def undone(self) -> Change:
        return Change(self.raw_key, self.after, self.before)


@dataclass(frozen=True)
class Action:
    """One key of one resource. `confidence`: 0..1; `billed`, `effective`: the newest period's money that would be where it belongs,
    in `currency`; `state`: the tags that the plan was made from (None: not read), whole as `state_id`."""

    id: str
    target: Target
    key: str
    changes: tuple[Change, ...]
    verdict: str
    why: str
    evidence: str
    finding: str
    confidence: Decimal
    signals: tuple[str, ...] = ()
    owner: str | None = None
    currency: str | None = None
    billed: Decimal | None = None
    effective: Decimal | None = None
    state: Mapping[str, str] | None = field(default=None, repr=False)
    state_id: str | None = None

    @property
    def activates(self) -> bool:
        """Whether it is no tag of a resource but a step of billing. The type alone makes none: guards let steps pass."""
        return self.backfills or self.activated is not None

    @property
    def activated(self) -> str | None:
        """The raw key that it makes a cost allocation tag; None where it is no activation."""
        kind, own = self.target.resource_type, self.target.resource_id
        if self.target.provider_id != "aws" or kind != ACTIVATION or not own.startswith(f"{ACTIVATION}/"):
            return None
        return own.removeprefix(f"{ACTIVATION}/") or None

    @property
    def backfills(self) -> bool:
        """Whether it applies what is active now to earlier months."""
        target = self.target
        return (target.provider_id, target.resource_type, target.resource_id) == ("aws", BACKFILL, BACKFILL)


@dataclass(frozen=True)
class Held:
    """An action that is not planned. `reason`: a sentence."""

    action: Action
    why: HeldWhy
    reason: str


@dataclass(frozen=True)
class CodeChange:
    """An action on a resource that code manages: it is made in the code, else the next apply of the code undoes it.

    `file`, `line`: where in the source, None where it is not known; `snippet`: what to write there; `patch`: the same as a
    unified diff, where it could be made."""

    action: Action
    tool: str
    address: str
    file: str | None
    line: int | None
    snippet: str = field(repr=False)
    patch: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Header:
    """What a plan says of itself. `author`: who made it; `planned_at`: `YYYY-MM-DDTHH:MM:SSZ`; `narrowed`: what it was limited to."""

    author: str
    run_id: str
    planned_at: str
    config_hash: str
    registry_version: str
    narrowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """`actions` are what approving and applying is about; the rest is said for people."""

    header: Header
    actions: Sequence[Action]
    held: Sequence[Held] = ()
    code: Sequence[CodeChange] = ()


def money(actions: Sequence[Action]) -> list[tuple[str, Decimal, Decimal]]:
    """(currency, BilledCost, EffectiveCost) that the actions recover; two currencies are never added."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for each in actions:
        if each.currency is not None:
            billed, effective = sums.get(each.currency, (Decimal(0), Decimal(0)))
            sums[each.currency] = (billed + (each.billed or 0), effective + (each.effective or 0))
    return [(currency, *sums[currency]) for currency in sorted(sums)]
