"""How does a person let a plan be applied, take that back, or sign a standing approval?"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli import options, spoken
from recon.cli.commands.fixing.common import By, desk_of, signer
from recon.cli.conclusion import echo_json
from recon.cli.door import door
from recon.cli.telling import telling
from recon.errors import Exit, InputError
from recon.hostile import shown

if TYPE_CHECKING:
    from recon.fix.approvals import Signature
    from recon.run.fixing.desk import Desk


@door
def approve(
    plan: Annotated[
        str | None,
        typer.Argument(
            metavar="[PLAN]", help="The plan's file; with --revoke also the beginning of a hash or id."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="INSTANT", help="How long it holds; left out: fix.approval_hours."),
    ] = None,
    comment: Annotated[str, typer.Option("--comment", metavar="TEXT", help="Kept with it.")] = "",
    revoke: Annotated[bool, typer.Option("--revoke", help="Take an approval back.")] = False,
    standing: Annotated[
        bool,
        typer.Option(
            "--standing", help="Sign a standing approval: the nightly run may fix just that by itself."
        ),
    ] = False,
    verdict: Annotated[str, typer.Option("--verdict", metavar="VERDICT", help="Standing: which check.")] = "",
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="Standing: which registry key.")] = "",
    provider: Annotated[str, typer.Option("--provider", metavar="GLOB", help="Standing: where.")] = "*",
    account: Annotated[str, typer.Option("--account", metavar="GLOB", help="Standing: where.")] = "*",
    resource: Annotated[str, typer.Option("--resource", metavar="GLOB", help="Standing: where.")] = "*",
    most: Annotated[int, typer.Option("--most", min=1, help="Standing: most actions in one run.")] = 20,
    money: Annotated[
        list[str] | None,
        typer.Option(
            "--most-money",
            metavar="USD=100",
            help="Standing: most EffectiveCost in one run; may be repeated.",
        ),
    ] = None,
    by: By = None,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    now: options.Now = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Approve a plan, as its file is now: who, until when. An edit afterwards voids it."""
    from recon.fix.approvals import Signature, Standing, instant
    from recon.run.fixing.approving import revoke as taken_back
    from recon.run.fixing.approving import sign_standing

    with telling(quiet) as tell:
        desk = desk_of(config, store, now, tell)
        ends = spoken.until(until) if until else None
        if standing:
            if ends is None:
                raise InputError("a standing approval expires: --until 2027-01-31")
            wanted = Standing(
                "", signer(by), instant(desk.now), instant(ends), verdict, key, provider, account, resource, most,
                _money(money), comment,
            )  # fmt: skip
            signed = sign_standing(desk, wanted)
            said = {"standing": signed.id, "by": signed.by, "until": signed.until}
            text = f"standing approval {signed.id} of {shown(signed.by)}: {signed.check} × {signed.key}, until {signed.until}"
        elif plan is None:
            raise InputError("name the plan's file: tagrecon fix approve fix-plan.yaml")
        elif revoke:
            what = taken_back(desk, plan, signer(by), comment)
            said, text = {"revoked": what, "by": signer(by)}, f"revoked: {what}"
        else:
            said, text = _one(desk, plan, Signature(signer(by), desk.now, ends, comment))
    if as_json:
        echo_json({"schema": "tagrecon.fix/1", **said})
    elif not quiet:
        typer.echo(text)
    return Exit.DONE


def _one(desk: Desk, plan: str, sign: Signature) -> tuple[dict[str, str], str]:
    from recon.run.fixing.approving import approve as approve_plan

    found, approval = approve_plan(desk, Path(plan), sign)
    said = {"plan": found.sha, "approval": approval.id, "by": approval.by, "until": approval.until}
    text = (
        f"plan {found.sha[:16]} with {len(found.plan.actions)} actions is approved by {shown(approval.by)} until "
        f"{approval.until} (approval {approval.id})"
    )
    return said, text


def _money(given: list[str] | None) -> dict[str, Decimal]:
    found = {}
    for each in given or ():
        currency, _, amount = each.partition("=")
        try:
            value = Decimal(amount)
        except InvalidOperation:
            value = Decimal(-1)
        if len(currency) != 3 or not value.is_finite() or value < 0:
            raise InputError(f"--most-money {shown(each, 40)}: write it as USD=100")
        found[currency.upper()] = value
    return found
