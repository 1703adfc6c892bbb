"""Does what was applied still stand?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from recon.cli import options
from recon.cli.commands.fixing.common import By, desk_of, signer, tail
from recon.cli.conclusion import echo_json
from recon.cli.door import door
from recon.cli.telling import telling
from recon.errors import Exit


@door
def verify(
    plan: Annotated[
        Path | None, typer.Argument(metavar="[PLAN]", help="The plan's file; left out: all that was applied.")
    ] = None,
    by: By = None,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    now: options.Now = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Read afresh what was applied. Exit 3 where something does not stand (any more)."""
    from recon.run.fixing.doing import verify as verify_plan

    with telling(quiet) as tell:
        found = verify_plan(desk_of(config, store, now, tell), plan, signer(by))
    rows = [
        {
            "plan": f.effect.plan, "action": f.effect.action.id, "provider": f.effect.action.target.provider_id,
            "resource": f.effect.action.target.resource_id, "key": f.effect.action.key, "owner": f.effect.action.owner,
            "found": f.found, "reason": f.reason,
        }
        for f in found
    ]  # fmt: skip
    if as_json:
        echo_json({"schema": "tagrecon.fix/1", "verified": rows})
    elif not quiet:
        from recon.cli.paper import cell, console, table

        counts = Counter(f.found for f in found)
        out = console()
        out.print(
            cell(
                ", ".join(f"{n} {name}" for name, n in sorted(counts.items())) or "nothing was applied",
                "bold",
            )
        )
        bad = [
            (
                cell(r["found"], "yellow"), str(r["provider"]), cell(tail(str(r["resource"]))), cell(r["key"], limit=30),
                cell(r["owner"] or "–", limit=30), cell(r["reason"], limit=200),
            )
            for r in rows if r["found"] != "verified"
        ]  # fmt: skip
        if bad:
            out.print(table("", ("Found", "Provider", "Resource", "Key", "Owner", "Why"), bad[:40]))
    return Exit.DONE if all(f.found == "verified" for f in found) else Exit.PARTIAL
