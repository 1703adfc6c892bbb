"""How does the nightly job, or one stage of it, start from the command line?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from recon.cli import options, spoken
from recon.cli.conclusion import Asked, conclude
from recon.cli.door import door, say
from recon.cli.settings import configured
from recon.cli.telling import telling

if TYPE_CHECKING:
    from recon.cli.telling import Tell
    from recon.config import RunConfig
    from recon.fix.order import Outcome
    from recon.gates import Gate

_HELP = {
    "run": "The nightly job: all stages, then the plan of fixes.",
    "snapshot": "One stage: read the inventories into the store.",
    "ingest": "One stage: read the bills into the store.",
    "reconcile": "One stage: judge and allocate every charge, close the books.",
    "report": "One stage: report what the store holds.",
}
_WITH_COVERAGE = ("run", "reconcile", "report")


def gates_of(cfg: RunConfig, fail_under: Sequence[str] | None) -> list[Gate]:
    """The gates asked for, checked against the keys of the registry before anything runs."""
    if not fail_under:
        return []
    from recon.gates import parse_gates
    from recon.registry import load_registry

    return parse_gates(fail_under, tuple(load_registry(cfg.registry).keys))


def _walk(
    name: str,
    config: Path,
    store: Path | None,
    output: Path | None,
    now: str | None,
    asked: Asked,
    fail_under: list[str] | None = None,
) -> int:
    cfg = configured(config, store=store, output=output)
    at = spoken.instant(now)
    gates = gates_of(cfg, fail_under)
    from recon import run as engine

    stages = engine.ALL_STAGES if name == "run" else frozenset({name})
    with telling(asked.quiet) as tell:
        result = engine.run(cfg, at, stages=stages, periods=asked.periods, tell=tell)
        fixed = _remedied(cfg, at, now, tell) if name == "run" and cfg.remediate == "apply" else []
    code = conclude(result, Asked(gates, asked.periods, asked.gaps_ok, asked.as_json, asked.quiet))
    return _with_fixes(code, fixed, asked)


def _remedied(cfg: RunConfig, at: datetime, now: str | None, tell: Tell) -> list[Outcome]:
    """What the run did under standing approvals."""
    from recon.run.fixing.desk import Desk
    from recon.run.fixing.nightly import apply_standing

    desk = Desk(cfg, at, (lambda: datetime.now(UTC)) if now is None else (lambda: at), tell)
    return [outcome for each in apply_standing(desk) for outcome in each.outcomes]


def _with_fixes(code: int, outcomes: list[Outcome], asked: Asked) -> int:
    from recon.cli.commands.fixing.common import exit_of, print_outcomes

    if outcomes and asked.as_json:  # the document on stdout is the summary of the run, to the letter
        counts = Counter(each.outcome for each in outcomes)
        said = ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
        say(f"under standing approvals: {said}; tagrecon fix audit --json tells each")
    elif outcomes and not asked.quiet:
        print_outcomes("Under standing approvals", outcomes)
    return code or exit_of(outcomes)


def _gated(name: str) -> Callable[..., None]:
    @door
    def command(
        config: options.Config = options.DEFAULT_CONFIG,
        store: options.Store = None,
        output: options.Output = None,
        period: options.Anew = None,
        now: options.Now = None,
        fail_under: options.FailUnder = None,
        gaps_ok: options.GapsOk = False,
        as_json: options.Json = False,
        quiet: options.Quiet = False,
    ) -> int:
        asked = Asked((), spoken.periods(period), gaps_ok, as_json, quiet)
        return _walk(name, config, store, output, now, asked, fail_under)

    return command


def _ungated(name: str) -> Callable[..., None]:
    """A stage that knows no coverage yet has no gate."""

    @door
    def command(
        config: options.Config = options.DEFAULT_CONFIG,
        store: options.Store = None,
        output: options.Output = None,
        period: options.Anew = None,
        now: options.Now = None,
        gaps_ok: options.GapsOk = False,
        as_json: options.Json = False,
        quiet: options.Quiet = False,
    ) -> int:
        asked = Asked((), spoken.periods(period), gaps_ok, as_json, quiet)
        return _walk(name, config, store, output, now, asked)

    return command


COMMANDS = {
    name: ((_gated if name in _WITH_COVERAGE else _ungated)(name), text) for name, text in _HELP.items()
}
