"""Who changed this tag, when, why and under which approval, and was the log itself left alone?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon.cli import options
from recon.cli.commands.fixing.common import desk_of, tail
from recon.cli.conclusion import echo_json
from recon.cli.door import door, say
from recon.errors import Exit
from recon.hostile import shown

if TYPE_CHECKING:
    from recon.fix.log import Event
    from recon.run.fixing.desk import Desk

_SHOWN = 60


@door
def audit(
    verify: Annotated[
        bool, typer.Option("--verify", help="Prove that no line was edited, removed, added or moved.")
    ] = False,
    expect: Annotated[
        str | None,
        typer.Option(
            "--expect",
            metavar="HEAD",
            help="With --verify: a head that was noted elsewhere must be in the log.",
        ),
    ] = None,
    head: Annotated[
        bool, typer.Option("--head", help="Print the newest number and hash, to be kept elsewhere.")
    ] = False,
    resource: Annotated[
        str | None, typer.Option("--resource", metavar="ID", help="Only what is about this resource.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="Only what is about this key.")
    ] = None,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    as_json: options.Json = False,
) -> int:
    """Show the audit log, or prove that nobody changed it. Exit 1 where it was changed."""
    from recon.fix.approvals import standing_approvals
    from recon.fix.history import folded
    from recon.fix.published import published

    desk = desk_of(config, store, None, lambda line: None)
    if verify or expect is not None:
        return _prove(desk, expect, as_json)
    if head:
        last = desk.log.newest()
        newest = f"{last.n}:{last.hash}" if last else "0"
        typer.echo(json.dumps({"head": newest}) if as_json else newest)
        return Exit.DONE
    events = desk.events()
    signers = {a.id: a.by for a in folded(events).approvals.values()} | {
        s.id: s.by for s in standing_approvals(events)
    }
    asked = [
        published(e, desk.masker) for e in events
        if resource in (None, e.subject, e.detail.get("resource")) and key in (None, e.detail.get("key"))
    ]  # fmt: skip
    if as_json:
        echo_json({"schema": "tagrecon.audit/1", "events": [vars(e) for e in asked]})
        return Exit.DONE
    if asked or not (resource or key):
        _print(asked, signers)
    else:
        said = [f"resource {shown(resource)}"] if resource else []
        said += [f"key {shown(key)}"] if key else []
        say(f"nothing is known of {' and '.join(said)}: none of the log's {len(events)} events is about it")
    return Exit.DONE


def _prove(desk: Desk, expect: str | None, as_json: bool) -> int:
    from recon.fix.proof import prove

    proof = prove(desk.log, expect, desk.taken_in())
    if as_json:
        echo_json(
            {
                "schema": "tagrecon.audit/1",
                "holds": proof.holds,
                "events": proof.events,
                "head": proof.head,
                "problems": proof.problems,
            }
        )
    else:
        say(proof.problems)
        typer.echo(
            f"{proof.events} events, unbroken; head {proof.head}" if proof.holds
            else f"the log was changed: {len(proof.problems)} problems in {proof.events} events"
        )  # fmt: skip
    return Exit.DONE if proof.holds else Exit.GATE_MISSED


def _print(events: Sequence[Event], approvers: dict[str, str]) -> None:
    from recon.cli.paper import cell, console, table

    rows = [
        (
            str(e.n), e.at[:19].replace("T", " "), cell(e.who, limit=30), cell(_what(e), limit=30), cell(_about(e)),
            cell(_why(e, approvers), limit=160),
        )
        for e in events[-_SHOWN:]
    ]  # fmt: skip
    out = console()
    out.print(
        table("Audit log", ("No", "When (UTC)", "Who", "What", "About", "How and why"), rows, right=("No",))
    )
    if len(events) > _SHOWN:
        out.print(cell(f"the newest {_SHOWN} of {len(events)}; --json shows all", "dim"))


def _about(event: Event) -> str:
    """A resource by its end, a plan by the beginning of its hash."""
    return event.subject[:16] if event.what in ("plan", "approve", "revoke", "begin") else tail(event.subject)


def _what(event: Event) -> str:
    said = str(event.detail.get("outcome") or event.detail.get("found") or event.what)
    if event.detail.get("undo"):
        return "rolled back" if said == "applied" else f"rollback: {said}"
    return said


def _why(event: Event, approvers: dict[str, str]) -> str:
    said: Any = event.detail
    sides = ("after", "before") if said.get("undo") else ("before", "after")
    changes = ", ".join(
        f"{c['raw_key']}: {_side(c[sides[0]])} → {_side(c[sides[1]])}" for c in said.get("changes", ())
    )
    approver = approvers.get(str(said.get("approval", "")))
    why = "" if event.what == "send" else str(said.get("why") or said.get("comment") or "").rstrip(".")
    parts = [
        str(said.get("file") or ""),
        f"{said['actions']} actions" if "actions" in said else "",
        f"until {said['until']}" if "until" in said else "",
        " ".join(str(said[name]) for name in ("decision", "value") if said.get(name)),
        changes, why, str(said.get("reason") or ""),
        f"approved by {approver}" if approver and event.what != "approve" else "",
        f"plan {str(said['plan'])[:16]}" if "plan" in said else "",
    ]  # fmt: skip
    return "; ".join(part for part in parts if part)


def _side(value: str | None) -> str:
    return "–" if value is None else value
