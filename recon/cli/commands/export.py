"""How do the stable views, the bill, the ledger, and the schemas of our files get out for other tools?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from recon.cli import options
from recon.cli.commands.statements import statements
from recon.cli.conclusion import echo_json
from recon.cli.door import door, near
from recon.cli.settings import configured
from recon.cli.spoken import instant, periods
from recon.errors import Exit, InputError
from recon.hostile import shown

app = typer.Typer(
    help="The store's views as CSV or Parquet; FOCUS; a journal; owners' statements; JSON Schemas.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Views = Annotated[
    list[str],
    typer.Argument(metavar="VIEW...", help="Views of docs/store.md, such as ledger findings; or all."),
]
To = Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder for the files; made if missing.")]


@app.command("csv")
@door
def csv(
    views: Views,
    to: To,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Write views as CSV: exact amounts, and no cell that a spreadsheet would run."""
    return _views("csv", views, to, config, store, as_json, quiet)


@app.command("parquet")
@door
def parquet(
    views: Views,
    to: To,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Write views as Parquet; amounts are DECIMAL(38,24)."""
    return _views("parquet", views, to, config, store, as_json, quiet)


@app.command("focus")
@door
def focus(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The file to write; .parquet or .csv.")],
    release: Annotated[
        str, typer.Option("--focus-version", metavar="1.2", help="1.2, 1.3 or 1.4 (these two unverified).")
    ] = "1.2",
    allocated: Annotated[
        bool,
        typer.Option("--allocated", help="Shared cost as allocated charges of those who bear it (1.3, 1.4)."),
    ] = False,
    period: options.Period = None,
    config: options.Config = options.DEFAULT_CONFIG,
    now: options.Now = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Write the bill lines in force, of whatever format they came, as one FOCUS file."""
    from recon.cli.exported import said
    from recon.focus_export import VERSIONS
    from recon.focus_export.bill_lines import export_focus
    from recon.yaml_file import not_allowed

    if release not in VERSIONS:
        raise InputError(not_allowed(release, "FOCUS version", VERSIONS))
    kind = to.suffix.lower().lstrip(".")
    if kind not in ("csv", "parquet"):
        raise InputError(f"{to} ends neither in .csv nor in .parquet: the ending says which is written")
    form: Literal["csv", "parquet"] = "csv" if kind == "csv" else "parquet"
    written = export_focus(
        configured(config), to, release, form, periods(period), instant(now), allocated=allocated
    )
    if as_json:
        echo_json({name: value for name, value in said(written).items() if name != "text"})
    elif not quiet:
        typer.echo(said(written)["text"])
    return Exit.DONE


@app.command("journal")
@door
def journal(
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="The file to write, such as ledger.beancount.")
    ],
    period: options.Period = None,
    cost: Annotated[
        str, typer.Option("--cost", metavar="billed|effective", help="Which cost the journal carries.")
    ] = "billed",
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Write the ledger as a journal that beancount reads, balanced to the last digit."""
    from recon.export import open_store
    from recon.ledger.journal import COSTS, write_journal
    from recon.money import plain
    from recon.yaml_file import not_allowed

    if cost not in COSTS:
        raise InputError(not_allowed(cost, "cost", tuple(COSTS)))
    with open_store(store or configured(config).store) as opened:
        written = write_journal(opened, to, cost, periods(period))  # type: ignore[arg-type]
    totals = [
        {
            "currency": t.currency,
            "transactions": t.transactions,
            "entries": t.entries,
            "total": plain(t.total),
        }
        for t in written.totals
    ]
    if as_json:
        echo_json({"path": str(to), "cost": COSTS[cost], "totals": totals})
    elif not quiet:
        typer.echo(
            f"{shown(near(to), 1_000)}: {COSTS[cost]}"
            + ("" if totals else "; the ledger has no entries here")
        )
        for t in totals:
            typer.echo(
                f"  {t['currency']}: {t['total']} in {t['transactions']:,} transactions of {t['entries']:,} entries"
            )
    return Exit.DONE


app.command("statements")(statements)


@app.command("schema")
@door
def schema(
    to: To,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Write the JSON Schemas of tagrecon.yaml, registry.yaml, allocation.yaml and summary.json."""
    from recon.export import write_schemas

    return _written(write_schemas(to), as_json, quiet)


def _views(
    kind: str, views: list[str], to: Path, config: Path, store: Path | None, as_json: bool, quiet: bool
) -> int:
    from recon.export import write_views

    published = store or configured(config).store
    return _written(write_views(published, kind, views, to), as_json, quiet)


def _written(paths: list[Path], as_json: bool, quiet: bool) -> int:
    if as_json:
        echo_json({"written": [str(path) for path in paths]})
    elif not quiet:
        for path in paths:
            typer.echo(shown(near(path), 1_000))
    return Exit.DONE
