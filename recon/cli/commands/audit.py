"""How good are the labels of one bill, right now, without a store? A table, and an exit code for CI."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from recon.cli import options, spoken
from recon.cli.conclusion import Asked, conclude
from recon.cli.door import door
from recon.cli.settings import configured
from recon.cli.telling import telling
from recon.errors import InputError, Where
from recon.hostile import shown

_DEFAULT_REGISTRY = Path("registry.yaml")


@door
def audit(
    bill: Annotated[
        str | None,
        typer.Option(
            "--bill",
            metavar="FILE|DIR|URL",
            help="The bill, in any format of docs/formats/, recognized by content; or a folder of them.",
        ),
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
    default: Annotated[
        list[str] | None,
        typer.Option(
            "--default",
            metavar="COLUMN=VALUE",
            help="What the bill does not say itself, such as BillingCurrency=USD. May be repeated.",
        ),
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
    local = None if "://" in bill or "*" in bill else Path(bill)
    for path in (local, registry, inventory, allocation):
        if path is not None and not path.exists():
            raise InputError("no such file or folder; check the path", Where(path))
    from recon import run as engine
    from recon.gates import parse_gates
    from recon.registry import load_registry

    gates = parse_gates(fail_under or (), tuple(load_registry(registry).keys))
    with telling(quiet) as tell:
        result = engine.audit(
            bill,
            registry=registry,
            inventory=inventory,
            allocation=allocation,
            defaults=_defaults(default or ()),
            now=at,
            tell=tell,
        )
    return conclude(result, Asked(gates, asked_periods, gaps_ok, as_json, quiet))


def _defaults(said: Iterable[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in said]
    for column, mark, value in pairs:
        if not (column and mark and value):
            raise InputError(f'--default: "{shown(column, 60)}" says no value; write BillingCurrency=USD')
    return {column: value for column, _, value in pairs}


def _configured_bill(config: Path) -> str:
    if not config.exists():
        raise InputError("audit: no bill is named; add --bill FILE, or --bill FOLDER")
    places = [source.location for source in configured(config).billing]
    if len(places) != 1:
        raise InputError(
            f"audit: {config} names {len(places)} bills; say which with --bill, or use tagrecon run for all"
        )
    return str(places[0])


def _configured_registry(config: Path) -> Path:
    if config.exists():
        return configured(config).registry
    if _DEFAULT_REGISTRY.exists():
        return _DEFAULT_REGISTRY
    raise InputError("audit: no registry is named; add --registry FILE")
