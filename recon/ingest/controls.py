"""What do others say that a period sums to: the invoice, the provider's own interface?

A control total is compared with the bill and shown; it never moves money. Where several speak of one period,
the invoice counts before the interface.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from recon.errors import InputError, InputErrors, Where
from recon.hostile import shown
from recon.money import exact
from recon.providers import provider_id

_COLUMNS = ("billing_period", "provider", "billing_account_id", "currency", "total")
_RANK = {"invoice": 0, "interface": 1}


@dataclass(frozen=True)
class ControlTotal:
    """What `said_by` says one period of a billing account sums to, in `currency`. `kind`: invoice, interface."""

    billing_period: str
    provider_id: str
    billing_account_id: str
    currency: str
    total: Decimal
    said_by: str
    kind: str


def read_invoices(path: Path) -> list[ControlTotal]:
    """The totals of a file of invoices. Several lines of one period and account add up: a month may have
    several invoices. Raises InputErrors with file and line for what can't be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    f"lacks the columns {', '.join(missing)}; needed are {', '.join(_COLUMNS)}", Where(path)
                )
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"can't be read as a UTF-8 CSV of invoices: {error}", Where(path)) from error
    sums: dict[tuple[str, str, str, str], Decimal] = {}
    wrong: list[InputError] = []
    for line, row in rows:
        amount = exact((row["total"] or "").strip())
        blank = [c for c in _COLUMNS if not (row[c] or "").strip()]
        if None in row:
            wrong.append(
                InputError(
                    "has more cells than the header; quote a total with a comma, or write it without",
                    Where(path, line),
                )
            )
        elif blank:
            wrong.append(InputError(f"says nothing for {', '.join(blank)}", Where(path, line)))
        elif not re.fullmatch(r"\s*[A-Za-z]{3}\s*", row["currency"]):
            wrong.append(
                InputError(
                    f'currency "{shown(row["currency"], 40)}" is no code of three letters', Where(path, line)
                )
            )
        elif amount is None:
            wrong.append(
                InputError(f'total "{shown(row["total"] or "", 40)}" is no exact number', Where(path, line))
            )
        elif not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", row["billing_period"] or ""):
            text = shown(row["billing_period"] or "", 40)
            wrong.append(InputError(f'billing_period "{text}" is no month; write 2026-10', Where(path, line)))
        else:
            key = (
                *(row["billing_period"], provider_id(row["provider"]), row["billing_account_id"].strip()),
                row["currency"].strip().upper(),
            )
            sums[key] = sums.get(key, Decimal(0)) + amount[0]
    if wrong:
        raise InputErrors(wrong)
    return [ControlTotal(*key, total, f"invoice ({path.name})", "invoice") for key, total in sums.items()]


def record_controls(con: duckdb.DuckDBPyConnection, totals: Iterable[ControlTotal], now: datetime) -> None:
    """Replace what the same voice said of the same period and account before."""
    for t in totals:
        key = [t.billing_period, t.provider_id, t.billing_account_id, t.currency]
        con.execute(
            "DELETE FROM base.control WHERE source = ? AND billing_period = ? AND provider_id = ? "
            "AND billing_account_id = ? AND currency = ?",
            [t.kind, *key],
        )
        con.execute(
            "INSERT INTO base.control VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [t.kind, *key, t.total, t.said_by, _RANK[t.kind], now],
        )


def forget_invoices(con: duckdb.DuckDBPyConnection) -> None:
    """Drop what invoice files said: they are read anew by every run."""
    con.execute("DELETE FROM base.control WHERE source = 'invoice'")
