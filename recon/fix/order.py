"""What is to be carried out, by whom and with what, and how does the log tell what became of it?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from recon.fix.history import place
from recon.fix.log import AuditLog, News
from recon.fix.planned import Action
from recon.fix.standing import Raw
from recon.fix.writing import Writer

# outcomes that say something is wrong with writing; that the estate has moved on since the plan does not
FAILURES = frozenset(("denied", "throttled", "rejected", "unreachable", "sent", "interrupted"))
GOOD = frozenset(("applied", "already", "verified", "would-apply", "kept"))


@dataclass(frozen=True)
class Outcome:
    """What became of one action: applied, already, would-apply (dry run), changed, gone, denied, throttled, over-limit, rejected,
    unsupported, unreachable, interrupted, raced, skipped."""

    action: Action
    outcome: str
    reason: str = ""
    permission: str | None = None


@dataclass(frozen=True)
class Order:
    """What is to be carried out, by whom and under which approval. `undo`: roll back; `write`: False looks and writes nothing;
    `frozen`: provider → why nothing may be applied to it now;
    `stops`: asked before each call, why nothing more may be applied."""

    plan: str
    by: str
    approval: str
    undo: bool = False
    write: bool = False
    canary: int = 5
    failure_ratio: Decimal = Decimal("0.2")
    frozen: Mapping[str, str] = field(default_factory=dict)
    stops: Callable[[], str] = field(default=lambda: "", repr=False)


@dataclass
class Hands:
    """What carrying out needs: writers by provider, the log, the values behind marks, the clock."""

    writers: Mapping[str, Writer]
    log: AuditLog
    raw: Raw = field(repr=False)
    clock: Callable[[], datetime]
    tell: Callable[[str], None] = lambda line: None


def note(
    order: Order, hands: Hands, outcomes: Sequence[Outcome], requests: Mapping[str, str] | None = None
) -> None:
    """Write outcomes into the log; `sent` is none: the line before says it already."""
    news = [
        News(
            order.by, "outcome", each.action.target.resource_id,
            detail_of(
                order, each.action, outcome=each.outcome, reason=each.reason, permission=each.permission,
                request=(requests or {}).get(each.action.id),
            ),
        )
        for each in outcomes if each.outcome != "sent"
    ]  # fmt: skip
    hands.log.append(news, hands.clock())


def detail_of(order: Order, action: Action, **more: object) -> dict[str, object]:
    """What an event of this order says of an action."""
    own = undone(action) if order.undo else action  # the log tells of the action as it was planned
    said = {"plan": order.plan, "approval": order.approval, "undo": order.undo, **place(own), **more}
    return {name: value for name, value in said.items() if value is not None}


def undone(action: Action) -> Action:
    """The action that takes this one back."""
    return replace(action, changes=tuple(change.undone for change in action.changes))
