"""What may the nightly run fix by itself? Just what a standing approval covers, and nothing where none does.

Each standing approval gets a plan of its own, kept beside the store, so that it can be verified and rolled back like any other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recon.fix.approvals import Standing, instant, lapsed, standing_approvals
from recon.fix.document import plan_text
from recon.fix.log import News
from recon.fix.order import Order, Outcome
from recon.fix.planned import Plan
from recon.run.fixing.desk import Desk
from recon.run.fixing.doing import do, frozen_on
from recon.run.fixing.planning import NIGHTLY, drafted_now, header_of, planned
from recon.run.fixing.settling import settle_alone
from recon.run.fixing.withdrawn import Withdrawn
from recon.store.store import read_meta


@dataclass(frozen=True)
class Remedied:
    """What one standing approval let the run do."""

    standing: Standing
    plan: str
    outcomes: Sequence[Outcome]


def apply_standing(desk: Desk) -> list[Remedied]:
    """Apply what the standing approvals in force cover, each within its caps; nothing unless `remediate: apply` is configured.

    What an earlier night left unclear is settled first. An action that two of them cover is made under the one that was signed
    first; one that is in force and may not be used any more is named and left."""
    if desk.cfg.remediate != "apply":
        return []
    at = instant(desk.now)
    events = desk.proven()
    settle_alone(desk, NIGHTLY)
    signed = [s for s in standing_approvals(events) if s.holds(at) and _usable(desk, s)]
    if not signed:
        desk.tell("remediate: apply is configured, and no standing approval is in force: nothing was applied")
        return []
    with desk.store() as con:
        run = json.loads(read_meta(con, "summary") or "{}").get("run", {})
        drafted = drafted_now(desk, con)
    left, done = list(drafted.actions), []
    for standing in signed:
        chosen = standing.within(left)
        if not chosen:
            continue
        taken = {a.id for a in chosen}
        left = [a for a in left if a.id not in taken]
        header = header_of(desk.cfg, run, NIGHTLY, at)
        plan = planned(replace(drafted, actions=chosen, held=(), code=()), header)
        done.append(_applied(desk, standing, plan))
    return done


def _usable(desk: Desk, standing: Standing) -> bool:
    why = lapsed(standing, desk.registry, desk.cfg.fix)
    if why:
        desk.tell(f"standing approval {standing.id} was not used: {why}")
    return not why


def _applied(desk: Desk, standing: Standing, plan: Plan) -> Remedied:
    text = plan_text(plan).encode()
    sha = hashlib.sha256(text).hexdigest()
    kept = _kept(desk.paths.plans, sha, text)
    detail = {"file": kept.name, "actions": len(plan.actions), "standing": standing.id}
    desk.log.append([News(NIGHTLY, "plan", sha, detail)], desk.clock())
    fixing = desk.cfg.fix
    order = Order(
        sha, NIGHTLY, standing.id, False, True, fixing.canary, fixing.failure_ratio, frozen_on(fixing, desk.now.date()),
        Withdrawn(desk, standing.id, standing.until),
    )  # fmt: skip
    outcomes = do(desk, plan.actions, order, {})
    desk.tell(f"standing approval {standing.id} of {standing.by}: {len(outcomes)} actions, plan {sha[:16]}")
    return Remedied(standing, sha, outcomes)


def _kept(folder: Path, sha: str, text: bytes) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{sha[:16]}.yaml"
    path.write_bytes(text)
    return path
