"""What does a finished run say to the shell? Its summary, its gates, and one exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from recon.cli.door import say
from recon.cli.spoken import Periods, within
from recon.errors import Exit
from recon.gates import Gate, Passed, evaluate

if TYPE_CHECKING:
    from recon.run import Result


@dataclass(frozen=True)
class Asked:
    """How the user wants to be answered."""

    gates: Sequence[Gate] = ()
    periods: Periods | None = None
    gaps_ok: bool = False
    as_json: bool = False
    quiet: bool = False


def conclude(result: Result, asked: Asked) -> int:
    """Show the result as asked and return the exit code."""
    period = gated_period(result.summary, asked.periods)
    passed = evaluate(asked.gates, result.summary.get("coverage", ()), period)
    if asked.as_json:
        echo_json(result.summary)
    elif not asked.quiet:
        from recon.cli.summary import print_summary

        print_summary(result, passed)
    if asked.as_json or asked.quiet:
        say(gate_line(answer) for answer in passed if not answer.met)
    return exit_code(result.status, passed, asked.gaps_ok)


def exit_code(status: str, passed: Sequence[Passed], gaps_ok: bool) -> int:
    """First of 4, 1, 3, 0 that applies; 2 and 5 never get as far as a result."""
    if status == "failed":
        return Exit.OUR_BUG
    if any(not answer.met for answer in passed):
        return Exit.GATE_MISSED
    return Exit.PARTIAL if status == "partial" and not gaps_ok else Exit.DONE


def gate_line(answer: Passed) -> str:
    """One gate's answer as a sentence."""
    from reports import words

    gate, state = answer.gate, "met" if answer.met else "missed"
    currency = f", {answer.currency}" if answer.currency else ""
    return (
        f"gate {state}: {gate.key} {words.share(answer.share)} of {gate.basis} in "
        f"{words.period(answer.billing_period) or 'no period'}{currency}; asked for {gate.percent:f} %"
    )


def gated_period(summary: Mapping[str, Any], asked: Periods | None) -> str:
    """The period that gates look at: the newest asked for that has ended, else the newest, else "".

    The same one that the report leads with, when no period is asked for.
    """
    found = sorted({row["billing_period"] for row in summary.get("coverage", ())})
    found = [period for period in found if within(period, asked)]
    started = str(summary.get("run", {}).get("started_at", ""))[:7]
    ended = [period for period in found if period < started]
    return str((ended or found or [""])[-1])


def echo_json(document: object) -> None:
    """One JSON document on stdout, ASCII only: its tag values may be on their way to a terminal."""
    typer.echo(json.dumps(document, indent=2, default=str))
