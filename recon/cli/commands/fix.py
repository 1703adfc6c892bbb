"""Which commands work on fixes? One line each, in the order in which a fix goes through them."""

from __future__ import annotations

import typer

from recon.cli.commands.fixing import accuracy, apply, approve, audit, plan, review, rollback, status, verify

app = typer.Typer(
    help="Fixes of tags: plan, review, approve, apply, verify, roll back. Nothing is written to a cloud without --write.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("accuracy")(accuracy.accuracy)
app.command("plan")(plan.plan)
app.command("review")(review.review)
app.command("approve")(approve.approve)
app.command("apply")(apply.apply)
app.command("verify")(verify.verify)
app.command("rollback")(rollback.rollback)
app.command("status")(status.status)
app.command("audit")(audit.audit)
