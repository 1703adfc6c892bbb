"""Where does each plan and each standing approval stand?"""

from __future__ import annotations

from collections import Counter
from typing import Any

from recon.cli import options
from recon.cli.commands.fixing.common import desk_of
from recon.cli.conclusion import echo_json
from recon.cli.door import door
from recon.errors import Exit


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
        each["approval"] = _approval(vars(approval), approval.holds(at))
    for effect in history.effects.values():
        each = plans.setdefault(
            effect.plan, {"plan": effect.plan, "file": "", "authors": [], "states": Counter()}
        )
        each["states"]["rolled back" if effect.undo in ("applied", "already") else effect.state] += 1
    standing = [{**vars(s), "holds": s.holds(at)} for s in standing_approvals(events)]
    if as_json:
        echo_json({"schema": "tagrecon.fix/1", "plans": list(plans.values()), "standing": standing})
    else:
        _print(list(plans.values()), standing)
    return Exit.DONE


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
                cell(f"{s['provider']} {s['account']} {s['resource']}", limit=60), str(s["most"]),
                f"{'holds until' if s['holds'] else 'revoked' if s['revoked_by'] else 'ended'} {s['until']}",
            )
            for s in standing
        ]  # fmt: skip
        out.print(
            table(
                "Standing approvals", ("Id", "By", "What", "Where", "Most", "State"), signed, right=("Most",)
            )
        )


def _signed(approval: dict[str, Any] | None) -> str:
    return (
        "not approved" if approval is None else f"{approval['by']}, {approval['state']} {approval['until']}"
    )
