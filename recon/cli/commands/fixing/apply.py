"""How is an approved plan applied, or looked at without writing?"""

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
def apply(
    plan: File,
    write: Write = False,
    by: By = None,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    now: options.Now = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Apply an approved plan. Each resource is read again first; what somebody has changed since is left alone.

    Without --write nothing is written: the same reading, and what would be done. Cut off, the same command goes on.
    Exit 3 where any action did not take effect."""
    from recon.run.fixing.doing import apply as apply_plan

    with telling(quiet) as tell:
        found, outcomes = apply_plan(desk_of(config, store, now, tell), plan, signer(by), write)
    if as_json:
        echo_json(
            {
                "schema": "tagrecon.fix/1",
                "plan": found.sha,
                "wrote": write,
                "outcomes": outcomes_json(outcomes),
            }
        )
    elif not quiet:
        print_outcomes(f"Plan {found.sha[:16]}" + ("" if write else ", nothing was written"), outcomes)
    return exit_of(outcomes)
