"""What do the commands of fixes share: who signs, the desk, and how outcomes are shown?"""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon.cli import spoken
from recon.cli.settings import configured

if TYPE_CHECKING:
    from recon.fix.order import Outcome
    from recon.run.fixing.desk import Desk

By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who signs; left out: the user of this machine.")
]
Write = Annotated[
    bool, typer.Option("--write", help="Write to the clouds; left out: only look what would be done.")
]
File = Annotated[Path, typer.Argument(metavar="PLAN", help="The plan's file.")]
_SHOWN = 40  # rows of a table in a terminal; --json has all
_BAD = ("changed", "gone", "raced", "reverted", "overwritten", "interrupted", "skipped", "sent")


def signer(by: str | None) -> str:
    """The name that an event carries."""
    return (by or "").strip() or getpass.getuser()


def desk_of(config: Path, store: Path | None, now: str | None, tell: Callable[[str], None]) -> Desk:
    """The desk of a configuration. With --now all events carry that instant; else the clock tells theirs."""
    from recon.run.fixing.desk import Desk

    at = spoken.instant(now)
    clock = (lambda: datetime.now(UTC)) if now is None else (lambda: at)
    return Desk(configured(config, store=store), at, clock, tell)


def outcomes_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Outcomes as rows of a JSON document."""
    return [
        {
            "action": o.action.id, "provider": o.action.target.provider_id, "account": o.action.target.account_id,
            "resource": o.action.target.resource_id, "key": o.action.key, "outcome": o.outcome, "reason": o.reason,
            "permission": o.permission,
        }
        for o in outcomes
    ]  # fmt: skip


def print_outcomes(title: str, outcomes: Sequence[Outcome]) -> None:
    """Counts first, then what did not go well, then the rest, as far as a terminal takes it."""
    from recon.cli.paper import cell, console, table
    from recon.fix.order import GOOD

    out = console()
    counts = Counter(o.outcome for o in outcomes)
    out.print(
        cell(
            f"{title}: {', '.join(f'{n} {name}' for name, n in sorted(counts.items())) or 'nothing'}", "bold"
        )
    )
    ordered = sorted(outcomes, key=lambda o: o.outcome in GOOD)
    rows = [
        (
            cell(o.outcome, "" if o.outcome in GOOD else "yellow" if o.outcome in _BAD else "red"),
            o.action.target.provider_id, cell(tail(o.action.target.resource_id)), cell(_changes(o), limit=90), cell(o.reason + (f" (needs {o.permission})" if o.permission else ""), limit=200),
        )
        for o in ordered[:_SHOWN]
    ]  # fmt: skip
    if rows:
        out.print(table("", ("Outcome", "Provider", "Resource", "Before → after", "Why"), rows))
    if len(outcomes) > _SHOWN:
        out.print(cell(f"{len(outcomes) - _SHOWN} more; --json shows all", "dim"))


def tail(text: str, most: int = 44) -> str:
    """The end of a long id, which is what tells it from others."""
    return text if len(text) <= most else f"…{text[-most + 1 :]}"


def _changes(outcome: Outcome) -> str:
    return ", ".join(
        f"{c.raw_key}: {'–' if c.before is None else c.before} → {'–' if c.after is None else c.after}"
        for c in outcome.action.changes
    )


def exit_of(outcomes: Sequence[Outcome]) -> int:
    """0 where all went well, 3 where something did not."""
    from recon.errors import Exit
    from recon.fix.order import GOOD

    return Exit.DONE if all(o.outcome in GOOD for o in outcomes) else Exit.PARTIAL
