"""What would move, from whom to whom, if other rules or another registry held? A gate for pull requests."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli import options, spoken
from recon.cli.conclusion import echo_json
from recon.cli.door import door, say
from recon.cli.settings import configured
from recon.cli.telling import telling
from recon.errors import Exit, InputError, Where
from recon.hostile import shown

if TYPE_CHECKING:
    from recon.whatif import Differences


@door
def whatif(
    allocation: Annotated[
        Path | None,
        typer.Option(
            "--allocation", metavar="FILE", help="Allocation rules to try, instead of the configured ones."
        ),
    ] = None,
    registry: Annotated[
        Path | None,
        typer.Option("--registry", metavar="FILE", help="A registry to try, instead of the configured one."),
    ] = None,
    fail_if_moved: Annotated[
        str | None,
        typer.Option(
            "--fail-if-moved",
            metavar="AMOUNT",
            help="Exit 1 where, in any currency, more than this would move.",
        ),
    ] = None,
    lines: Annotated[
        int, typer.Option("--lines", metavar="N", min=1, help="Rows to show of each table.")
    ] = 20,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    period: options.Period = None,
    now: options.Now = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """The stored data under other rules: what would move, from whom to whom.

    Nothing is changed and nothing published. Amounts are EffectiveCost; what changes in closed months shows as the
    adjustments that it would cause."""
    limit = _limit(fail_if_moved)
    asked, at = spoken.periods(period), spoken.instant(now)
    for path in (allocation, registry):
        if path is not None and not path.is_file():
            raise InputError("no such file; check the path", Where(path))
    cfg = configured(config, store=store)
    from recon.whatif import compare, try_rules

    with (
        telling(quiet) as tell,
        try_rules(config, cfg, at, registry=registry, allocation=allocation, tell=tell) as trial,
    ):
        found = compare(trial, asked)
    if as_json:
        echo_json(found.as_json())
    elif not quiet:
        from recon.cli.whatif_text import print_differences

        print_differences(found, lines)
    over = {c: a for c, a in found.moved().items() if limit is not None and a > limit}
    said = _missed(found, over, limit or Decimal(0))
    if limit is not None and found.bills_changed:
        said.append(
            "gate missed: the bills hold news since the last run, which can't be told from what the rules do; run "
            "tagrecon run first"
        )
    say(said)
    return Exit.GATE_MISSED if said else Exit.DONE


def _limit(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        limit = Decimal(text.strip())
    except InvalidOperation:
        limit = Decimal(-1)
    if not limit.is_finite() or limit < 0:
        raise InputError(f'--fail-if-moved: "{shown(text, 60)}" is no amount; write a number such as 1000')
    return limit


def _missed(found: Differences, over: dict[str, Decimal], limit: Decimal) -> list[str]:
    from reports import words

    up_to = "up to " if found.moves is None else ""
    return [
        f"gate missed: {up_to}{words.money(amount, currency)} would move; at most {words.money(limit, currency)} may"
        for currency, amount in over.items()
    ]
