"""How is a plan that was applied taken back?"""

from __future__ import annotations

from recon.cli import options
from recon.cli.commands.fixing.common import (
    By,
    File,
    Write,
    desk_of,
    exit_of,
    outcomes_json,
    print_outcomes,
    signer,
)
from recon.cli.conclusion import echo_json
from recon.cli.door import door
from recon.cli.telling import telling


@door
def rollback(
    plan: File,
    write: Write = False,
    by: By = None,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    now: options.Now = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Take back what a plan changed, where it still says what the plan wrote. PLAN: its file, or the beginning of its hash.

    Without --write nothing is written. Exit 3 where something could not be taken back."""
    from recon.run.fixing.doing import roll_back

    with telling(quiet) as tell:
        outcomes = roll_back(desk_of(config, store, now, tell), plan, signer(by), write)
    if as_json:
        echo_json({"schema": "tagrecon.fix/1", "wrote": write, "outcomes": outcomes_json(outcomes)})
    elif not quiet:
        print_outcomes("Rolled back" if write else "To roll back, nothing was written", outcomes)
    return exit_of(outcomes)
