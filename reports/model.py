"""What does the page know? One model, built once from the summary and the store, in the order of the page.

Per currency: sentence, five figures, waterfall, fixes, owners, coverage, indicators. Over all currencies:
drift, findings, on call, debug, proof. Currencies are never added; each has its own section.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from reports.closed_months import ClosedMonths, closed_months
from reports.converted import Converted, converted
from reports.coverage_table import CoverageTable, coverage_table, sli_rows
from reports.dimensions import Dimension, dimension_tables
from reports.figures import Figure, FixTotal, LedgerTotal, five_figures
from reports.headline import headline, partial_notice
from reports.kpis import Kpi, kpi_rows
from reports.nights import Nights, nights
from reports.on_call import Debug, OnCall, debug, on_call
from reports.periods import Periods, currencies
from reports.questions import (
    Row,
    Store,
    data_through,
    drift_kinds,
    drift_rows,
    drift_weeks,
    ended_up,
    finding_counts,
    finding_groups,
    fix_totals,
    ledger_totals,
    money_text,
    top_fixes,
)
from reports.statement import Statement, statement
from reports.summary import Closing, Gap, Sli, Summary
from reports.visible import safe_name
from reports.waterfall import Destination, Waterfall, destination, waterfall

_FINDINGS_PER_TOP = 10  # the findings table is searched, so it holds more rows than the others
_WEEKS = 13


@dataclass(frozen=True)
class CurrencySection:
    """Everything the page says in one currency."""

    currency: str
    anchor: str
    sentence: str
    figures: list[Figure]
    waterfall: Waterfall
    destination: Destination
    fixes: list[Row]
    fix_total: FixTotal
    statement: Statement
    coverage: CoverageTable
    slis: list[Sli]
    kpis: list[Kpi]


@dataclass(frozen=True)
class Drift:
    """Tag changes of the last seven days: the dearest ones, and all of them by kind."""

    rows: list[Row]
    kinds: list[Row]
    total: int


@dataclass(frozen=True)
class FindingTable:
    """Causes as rows; `findings` and `causes` count all of them."""

    rows: list[Row]
    findings: int
    causes: int


@dataclass(frozen=True)
class Restated:
    """What later deliveries changed in days that were billed before: by period and book, and the largest parts."""

    books: list[Row]
    rows: list[Row]
    total: int


@dataclass(frozen=True)
class Proof:
    """What shows that the report is whole."""

    closing: list[Closing]
    closing_before: list[Closing]
    worst_before: Decimal
    steps: list[Row]
    files: list[Row]
    files_total: int
    quarantine: list[Row]
    quarantine_total: int
    gaps: list[Gap]
    limitations: list[Gap]


@dataclass(frozen=True)
class Page:
    """The whole page."""

    summary: Summary
    periods: Periods
    partial: str | None
    through: date | None
    currencies: list[CurrencySection]
    converted: Converted | None
    dimensions: list[Dimension]
    closed: ClosedMonths
    nights: Nights
    drift: Drift
    restated: Restated
    findings: FindingTable
    on_call: OnCall
    debug: Debug
    proof: Proof


def build_page(store: Store, summary: Summary, periods: Periods, top: int) -> Page:
    """Ask the store, add the summary, cut to `top`."""
    ledger = _ledger(store)
    fixes = {
        row["currency"]: FixTotal(int(row["fixes"]), money_text(row["billed_recovered"]))
        for row in fix_totals(store)
    }
    weeks = drift_weeks(store, periods.now, _WEEKS)
    return Page(
        summary=summary,
        periods=periods,
        partial=partial_notice(summary),
        through=data_through(store, (periods.open or (periods.headline,))[-1]),
        currencies=[
            _section(store, summary, periods, currency, ledger.get(currency, {}), weeks, fixes, top)
            for currency in currencies(summary, periods.headline)
        ],
        converted=converted(store, periods.headline, top),
        dimensions=dimension_tables(store, periods.headline, currencies(summary, periods.headline), top),
        closed=closed_months(store, top),
        nights=nights(store),
        drift=_drift(store, periods, top),
        restated=_restated(store, periods, top),
        findings=_findings(store, top),
        on_call=on_call(store, owner_key(summary), periods.now, top),
        debug=debug(store, top),
        proof=_proof(store, summary, periods, top),
    )


def owner_key(summary: Summary) -> str | None:
    """The key whose verdicts are the owner's: the one whose totals equal the `verdicts` list."""
    own = {(v.billing_period, v.currency, v.verdict): v.billed_cost for v in summary.verdicts}
    for key in sorted({row.key for row in summary.verdicts_by_key}):
        rows = [row for row in summary.verdicts_by_key if row.key == key]
        if {(v.billing_period, v.currency, v.verdict): v.billed_cost for v in rows} == own:
            return key
    return None


