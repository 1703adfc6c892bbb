"""Which commands are there? One line per command, in the order in which a user meets them."""

from __future__ import annotations

from typing import Annotated

import typer

from recon import __version__
from recon.cli.commands import (
    audit,
    close,
    demo,
    doctor,
    explain,
    export,
    fix,
    registry,
    run,
    schedule,
    whatif,
)

_HELP = """Reconciles the tags a company meant, the tags its resources have, and the tags on its cloud bill.

Exit codes: 0 done, 1 a gate was missed, 2 your input is wrong, 3 partial (something was not read), 4 a bug of
tagrecon, 5 another run holds the lock.
"""

# Plain help: rich's boxes would cost a third of the time in which --help has to answer.
app = typer.Typer(
    name="tagrecon",
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tagrecon {__version__}")
        raise typer.Exit


@app.callback()
def _tagrecon(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version, and leave.")
    ] = False,
) -> None:
    pass


for _name, (_command, _help) in run.COMMANDS.items():
    app.command(_name, help=_help)(_command)
app.command("audit")(audit.audit)
app.command("explain")(explain.explain)
app.command("whatif")(whatif.whatif)
app.command("close")(close.close)
app.add_typer(fix.app, name="fix")
app.add_typer(registry.app, name="registry")
app.add_typer(export.app, name="export")
app.command("schedule")(schedule.schedule)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
