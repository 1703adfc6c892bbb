"""How does each owner get the statement of a month?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recon.cli import options
from recon.cli.conclusion import echo_json
from recon.cli.door import door, near
from recon.cli.settings import configured
from recon.cli.spoken import periods
from recon.errors import Exit, InputError
from recon.hostile import shown


@door
def statements(
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Folder for <month>/<owner>.html, .csv, .beancount.")
    ],
    period: options.Period = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="NAME", help="Only this owner.")] = None,
    cost: Annotated[
        str, typer.Option("--cost", metavar="effective|billed", help="Which cost the journals carry.")
    ] = "effective",
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Write each owner's statement of each month: a page to print, a CSV, a journal.

    Direct, inherited, shared by pool, adjustments; the change since the month before; unit costs, where unit_metrics
    names a file."""
    from recon.config.unit_metrics import read_unit_metrics
    from recon.export import open_store
    from recon.ledger.journal import COSTS
    from recon.money import plain
    from recon.yaml_file import not_allowed
    from reports import words
    from reports.statement_files import unknown_owners, write_statements

    asked = periods(period)
    if cost not in COSTS:
        raise InputError(not_allowed(cost, "cost", tuple(COSTS)))
    if to.exists() and not to.is_dir():
        raise InputError(f"{to} is a file; --to names a folder, made if missing")
    cfg = configured(config, store=store)
    units = read_unit_metrics(cfg.unit_metrics)
    with open_store(cfg.store) as opened:
        written = write_statements(
            opened,
            to,
            asked,
            owner,
            units,
            cost,  # type: ignore[arg-type]
            cfg.report.title,
            cfg.report.templates,
        )
        unknown = unknown_owners(opened, units)
    if as_json:
        echo_json({
            "schema": "tagrecon.statements/1",
            "statements": [
                {
                    "billing_period": w.statement.billing_period,
                    "owner": w.statement.owner,
                    "totals": [
                        {"currency": c.currency, "effective_cost": plain(c.total.effective), "billed_cost": plain(c.total.billed)}
                        for c in w.statement.currencies
                    ],
                    "paths": [str(path) for path in w.paths],
                }
                for w in written
            ],
            "unknown_owners": [{"owner": u.owner, "at": str(u.where)} for u in unknown],
        })  # fmt: skip
        return Exit.DONE
    for w in written if not quiet else ():
        totals = ", ".join(
            words.money(c.total.effective_shown, c.currency).replace("\u00a0", " ")
            for c in w.statement.currencies
        )
        files = f"{shown(near(w.paths[0].with_suffix('')), 1_000)}.{{html,csv,beancount}}"
        typer.echo(f"{files}: {shown(totals, 300)}")
    for u in unknown:
        typer.echo(
            f'{u.where}: no owner "{shown(u.owner, 60)}" is in the ledger; its values are not used', err=True
        )
    return Exit.DONE