def _section(
    store: Store,
    summary: Summary,
    periods: Periods,
    currency: str,
    ledger: dict[str, LedgerTotal],
    weeks: list[int],
    fixes: dict[str, FixTotal],
    top: int,
) -> CurrencySection:
    open_fixes = fixes.get(currency, FixTotal(0, Decimal(0)))
    first = currency == currencies(summary, periods.headline)[0]
    now = ledger.get(periods.headline, LedgerTotal(Decimal(0), Decimal(0), Decimal(0)))
    return CurrencySection(
        currency=currency,
        anchor=safe_name(currency.lower()),
        sentence=headline(summary, periods, currency, now, open_fixes),
        figures=five_figures(summary, periods, currency, ledger, weeks, open_fixes),
        waterfall=waterfall(summary, periods.headline, currency),
        destination=destination(ended_up(store, periods.headline, currency), currency),
        fixes=top_fixes(store, currency, top),
        fix_total=open_fixes,
        statement=statement(summary, periods, currency, top),
        coverage=coverage_table(summary, periods, currency, top),
        slis=sli_rows(summary, periods, currency, first=first),
        kpis=kpi_rows(summary, periods, currency, first=first),
    )


def _ledger(store: Store) -> dict[str, dict[str, LedgerTotal]]:
    found: dict[str, dict[str, LedgerTotal]] = {}
    for row in ledger_totals(store):
        total = LedgerTotal(money_text(row["total"]), money_text(row["owned"]), money_text(row["unresolved"]))
        found.setdefault(str(row["currency"]), {})[str(row["billing_period"])] = total
    return found


def _drift(store: Store, periods: Periods, top: int) -> Drift:
    since = periods.now - timedelta(days=7)
    kinds = drift_kinds(store, since, periods.now)
    total = sum(int(row["changes"]) for row in kinds)
    return Drift(drift_rows(store, since, periods.now, top), kinds, total)


def _findings(store: Store, top: int) -> FindingTable:
    counts = finding_counts(store)
    return FindingTable(
        finding_groups(store, top * _FINDINGS_PER_TOP), int(counts["findings"]), int(counts["causes"])
    )


def _restated(store: Store, periods: Periods, top: int) -> Restated:
    shown = "WHERE billing_period IN (SELECT unnest(?))"
    asked = list(periods.shown)
    books = store.ask(
        f"""
        SELECT restated_at, billing_period, x_ProviderId, BillingAccountId, BillingCurrency,
               sum(billed_change) AS billed_change, sum(effective_change) AS effective_change, count(*) AS parts
        FROM restatements {shown} GROUP BY ALL
        ORDER BY restated_at DESC, billing_period DESC, x_ProviderId, BillingAccountId, BillingCurrency LIMIT {int(top)}
        """,
        asked,
    )
    rows = store.ask(
        f"""
        SELECT * FROM restatements {shown} ORDER BY restated_at DESC, greatest(abs(billed_change), abs(effective_change)) DESC,
        billing_period DESC, SubAccountId, ServiceName, ChargeCategory, BillingCurrency LIMIT {int(top)}
        """,
        asked,
    )
    total = int(store.ask(f"SELECT count(*) AS n FROM restatements {shown}", asked)[0]["n"])
    return Restated(books, rows, total)


def _proof(store: Store, summary: Summary, periods: Periods, top: int) -> Proof:
    files = store.ask(
        f"SELECT * REPLACE (loaded_at::TIMESTAMP AS loaded_at) FROM source_files "
        f"ORDER BY status = 'loaded', source, path LIMIT {int(top)}"
    )
    quarantined = store.ask(
        f"""
        SELECT source, path, column_name, reason, count(*) AS quarantined_rows, min(row_number) AS first_row
        FROM quarantine GROUP BY ALL ORDER BY quarantined_rows DESC, source, path, column_name,
        reason LIMIT {int(top)}
        """
    )
    closing = sorted(
        (row for row in summary.closing if row.billing_period in periods.shown),
        key=lambda row: (
            row.billing_period,
            row.provider_id or "",
            row.billing_account_id or "",
            row.currency,
        ),
    )
    now = [row for row in closing if row.billing_period >= periods.headline][: top * 2]
    before = [row for row in closing if row not in now]
    return Proof(
        closing=now,
        closing_before=before,
        worst_before=max(
            (abs(d) for row in before for d in (row.difference_billed, row.difference_effective)),
            default=Decimal(0),
        ),
        steps=store.ask(
            "SELECT * FROM source_steps WHERE billing_period IN (SELECT unnest(?)) "
            "ORDER BY billing_period DESC, x_ProviderId, BillingAccountId, BillingCurrency, step_no, step",
            list(periods.shown),
        ),
        files=files,
        files_total=int(store.ask("SELECT count(*) AS n FROM source_files")[0]["n"]),
        quarantine=quarantined,
        quarantine_total=int(store.ask("SELECT count(*) AS n FROM quarantine")[0]["n"]),
        gaps=[gap for gap in summary.gaps if not gap.is_limitation],
        limitations=[gap for gap in summary.gaps if gap.is_limitation],
    )
