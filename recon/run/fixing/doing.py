"""How is an approved plan applied, looked at again, and rolled back?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from connectors.writers import opened
from recon.config.fixing import Fixing
from recon.errors import InputError
from recon.fix.apply import carry_out
from recon.fix.approvals import instant, may, still_may
from recon.fix.history import UNDONE, Effect, History, folded
from recon.fix.log import News, applying
from recon.fix.order import Hands, Order, Outcome, undone
from recon.fix.plan_file import PlanFile, sha_of
from recon.fix.planned import BACKFILL, Action
from recon.fix.verify import Found, as_news, look
from recon.hostile import shown
from recon.run.fixing.desk import Desk
from recon.run.fixing.foreign import foreign_changes
from recon.run.fixing.hindered import hindered
from recon.run.fixing.planning import check_plan
from recon.run.fixing.settling import settle
from recon.run.fixing.withdrawn import Withdrawn


def apply(desk: Desk, path: Path, by: str, write: bool) -> tuple[PlanFile, list[Outcome]]:
    """Apply the plan in a file, or (`write` False) look at what would be done. Raises InputError where it is not approved."""
    found = check_plan(desk, path, by, "apply")
    history = desk.history()
    approval = history.approval_of(found.sha, instant(desk.now))
    if write and approval is None:
        raise InputError(_not_approved(found, history, instant(desk.now)))
    if write and approval is not None and not still_may(approval.by, desk.cfg.fix):
        raise InputError(
            f"{shown(approval.by, 60)}, who approved this plan, may not approve any more (fix.roles.approve); let it be approved again"
        )
    if write:
        desk.not_back_in_time()
    order = _order(desk, found.sha, by, approval.id if approval else "", write)
    if approval is not None:
        order = replace(order, stops=Withdrawn(desk, found.sha, approval.until))
    stopped = hindered(desk, found.plan.actions)
    free = [a for a in found.plan.actions if a.id not in stopped]
    done = {o.action.id: o for o in do(desk, free, order, history.of_plan(found.sha))}
    done |= {a.id: Outcome(a, "skipped", stopped[a.id]) for a in found.plan.actions if a.id in stopped}
    return found, [done[a.id] for a in found.plan.actions]


def do(
    desk: Desk, actions: Sequence[Action], order: Order, known: Mapping[str, Effect], undo: bool = False
) -> list[Outcome]:
    """Carry actions out with the configured writers, alone. What a kill left is settled first."""
    with applying(desk.paths.applying), opened(desk.cfg, {a.target.provider_id for a in actions}) as writers:
        hands = Hands(writers, desk.log, desk.masker.raw, desk.clock, desk.tell)
        if order.write:
            settle(desk, order.by, order)
            known = folded(desk.proven()).of_plan(order.plan)  # as it is now that nobody else applies
            desk.log.append(
                [
                    News(
                        order.by,
                        "begin",
                        order.plan,
                        {"actions": len(actions), "undo": undo, "approval": order.approval},
                    )
                ],
                desk.clock(),
            )
        return carry_out(actions, order, hands, known)


def verify(desk: Desk, path: Path | None, by: str, write: bool = True) -> list[Found]:
    """Read afresh what was applied, of one plan or of all, and keep in the log what is found. What was sent and seemed not to take
    effect is looked at too: where it did after all, that is found."""
    history = desk.history()
    plan = sha_of(path) if path else None
    sent = [e for e in history.effects.values() if plan in (None, e.plan) and e.sent and e.undo not in UNDONE]
    if plan and not sent:
        raise InputError("nothing of this plan was applied: there is nothing to verify")
    with opened(desk.cfg, {e.action.target.provider_id for e in sent}) as writers:
        looked = look(sent, writers, desk.masker.raw, foreign_changes(desk, sent))
    found = [f for f in looked if _took(f.effect) or f.found == "verified"]
    if write:
        desk.log.append(as_news(found, by), desk.clock())
    return found


def _took(effect: Effect) -> bool:
    took = effect.state in ("applied", "verified", "reverted", "overwritten", "raced")
    return took or (
        effect.state == "gone" and bool(effect.verified_at)
    )  # else it was gone before it could be written


def roll_back(desk: Desk, path: Path, by: str, write: bool) -> list[Outcome]:
    """Take back what of a plan was sent and stands as it was written, however its sending seemed to end; the plan's approval covers it.
    Raises InputError where nothing of it was sent."""
    may("apply", desk.cfg.fix.roles.apply, by)
    if write:
        desk.not_back_in_time()
    plan = _named(desk, path)
    effects = desk.history().of_plan(plan)
    took = [e for e in effects.values() if e.sent]
    if not took:
        raise InputError("nothing of this plan was applied: there is nothing to roll back")
    order = Order(
        plan, by, took[-1].approval, undo=True, write=write, canary=0, failure_ratio=desk.cfg.fix.failure_ratio
    )  # fmt: skip
    kept = [e for e in took if e.action.target.resource_type == BACKFILL]
    back = [undone(e.action) for e in reversed(took) if e not in kept]
    words = "a backfill can't be taken back: AWS has applied what was active then to the months behind"
    return [*do(desk, back, order, effects, undo=True), *(Outcome(e.action, "kept", words) for e in kept)]


def _named(desk: Desk, path: Path) -> str:
    """The plan's hash: of the file, or named by its beginning where the file is lost; the log knows what was done."""
    if path.is_file():
        return sha_of(path)
    hits = sorted({e.plan for e in desk.history().effects.values() if e.plan.startswith(path.name)})
    if len(hits) != 1:
        raise InputError(
            f"{shown(path.name, 80)} is neither a plan's file nor the beginning of one hash in the log"
        )
    return hits[0]


def _order(desk: Desk, plan: str, by: str, approval: str, write: bool) -> Order:
    fixing = desk.cfg.fix
    frozen = frozen_on(fixing, desk.now.date())
    return Order(plan, by, approval, False, write, fixing.canary, fixing.failure_ratio, frozen)


def frozen_on(fixing: Fixing, day: date) -> dict[str, str]:
    """Provider → why nothing may be applied to it on that day."""
    return {
        provider: f"a freeze holds: {freeze.reason}"
        for freeze in fixing.freeze
        for provider in ("aws", "azure", "gcp", "k8s", "oci")
        if freeze.holds(day, provider)
    }


def _not_approved(found: PlanFile, history: History, at: str) -> str:
    known = [a for a in history.approvals.values() if a.plan == found.sha]
    if known and known[-1].revoked_by:
        return f"the approval of this plan was revoked by {shown(known[-1].revoked_by, 60)}; let it be approved again"
    if known:
        return f"the approval of this plan ended at {known[-1].until}; let it be approved again"
    if any(found.path.name == name for sha, name in history.paths.items() if sha != found.sha):
        return (
            "this plan is not approved: approvals bind to the very bytes, and this file is not the one that was made or approved "
            "(an edit voids an approval). See it through again: tagrecon fix approve"
        )
    return f"this plan is not approved: tagrecon fix approve {found.path.name}"
