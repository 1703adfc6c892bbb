"""Small plans, and an engine around a cloud in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from cloud import Cloud

from recon.fix.apply import carry_out
from recon.fix.history import History, folded
from recon.fix.log import AuditLog
from recon.fix.order import Hands, Order, Outcome, undone
from recon.fix.planned import Action, Change
from recon.fix.writing import Target
from recon.model import short_id

NOW = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
PLAN = "a" * 64


def action(
    resource: str, before: str | None = None, after: str = "payments", key: str = "cost-center", provider: str = "aws",
    kind: str = "ec2:instance", effective: str | None = "10", raw_key: str | None = None,
) -> Action:  # fmt: skip
    """One action that sets one key."""
    return Action(
        short_id("fix", provider, "1", resource, key), Target(provider, "1", "eu-west-1", kind, resource), key,
        (Change(raw_key or key, before, after),), "untagged", "why", "evidence", "f1", Decimal("0.9"), ("container",), "payments",
        "USD" if effective else None, Decimal(effective) if effective else None, Decimal(effective) if effective else None,
    )  # fmt: skip


@dataclass
class Engine:
    """Applies actions to a cloud, with a real log in `folder`."""

    folder: Path
    cloud: Cloud
    actions: list[Action]
    masks: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> AuditLog:
        return AuditLog(self.folder / "store.duckdb.audit.jsonl")

    @property
    def history(self) -> History:
        return folded(self.log.events())

    def apply(self, write: bool = True, canary: int = 0, **more: object) -> list[Outcome]:
        order = Order(PLAN, "ana", "approval-1", write=write, canary=canary, **more)  # type: ignore[arg-type]
        return carry_out(self.actions, order, self.hands, self.history.of_plan(PLAN))

    def roll_back(self) -> list[Outcome]:
        effects = self.history.of_plan(PLAN)
        took = [e for e in effects.values() if e.sent and e.state in ("applied", "verified", "sent")]
        order = Order(PLAN, "ana", "approval-1", undo=True, write=True, canary=0)
        return carry_out([undone(e.action) for e in reversed(took)], order, self.hands, effects)

    @property
    def hands(self) -> Hands:
        return Hands(
            {self.cloud.provider: self.cloud}, self.log, lambda text: self.masks.get(text, text), lambda: NOW
        )


def names(outcomes: list[Outcome]) -> dict[str, str]:
    return {o.action.target.resource_id: o.outcome for o in outcomes}
