"""Which files does an owner get for a month? A page to print, a table, and a journal that an accountant's tools check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from recon.config.unit_metrics import UnitValue
from recon.errors import InputError
from recon.hostile import shown
from recon.ledger.journal import Cost, write_journal
from recon.yaml_file import not_allowed
from reports.csv_tables import write_csv
from reports.owner_statement import OwnerStatement, UnitValues, owner_statements
from reports.pages import html_environment, render_page
from reports.questions import Store
from reports.visible import safe_name

_COLUMNS = (
    *(
        "billing_period",
        "owner",
        "currency",
        "part",
        "pool",
        "provider",
        "billing_account",
        "class",
        "verdict",
    ),
    *(
        "rung",
        "rule_id",
        "rule_version",
        "basis",
        "weight",
        "weight_total",
        "origin_period",
        "reason",
        "closed_at",
    ),
    *("closed_by", "frozen", "charges", "entry_id", "transaction_id"),
)
_AMOUNTS = ("effective_cost", "effective_cost_rounded", "billed_cost", "billed_cost_rounded")


@dataclass(frozen=True)
class Written:
    """The files of one owner and month, and its totals: currency → EffectiveCost, exact."""

    statement: OwnerStatement
    paths: tuple[Path, ...]


def known_owner(store: Store, owner: str) -> str:
    """An owner of the ledger by its exact name; InputError with the nearest where there is none."""
    owners = [
        str(row["owner"])
        for row in store.ask("SELECT DISTINCT owner FROM ledger WHERE owner IS NOT NULL ORDER BY 1")
    ]
    if owner not in owners:
        raise InputError(not_allowed(owner, "owner", owners))
    return owner


def write_statements(
    store: Store,
    folder: Path,
    periods: tuple[str, str] | None = None,
    owner: str | None = None,
    units: Iterable[UnitValue] = (),
    cost: Cost = "effective",
    title: str = "Cloud cost by owner",
    templates: Path | None = None,
) -> list[Written]:
    """Write `<folder>/<month>/<owner>.html`, `.csv` and `.beancount` for each posted period and owner.

    InputError where `owner` is none of the ledger's, nothing is posted in `periods`, or a currency has no place in a
    journal."""
    if owner is not None:
        known_owner(store, owner)
    span = periods or _held(store)
    html = html_environment(templates)
    values = _by_owner(units)
    found = []
    for statement in owner_statements(store, span, owner, values):
        base = folder / statement.billing_period / safe_name(statement.owner)
        base.parent.mkdir(parents=True, exist_ok=True)
        page = base.with_name(f"{base.name}.html")
        text = render_page(html, "statement.html", {"title": title, "s": statement}, templates)
        page.write_text(text, encoding="utf-8", newline="\n", errors="replace")
        table = write_csv(base.with_name(f"{base.name}.csv"), (*_COLUMNS, *_AMOUNTS), _rows(statement))
        journal = base.with_name(f"{base.name}.beancount")
        month = (statement.billing_period, statement.billing_period)
        write_journal(store, journal, cost, month, f"owner:{statement.owner}")
        found.append(Written(statement, (page, table, journal)))
    if not found:
        said = "..".join(dict.fromkeys(span))
        of = f" for {shown(owner)}" if owner else ""
        raise InputError(
            f"nothing is posted in {said}{of}; tagrecon export csv statement_parts shows what is"
        )
    return found


def unknown_owners(store: Store, units: Iterable[UnitValue]) -> list[UnitValue]:
    """The first value of each owner of the metric files that the ledger does not know."""
    known = {row["owner"] for row in store.ask("SELECT DISTINCT owner FROM ledger WHERE owner IS NOT NULL")}
    first: dict[str, UnitValue] = {}
    for value in units:
        if value.owner not in known:
            first.setdefault(value.owner, value)
    return list(first.values())


def _held(store: Store) -> tuple[str, str]:
    row = store.ask("SELECT min(billing_period) AS first, max(billing_period) AS last FROM ledger")[0]
    return str(row["first"] or "0001-02"), str(row["last"] or "0001-02")


def _by_owner(units: Iterable[UnitValue]) -> UnitValues:
    found: dict[tuple[str, str], dict[str, Decimal]] = {}
    for each in units:
        found.setdefault((each.month, each.owner), {})[each.metric] = each.value
    return found


def _rows(statement: OwnerStatement) -> Iterable[list[object]]:
    for currency in statement.currencies:
        for section in currency.sections:
            for line in section.entries:
                a, row = line.amounts, line.row
                told: Mapping[str, object] = {**row, "pool": section.pool}
                yield [
                    *(told[name] for name in _COLUMNS),
                    *(a.effective, a.effective_shown, a.billed, a.billed_shown),
                ]
