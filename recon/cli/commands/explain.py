"""Why did my team get this? One resource, from its bill lines to the ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from recon.cli import options, spoken
from recon.cli.conclusion import echo_json
from recon.cli.door import door
from recon.cli.settings import configured
from recon.errors import Exit


@door
def explain(
    resource: Annotated[
        str, typer.Argument(metavar="RESOURCE", help="Its id, the last part of it, or its end.")
    ],
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    period: options.Period = None,
    lines: Annotated[
        int,
        typer.Option("--lines", metavar="N", min=0, help="Bill lines to show, re-read from the bill files."),
    ] = 20,
    now: options.Now = None,
    as_json: options.Json = False,
) -> int:
    """One resource: charges, tags, verdicts, ledger, bill lines.

    Tag values as the registry expects them, as they are live and as they are billed; each verdict with its
    reason."""
    asked, at = spoken.periods(period), spoken.instant(now)
    cfg = configured(config, store=store)
    from recon import explain as room
    from recon.export import open_store
    from recon.registry import load_registry

    registry = load_registry(cfg.registry)
    with open_store(cfg.store) as opened:
        story = room.explain(opened, resource, registry, at.date(), asked)
        found = room.bill_lines(cfg, registry, opened, story.hit, story.billing_periods, lines)
    if as_json:
        echo_json({**story.as_json(), **found.as_json()})
    else:
        from recon.cli.explain_text import print_story

        print_story(story, found, lines)
    return Exit.DONE
