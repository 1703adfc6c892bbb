"""Which control totals does this run compare the bills with, and who is asked for them?"""

from __future__ import annotations

import importlib
from datetime import datetime
from types import ModuleType

import duckdb

from recon.config import Control, RunConfig
from recon.errors import InputError, Unreachable
from recon.ingest.controls import ControlTotal, forget_invoices, read_invoices, record_controls
from recon.model import Gap

# `via` -> the module that asks, the provider it asks, and the extra that its library comes with
_VOICES = {
    "cost-explorer": ("connectors.aws.cost_explorer", "aws"),
    "cost-management": ("connectors.azure.cost_management", "azure"),
    "bigquery": ("connectors.gcp.billing_total", "gcp"),
}


def take_controls(con: duckdb.DuckDBPyConnection, cfg: RunConfig, now: datetime) -> list[Gap]:
    """Record the totals of every configured voice for the periods that the store has; gaps for those that
    can't be reached. Raises InputError for a file of invoices that is wrong."""
    forget_invoices(con)
    gaps = []
    for control in cfg.controls:
        if control.invoices is not None:
            record_controls(con, read_invoices(control.invoices), now)
            continue
        try:
            record_controls(con, _asked(con, control), now)
        except Unreachable as error:
            scope = f"control {control.via} {control.account}"
            gaps.append(Gap(error.kind, scope, error.reason, permission=error.permission, limitation=True))
    return gaps


def _asked(con: duckdb.DuckDBPyConnection, control: Control) -> list[ControlTotal]:
    provider = _VOICES[str(control.via)][1]
    periods = [
        row[0]
        for row in con.execute(
            "SELECT DISTINCT billing_period FROM base.book WHERE provider_id = ? AND billing_account_id = ? ORDER BY ALL",
            [provider, control.account],
        ).fetchall()
    ]
    if not periods:
        return []
    found = _voice(str(control.via)).totals(str(control.account), control.scope, periods)
    return [
        ControlTotal(period, provider, str(control.account), currency, total, str(control.via), "interface")
        for period, currency, total in found
    ]


def _voice(via: str) -> ModuleType:
    module, extra = _VOICES[via]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("connectors"):
            raise
        raise InputError(
            f"controls: {via} needs a library that is not installed ({error.name}): pip install 'tagrecon[{extra}]'"
        ) from error
