"""How does finance close a month, so that what it booked does not move any more?"""

from __future__ import annotations

import getpass
import re
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli import options, spoken
from recon.cli.conclusion import echo_json
from recon.cli.door import door
from recon.cli.settings import configured
from recon.cli.telling import telling
from recon.errors import Exit, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from recon.run.closing import Closed

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@door
def close(
    period: Annotated[
        str | None, typer.Argument(metavar="[YYYY-MM]", help="The billing period to close.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option("--provider", metavar="ID", help="Only this provider, such as aws.")
    ] = None,
    billing_account: Annotated[
        str | None, typer.Option("--billing-account", metavar="ID", help="Only this billing account.")
    ] = None,
    partial: Annotated[
        bool,
        typer.Option(
            "--partial", help="Close in spite of gaps, rows set aside, or a control total that differs."
        ),
    ] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="Open a closed period again.")] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; needed to reopen, kept with it.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="Who signs; left out: the user of this machine."),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="What is closed, and what was reopened.")] = False,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    output: options.Output = None,
    now: options.Now = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """Close a billing period for finance, or reopen it.

    Its entries are frozen. What a later bill or other rules change is posted as adjustment entries in the earliest
    open period after it of the same billing account."""
    at = spoken.instant(now)
    cfg = configured(config, store=store, output=output)
    if listed:
        return _list(cfg.store, as_json)
    if period is None or not _MONTH.fullmatch(period.strip()):
        raise InputError(
            "name the one billing period to close, such as tagrecon close 2026-10; --list shows all"
        )
    if reopen and not (reason or "").strip():
        raise InputError('reopening a closed month needs a reason that is kept: --reason "the bill of …"')
    from recon.ledger.closures import Signed
    from recon.run.closing import Wanted, close_books, reopen_books

    signed = Signed(at.replace(tzinfo=None), (by or "").strip() or getpass.getuser(), reason)
    wanted = Wanted(period.strip(), provider, billing_account)
    with telling(quiet) as tell:
        if reopen:
            done = reopen_books(cfg, at, wanted, signed, tell)
        else:
            done = close_books(cfg, at, wanted, signed, partial, tell)
    if as_json:
        echo_json({"schema": "tagrecon.close/1", "reopened" if reopen else "closed": _rows(done)})
    elif not quiet:
        _print(done, reopen)
    return Exit.DONE


def _rows(done: Closed) -> list[dict[str, str]]:
    return [
        {"billing_period": b.billing_period, "provider_id": b.provider_id, "billing_account_id": b.billing_account_id, "currency": b.currency}
        for b in done.books
    ]  # fmt: skip


def _print(done: Closed, reopen: bool) -> None:
    from recon.cli.paper import cell, console, table

    out = console()
    rows = [(b.billing_period, b.provider_id, b.billing_account_id, b.currency) for b in done.books]
    out.print(
        table("Reopened" if reopen else "Closed", ("Period", "Provider", "Billing account", "Currency"), rows)
    )
    for problem in done.waved:
        out.print(
            cell(f"closed in spite of it: {problem.book.billing_account_id}: {problem.reason}", "yellow")
        )
    for book in done.skipped:
        state = "open" if reopen else "closed"
        out.print(
            cell(f"{state} already: {book.provider_id} {book.billing_account_id} {book.currency}", "dim")
        )


def _list(store: Path, as_json: bool) -> int:
    from recon.cli.paper import console, table
    from recon.export import open_store
    from reports import words

    with open_store(store) as opened:
        rows = opened.ask(
            "SELECT * FROM closures ORDER BY billing_period, x_ProviderId, BillingAccountId, BillingCurrency, closed_at"
        )
    if as_json:
        echo_json({"schema": "tagrecon.close/1", "closures": [dict(row) for row in rows]})
        return Exit.DONE
    shown = [
        (
            row["billing_period"], row["x_ProviderId"], row["BillingAccountId"],
            words.money(row["EffectiveCost"], row["BillingCurrency"]), f"{row['closed_at']:%Y-%m-%d} {row['closed_by']}",
            f"{row['reopened_at']:%Y-%m-%d} {row['reopened_by']}: {row['reopened_reason']}" if row["reopened_at"] else
            (row["reason"] or ""),
        )
        for row in rows
    ]  # fmt: skip
    names = ("Period", "Provider", "Billing account", "EffectiveCost", "Closed", "Then")
    console().print(table("Closed months", names, shown, right=("EffectiveCost",)))
    return Exit.DONE
