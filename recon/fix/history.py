"""What does the log say has become of each action of each plan, and who allowed it?

Folded from the events in their order; the log is the only place where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from recon.fix.log import Event
from recon.fix.planned import Action, Change
from recon.fix.writing import Target

# outcomes after which an action is not sent again under its plan; any other may be tried again, under all guards
FINAL = frozenset(("applied", "verified", "already", "interrupted", "raced", "reverted", "overwritten"))
UNDONE = frozenset(
    ("applied", "already", "verified")
)  # the outcomes of a rollback after which nothing is left of an action
STANDS = frozenset(("applied", "verified"))  # our value is, or was last seen, on the resource


@dataclass
class Effect:
    """One action under one plan. `state`: sent (not known how it ended), an outcome, or after it verified, raced, reverted,
    overwritten, gone; `undo`: the same of rolling it back; `sent`: how often it was sent; `read_at`: when the re-read before the
    last sending began."""

    plan: str
    action: Action
    state: str = ""
    reason: str = ""
    at: str = ""
    read_at: str = ""
    sent_at: str = ""
    by: str = ""
    actor: str = ""
    request: str | None = None
    approval: str = ""
    verified_at: str = ""
    undo: str = ""
    undo_reason: str = ""
    undo_at: str = ""
    sent: int = 0

    @property
    def stands(self) -> bool:
        """Whether it took effect and was neither undone nor found otherwise since."""
        return self.state in STANDS and self.undo not in UNDONE


@dataclass(frozen=True)
class Approval:
    """Leave to apply one plan. `until`: `YYYY-MM-DDTHH:MM:SSZ`; revoked ones have `revoked_by`."""

    id: str
    plan: str
    by: str
    at: str
    until: str
    comment: str = ""
    revoked_by: str = ""

    def holds(self, at: str) -> bool:
        return not self.revoked_by and at <= self.until


@dataclass
class History:
    """`effects`: (plan, action id) → what became of it, in the order of the log; `authors`: plan → who made or edited it."""

    effects: dict[tuple[str, str], Effect] = field(default_factory=dict)
    approvals: dict[str, Approval] = field(default_factory=dict)
    authors: dict[str, set[str]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)

    def of_plan(self, plan: str) -> dict[str, Effect]:
        """Action id → effect."""
        return {action: effect for (own, action), effect in self.effects.items() if own == plan}

    def approval_of(self, plan: str, at: str) -> Approval | None:
        """The newest approval of a plan that holds."""
        held = [a for a in self.approvals.values() if a.plan == plan and a.holds(at)]
        return held[-1] if held else None


def folded(events: Iterable[Event]) -> History:
    """The history that the events tell."""
    found = History()
    for event in events:
        detail = event.detail
        if event.what == "plan":
            found.authors.setdefault(event.subject, set()).add(event.who)
            found.authors[event.subject] |= set(detail.get("authors", ()))
            found.paths[event.subject] = str(detail.get("file", ""))
        elif event.what == "approve":
            until, comment = str(detail["until"]), str(detail.get("comment", ""))
            own = str(detail["approval"])
            found.approvals[own] = Approval(own, event.subject, event.who, event.at, until, comment)
        elif event.what == "revoke":
            _revoke(found, event)
        elif event.what in ("send", "outcome", "verify"):
            _effect(found, event)
    return found


def _revoke(found: History, event: Event) -> None:
    for own, each in found.approvals.items():
        if each.plan == event.subject:
            said = vars(each) | {"revoked_by": each.revoked_by or event.who}
            found.approvals[own] = Approval(**said)


def _effect(found: History, event: Event) -> None:
    detail = event.detail
    at = (str(detail["plan"]), str(detail["action"]))
    known = found.effects.get(at)
    if known is None:
        known = found.effects[at] = Effect(at[0], placed(detail))
    if event.what == "send":
        _sent(known, event)
    elif event.what == "outcome":
        _ended(known, event)
    else:
        known.verified_at = event.at
        if detail.get("undo"):
            known.undo, known.undo_reason = str(detail["found"]), str(detail.get("reason", ""))
        else:
            known.state, known.reason = str(detail["found"]), str(detail.get("reason", ""))


def _sent(known: Effect, event: Event) -> None:
    if event.detail.get("undo"):
        known.undo, known.undo_at = "sent", event.at
        return
    known.state, known.sent_at, known.at, known.by = "sent", event.at, event.at, event.who
    known.read_at = str(event.detail.get("read_at", event.at))
    known.approval, known.actor = str(event.detail.get("approval", "")), str(event.detail.get("actor", ""))
    known.sent += 1


def _ended(known: Effect, event: Event) -> None:
    outcome, reason = str(event.detail["outcome"]), str(event.detail.get("reason", ""))
    if event.detail.get("undo"):
        known.undo, known.undo_reason, known.undo_at = outcome, reason, event.at
        return
    if outcome == "already" and known.sent and known.state != "sent":
        outcome = "applied"  # its own earlier sending took effect, whatever the cloud had answered
    if outcome == "applied":
        known.sent = max(known.sent, 1)  # though the line before it is lost
        known.sent_at = known.sent_at or event.at
    known.state, known.reason, known.at, known.by = outcome, reason, event.at, event.who
    known.request = event.detail.get("request")
    known.approval = str(event.detail.get("approval", "")) or known.approval


def place(action: Action) -> dict[str, Any]:
    """What an event says of its action: enough to undo it when the plan's file is lost."""
    target = action.target
    return {
        "action": action.id, "provider": target.provider_id, "account": target.account_id, "region": target.region,
        "type": target.resource_type, "key": action.key, "why": action.why, "resource": target.resource_id,
        "changes": [{"raw_key": c.raw_key, "before": c.before, "after": c.after} for c in action.changes],
        "verdict": action.verdict, "finding": action.finding, "owner": action.owner, "currency": action.currency,
        "billed": None if action.billed is None else format(action.billed, "f"),
        "effective": None if action.effective is None else format(action.effective, "f"),
    }  # fmt: skip


def placed(detail: Mapping[str, Any]) -> Action:
    """The action that an event is about, as far as `place` tells it."""
    target = Target(*(str(detail.get(n, "")) for n in ("provider", "account", "region", "type", "resource")))
    changes = tuple(Change(c["raw_key"], c["before"], c["after"]) for c in detail.get("changes", ()))
    billed, effective = (
        None if (v := detail.get(n)) is None else Decimal(v) for n in ("billed", "effective")
    )
    return Action(
        str(detail["action"]), target, str(detail.get("key", "")), changes, str(detail.get("verdict", "")),
        str(detail.get("why", "")), "", str(detail.get("finding", "")), Decimal(0), (), detail.get("owner"),
        detail.get("currency"), billed, effective,
    )  # fmt: skip
