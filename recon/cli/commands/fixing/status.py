"""Where does each plan and each standing approval stand?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from recon.cli import options
from recon.cli.commands.fixing.common import desk_of
from recon.cli.conclusion import echo_json
from recon.cli.door import door
from recon.errors import Exit

if TYPE_CHECKING:
    from recon.fix.approvals import Standing
    from recon.fix.log import Event


@door
def status(
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    now: options.Now = None,
    as_json: options.Json = False,
) -> int:
    """Plans, approvals and what became of their actions, as the audit log tells it."""
    from recon.fix.approvals import instant, standing_approvals
    from recon.fix.history import folded

    desk = desk_of(config, store, now, lambda line: None)
    events = desk.events()
    history, at = folded(events), instant(desk.now)
    plans: dict[str, dict[str, Any]] = {}
    for sha, authors in history.authors.items():
        plans[sha] = {
            "plan": sha,
            "file": history.paths.get(sha, ""),
            "authors": sorted(authors),
            "states": Counter(),
        }
    for approval in history.approvals.values():
        each = plans.setdefault(
            approval.plan, {"plan": approval.plan, "file": "", "authors": [], "states": Counter()}
        )
        said = _approval(vars(approval), approval.holds(at))
        if said["state"] == "holds" or each.get("approval", said)["state"] != "holds":
            each["approval"] = said  # the newest that holds, else the newest
    signed = standing_approvals(events)
    for sha, own in _under(events, signed).items():
        plans[sha].setdefault("approval", {**_approval(vars(own), own.holds(at)), "standing": own.id})
    for effect in history.effects.values():
        each = plans.setdefault(
            effect.plan, {"plan": effect.plan, "file": "", "authors": [], "states": Counter()}
        )
        each["states"]["rolled back" if effect.undo in ("applied", "already") else effect.state] += 1
    standing = [{**vars(s), "holds": s.holds(at)} for s in signed]
    if as_json:
        echo_json({"schema": "tagrecon.fix/1", "plans": list(plans.values()), "standing": standing})
    else:
        _print(list(plans.values()), standing)
    return Exit.DONE


def _under(events: Sequence[Event], signed: Sequence[Standing]) -> dict[str, Standing]:
    """Plan of a nightly run → the standing approval that it was made under."""
    by_id = {each.id: each for each in signed}
    told = {e.subject: by_id.get(str(e.detail.get("standing", ""))) for e in events if e.what == "plan"}
    return {sha: own for sha, own in told.items() if own is not None}


def _money(caps: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{currency} {cap:f}" for currency, cap in sorted(caps.items())) or "–"


def _approval(said: dict[str, Any], holds: bool) -> dict[str, Any]:
    state = "holds" if holds else "revoked" if said["revoked_by"] else "ended"
    return {"by": said["by"], "until": said["until"], "state": state}


def _print(plans: list[dict[str, Any]], standing: list[dict[str, Any]]) -> None:
    from recon.cli.paper import cell, console, table

    out = console()
    rows = [
        (
            p["plan"][:16], cell(p["file"], limit=40), cell(", ".join(p["authors"]), limit=40), cell(_signed(p.get("approval")), limit=80),
            cell(", ".join(f"{n} {s}" for s, n in sorted(p["states"].items())) or "nothing applied", limit=120),
        )
        for p in plans
    ]  # fmt: skip
    out.print(table("Plans", ("Plan", "File", "Made by", "Approval", "Actions"), rows))
    if standing:
        signed = [
            (
                s["id"], cell(s["by"], limit=30), cell(f"{s['check']} × {s['key']}", limit=60),
                cell(f"{s['provider']} {s['account']} {s['resource']}", limit=60), str(s["most"]), cell(_money(s["money"]), limit=60),
                f"{'holds until' if s['holds'] else 'revoked' if s['revoked_by'] else 'ended'} {s['until']}",
            )
            for s in standing
        ]  # fmt: skip
        out.print(
            table(
                "Standing approvals",
                ("Id", "By", "What", "Where", "Most", "Most money", "State"),
                signed,
                right=("Most",),
            )
        )


def _signed(approval: dict[str, Any] | None) -> str:
    if approval is None:
        return "not approved"
    own = f"standing:{approval['standing']} of " if "standing" in approval else ""
    return f"{own}{approval['by']}, {approval['state']} {approval['until']}"
