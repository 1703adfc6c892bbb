"""How good are the labels of one bill, right now, without a store? A table, and an exit code for CI."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recon.cli import options, spoken
from recon.cli.conclusion import Asked, conclude
from recon.cli.door import door
from recon.cli.settings import configured
from recon.cli.telling import telling
from recon.errors import InputError, Where

_DEFAULT_REGISTRY = Path("registry.yaml")


@door
def audit(
    bill: Annotated[
        Path | None,
        typer.Option("--bill", metavar="FILE|DIR", help="The bill: a FOCUS export, or a folder of them."),
    ] = None,
    registry: Annotated[
        Path | None, typer.Option("--registry", metavar="FILE", help="The label registry.")
    ] = None,
    inventory: Annotated[
        Path | None, typer.Option("--inventory", metavar="FILE|DIR", help="Dumps of the live resources.")
    ] = None,
    allocation: Annotated[
        Path | None, typer.Option("--allocation", metavar="FILE", help="Allocation rules and splits.")
    ] = None,
    config: options.Config = options.DEFAULT_CONFIG,
    period: options.Period = None,
    now: options.Now = None,
    fail_under: options.FailUnder = None,
    gaps_ok: options.GapsOk = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """A one-off audit of a bill: a table, an exit code for CI.

    No store is kept. What is not named comes from the configuration, where there is one. --period says which
    month the gates look at.
    """
    asked_periods, at = spoken.periods(period), spoken.instant(now)
    bill, registry = bill or _configured_bill(config), registry or _configured_registry(config)
    for path in (bill, registry, inventory, allocation):
        if path is not None and not path.exists():
            raise InputError("no such file or folder; check the path", Where(path))
    from recon import run as engine
    from recon.gates import parse_gates
    from recon.registry import load_registry

    gates = parse_gates(fail_under or (), tuple(load_registry(registry).keys))
    with telling(quiet) as tell:
        result = engine.audit(
            bill, registry=registry, inventory=inventory, allocation=allocation, now=at, tell=tell
        )
    return conclude(result, Asked(gates, asked_periods, gaps_ok, as_json, quiet))


def _configured_bill(config: Path) -> Path:
    if not config.exists():
        raise InputError("audit: no bill is named; add --bill FILE, or --bill FOLDER")
    places = [source.location for source in configured(config).billing]
    if len(places) != 1:
        raise InputError(
            f"audit: {config} names {len(places)} bills; say which with --bill, or use tagrecon run for all"
        )
    return Path(places[0])


def _configured_registry(config: Path) -> Path:
    if config.exists():
        return configured(config).registry
    if _DEFAULT_REGISTRY.exists():
        return _DEFAULT_REGISTRY
    raise InputError("audit: no registry is named; add --registry FILE")
