"""How does the scheduler process start?"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from recon.cli import options, spoken
from recon.cli.door import door
from recon.cli.settings import configured
from recon.errors import Exit


@door
def schedule(
    config: options.Config = options.DEFAULT_CONFIG,
    show: Annotated[
        bool, typer.Option("--show", help="Print the next times of every job, and leave.")
    ] = False,
    every: Annotated[
        int | None,
        typer.Option(
            "--every", metavar="SECONDS", min=1, help="To try it out: each job every so many seconds."
        ),
    ] = None,
    now: options.Now = None,
) -> int:
    """Run the configured jobs at their times, until stopped.

    SIGTERM or Ctrl-C stop it, and a job that is running then. docs/schedule.md shows the other ways."""
    cfg = configured(config)
    # The scheduler lies above the command line, so it is found by name, and only when it is asked for.
    worker = import_module("cron.worker")
    if show:
        for line in worker.next_times(cfg.schedule, spoken.instant(now)):
            typer.echo(line)
        return Exit.DONE
    return int(worker.serve(cfg.schedule, config, every=every))
