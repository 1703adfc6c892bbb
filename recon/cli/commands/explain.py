"""Why did my team get this? A resource, an account or an entry, from its bill lines to the ledger."""

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
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="RESOURCE|ACCOUNT|ENTRY",
            help="A resource's id, the last part of it, or its end; an account of the ledger, such as owner:payments; "
            "or entry:<id>.",
        ),
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
    """A resource, an account of the ledger, or one entry, back to its bill lines.

    A resource: tag values as the registry expects them, as they are live and as they are billed, each verdict with its
    reason, the ledger. An account: its statement, each entry with rule and weight, what pools were made of, what
    adjustments change."""
    asked, at = spoken.periods(period), spoken.instant(now)
    cfg = configured(config, store=store)
    from recon import explain as room
    from recon.cli.explained import print_or_json, told_of
    from recon.export import open_store
    from recon.registry import load_registry

    registry = load_registry(cfg.registry)
    with open_store(cfg.store) as opened:
        if told := told_of(opened, wanted, asked):
            print_or_json(cfg, registry, opened, told, lines, as_json)
            return Exit.DONE
        story = room.explain(opened, wanted, registry, at.date(), asked)
        found = room.bill_lines(cfg, registry, opened, story.hit, story.billing_periods, lines)
    if as_json:
        echo_json({**story.as_json(), **found.as_json()})
    else:
        from recon.cli.explain_text import print_story

        print_story(story, found, lines)
    return Exit.DONE
