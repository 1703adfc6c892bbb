"""How does somebody approve a plan, take that back, or sign a standing approval? All of it is told by the log."""

from __future__ import annotations

from pathlib import Path

from recon.errors import InputError
from recon.fix.approvals import Signature, Standing, approved, may, signed, standing_approvals
from recon.fix.history import Approval, folded
from recon.fix.log import News
from recon.fix.plan_file import PlanFile, sha_of
from recon.hostile import shown
from recon.registry import in_force
from recon.run.fixing.deciding_anew import rulings_of
from recon.run.fixing.desk import Desk
from recon.run.fixing.hindered import hindered
from recon.run.fixing.planning import check_plan

# a standing approval allows what the nightly run would find out by these
CHECKS = ("variant", "invalid", "wrong-owner", "conflict", "untagged", "unknown-resource", "not-activated")


def approve(desk: Desk, path: Path, sign: Signature) -> tuple[PlanFile, Approval]:
    """Approve the plan in a file, as it is now. Raises InputError(s) where it may not be."""
    found = check_plan(desk, path, sign.by, "approve")
    _decided_otherwise(desk, found)
    for own, why in sorted(hindered(desk, found.plan.actions).items()):
        raise InputError(f"action {own} must not be made: {why} Take it out, or make the plan anew")
    desk.not_back_in_time()
    news = approved(found, desk.history(), desk.registry, desk.cfg.fix, sign, desk.live())
    [event] = desk.log.append([news], desk.clock())[-1:]
    return found, folded([event]).approvals[str(news.detail["approval"])]


def _decided_otherwise(desk: Desk, found: PlanFile) -> None:
    """Raises InputError where the plan would set what a reviewer has rejected since it was made."""
    rules = in_force(desk.registry, desk.now.date())
    ruled = rulings_of(desk.events(), desk.registry, desk.now)
    for action in found.plan.actions:
        rejected = ruled[action.id].rejected if action.id in ruled else frozenset()
        for change in action.changes if rejected else ():
            said = rules.value_of(action.key, action.target.provider_id, change.after or "")
            if change.after in rejected or (said.valid and said.value in rejected):
                raise InputError(
                    f"action {action.id} ({shown(action.target.resource_id, 80)}) would set what a reviewer has rejected; take it out, "
                    "or make the plan anew"
                )


def revoke(desk: Desk, what: str, by: str, comment: str) -> str:
    """Take the approval of a plan (its file or hash) or a standing approval (its id) back; says what was revoked."""
    may("approve", desk.cfg.fix.roles.approve, by)
    events = desk.events()
    subject = sha_of(Path(what)) if Path(what).is_file() else what
    plans = {a.plan for a in folded(events).approvals.values() if not a.revoked_by}
    standing = {s.id for s in standing_approvals(events) if not s.revoked_by}
    hits = sorted(own for own in plans | standing if own.startswith(subject))
    if len(hits) != 1 or not subject:
        raise InputError(
            f"nothing approved goes by {shown(what, 80)}: name a plan's file, or the beginning of one hash or id that "
            "tagrecon fix status shows"
        )
    desk.log.append([News(by, "revoke", hits[0], {"comment": comment})], desk.clock())
    return f"standing approval {hits[0]}" if hits[0] in standing else f"the approval of plan {hits[0][:12]}"


def sign_standing(desk: Desk, wanted: Standing) -> Standing:
    """Sign a standing approval; the nightly run uses it where `remediate: apply` is configured."""
    [event] = desk.log.append([signed(wanted, desk.registry, desk.cfg.fix, CHECKS)], desk.clock())[-1:]
    return standing_approvals([event])[0]
