"""How does one get a plan of fixes as a file to review, edit and approve?"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from recon.cli import options
from recon.cli.commands.fixing.common import By, desk_of, signer
from recon.cli.conclusion import echo_json
from recon.cli.door import door, near
from recon.cli.telling import telling
from recon.errors import Exit, InputError


def _globs(name: str, what: str) -> object:
    return typer.Option(f"--{name}", metavar="GLOB", help=f"Only actions of this {what}; may be repeated.")


@door
def plan(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where the plan is written.")] = Path(
        "fix-plan.yaml"
    ),
    key: Annotated[list[str] | None, _globs("key", "registry key")] = None,
    provider: Annotated[list[str] | None, _globs("provider", "provider")] = None,
    account: Annotated[list[str] | None, _globs("account", "account")] = None,
    owner: Annotated[list[str] | None, _globs("owner", "owner")] = None,
    verdict: Annotated[list[str] | None, _globs("verdict", "verdict")] = None,
    least: Annotated[
        str, typer.Option("--least", metavar="0..1", help="Only actions that are at least so sure.")
    ] = "0",
    edited: Annotated[
        Path | None,
        typer.Option(
            "--edited", metavar="FILE", help="Sign for a plan that you have edited, instead of making one."
        ),
    ] = None,
    by: By = None,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    now: options.Now = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Write what would mend the open findings into a file. Nothing is written to a cloud."""
    from recon.run.fixing.planning import Narrow, make_plan, register_edited

    keys, providers, accounts, owners, verdicts = (
        tuple(part or ()) for part in (key, provider, account, owner, verdict)
    )
    narrow = Narrow(keys, providers, accounts, owners, verdicts, _share(least))
    with telling(quiet) as tell:
        desk = desk_of(config, store, now, tell)
        if edited is not None:
            found = register_edited(desk, edited, signer(by))
            made, sha, path = found.plan, found.sha, edited
        else:
            made, sha = make_plan(desk, to, signer(by), narrow)
            path = to
    said = {
        "schema": "tagrecon.fix/1", "plan": sha, "file": near(path), "actions": len(made.actions),
        "code_changes": len(made.code), "held_back": len(made.held), "author": signer(by),
    }  # fmt: skip
    if as_json:
        echo_json(said)
    elif not quiet:
        typer.echo(
            f"{near(path)}: {len(made.actions)} actions"
            + (f", {len(made.code)} to make in code" if made.code else "")
            + (f", {len(made.held)} held back (the file says why)" if made.held else "")
        )
        typer.echo(
            f"plan {sha[:16]}: read it, take out what should not be done, then tagrecon fix approve {near(path)}"
        )
    return Exit.DONE


def _share(text: str) -> Decimal:
    try:
        share = Decimal(text)
    except InvalidOperation:
        share = Decimal(-1)
    if not 0 <= share <= 1:
        raise InputError("--least is a confidence between 0 and 1, such as 0.9")
    return share
