"""How do people decide about suggestions: in the terminal, or by a file that they fill in?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon.cli import options
from recon.cli.commands.fixing.common import By, desk_of, signer
from recon.cli.conclusion import echo_json
from recon.cli.door import door, near
from recon.cli.telling import telling
from recon.errors import Exit, InputError

if TYPE_CHECKING:
    from recon.run.fixing.desk import Desk

TOP = 20  # rows of the queue in a terminal; --json and --export have all


def _globs(name: str, what: str) -> Any:
    return typer.Option(
        f"--{name}", metavar="GLOB", help=f"Only suggestions of this {what}; may be repeated."
    )


@door
def review(
    listed: Annotated[bool, typer.Option("--list", help="Only show what waits, the first 20.")] = False,
    exported: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FILE", help="Write what waits into a .csv or .yaml file to fill in."
        ),
    ] = None,
    imported: Annotated[
        Path | None,
        typer.Option(
            "--import", metavar="FILE", help="Take the decisions of such a file: all of them, or none."
        ),
    ] = None,
    stats: Annotated[
        bool, typer.Option("--stats", help="Who decided how often, and how far reviewers agree.")
    ] = False,
    adjudicate: Annotated[
        bool,
        typer.Option(
            "--adjudicate", help="Only what two reviewers differ on; the word of a third person decides."
        ),
    ] = False,
    currency: Annotated[
        str, typer.Option("--currency", metavar="CODE", help="Only suggestions priced in this currency.")
    ] = "",
    key: Annotated[list[str] | None, _globs("key", "registry key")] = None,
    verdict: Annotated[list[str] | None, _globs("verdict", "verdict")] = None,
    owner: Annotated[list[str] | None, _globs("owner", "owner")] = None,
    by: By = None,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    now: options.Now = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Decide about suggestions, those with the most money and the least certainty first: accept, reject, correct, defer.

    In a terminal one after the other; else what waits is listed. Nothing is written to a cloud."""
    from recon.run.fixing import reviewing

    if sum((listed, exported is not None, imported is not None, stats)) > 1:
        raise InputError("--list, --export, --import and --stats are four ways; choose one")
    watched = sys.stdin.isatty() and sys.stdout.isatty()
    asks = watched and not (listed or exported or imported or stats or as_json)
    with telling(quiet or asks) as tell:
        desk = desk_of(config, store, now, tell)
        if stats:
            return _stats(reviewing.stats_of(desk), as_json)
        if imported is not None:
            new, known = reviewing.take_answers(desk, imported, signer(by), adjudicate)
            return _imported(imported, new, known, as_json, quiet)
        whose = signer(by) if asks or by else ""
        globs = (tuple(part or ()) for part in (key, verdict, owner))
        queue = reviewing.queue_of(desk, reviewing.Wanted(whose, currency, adjudicate, *globs))
        if exported is not None:
            rows = reviewing.export(desk, exported, queue)
            return _exported(exported, rows, as_json, quiet)
    if asks:
        return _ask(desk, queue, signer(by), adjudicate)
    if as_json:
        echo_json({"schema": "tagrecon.fix/1", "waiting": reviewing.as_json(queue)})
    elif not quiet:
        from recon.cli.review_text import print_queue

        print_queue(queue, TOP)
    return Exit.DONE


def _ask(desk: Desk, queue: Any, by: str, adjudicate: bool) -> int:
    from recon.cli.review_talk import talk
    from recon.fix.approvals import may
    from recon.run.fixing import reviewing

    may("review", desk.cfg.fix.roles.review, by)
    talk(queue, by, lambda item, word: reviewing.say(desk, item, by, word, adjudicate), adjudicate)
    return Exit.DONE


def _imported(path: Path, new: int, known: int, as_json: bool, quiet: bool) -> int:
    if as_json:
        echo_json({"schema": "tagrecon.fix/1", "file": near(path), "decisions": new, "known": known})
    elif not quiet:
        typer.echo(f"{near(path)}: {new} decisions taken" + (f", {known} known before" if known else ""))
    return Exit.DONE


def _exported(path: Path, rows: int, as_json: bool, quiet: bool) -> int:
    if as_json:
        echo_json({"schema": "tagrecon.fix/1", "file": near(path), "waiting": rows})
    elif not quiet:
        typer.echo(
            f"{near(path)}: {rows} suggestions; fill in decision, then tagrecon fix review --import {near(path)}"
        )
    return Exit.DONE


def _stats(stats: Any, as_json: bool) -> int:
    if as_json:
        echo_json({
            "schema": "tagrecon.fix/1",
            "reviewers": [{"reviewer": who, "decision": kind, "count": n} for (who, kind), n in stats.decisions.items()],
            "suggestions": stats.states,
            "agreement": [
                {
                    "first": a.first, "second": a.second, "key": a.key or None, "items": a.items, "same": a.same,
                    "kappa": None if a.kappa is None else float(a.kappa),
                }
                for a in stats.agreements
            ],
        })  # fmt: skip
    else:
        from recon.cli.review_text import print_stats

        print_stats(stats)
    return Exit.DONE
