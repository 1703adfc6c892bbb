"""What is wrong with this installation and configuration, and what is to be done about it?"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from recon.cli import options
from recon.cli.conclusion import echo_json
from recon.cli.door import door, near
from recon.errors import Exit, InputError
from recon.hostile import shown

_MARKS = {"ok": "✓", "note": "·", "wrong": "✗"}


@door
def doctor(
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    output: options.Output = None,
    as_json: options.Json = False,
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            metavar="CLOUD",
            help="Print the least rights needed in aws, azure, gcp or kubernetes, to paste.",
        ),
    ] = None,
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="With --policy: the rights to apply approved fixes, a policy of its own."
        ),
    ] = False,
) -> int:
    """What is wrong here, and what to do about it.

    Looks at what is configured, reachable, permitted and installed, and changes nothing. Exit 2 if anything
    is wrong."""
    if write and policy is None:
        raise InputError("--write says which policy to print. Add --policy aws, azure or gcp")
    if policy is not None:
        from recon.config import load_config
        from recon.doctor.policy import policy as reading
        from recon.doctor.write_policy import write_policy

        written = write_policy if write else reading
        typer.echo(
            written(load_config(config.absolute(), overrides={"store": store, "output": output}), policy)
        )
        return Exit.DONE
    from recon.doctor import examine

    found = examine(config.absolute(), overrides={"store": store, "output": output}, environ=os.environ)
    wrong = any(check.state == "wrong" for check in found)
    if as_json:
        checks = [{"name": c.name, "state": c.state, "says": c.says, "next": c.next} for c in found]
        echo_json({"ok": not wrong, "checks": checks})
    else:
        for check in found:
            typer.echo(f"{_MARKS[check.state]} {shown(check.name, 60)}: {shown(near(check.says), 500)}")
            if check.next:
                typer.echo(f"    → {shown(check.next, 500)}")
    return Exit.USER_INPUT if wrong else Exit.DONE
