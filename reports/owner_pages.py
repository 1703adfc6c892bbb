"""Why did my team get this? One page per owner that can be sent alone.

The statement of the headline period, its history, and the postings behind it: provider, billing account,
charge class, verdict, the rung or rule that gave the owner, the basis of a split. The store is asked once for
all owners.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from reports import words
from reports.owner_statement import weight_share
from reports.periods import Periods, currencies
from reports.questions import OPEN_FIX, Row, Store
from reports.statement import owner_lines
from reports.summary import Owner, Summary
from reports.visible import safe_name
from reports.words import apportioned, exact_sum


@dataclass(frozen=True)
class HistoryLine:
    """One period as shown: `parts` (in the order of the statement) add up to `total`."""

    billing_period: str
    parts: list[Decimal]
    total: Decimal
    billed_total: Decimal


@dataclass(frozen=True)
class OwnerCurrency:
    """One currency of an owner: lines that add up to `total` as shown, history newest first, postings; `shares` of
    pools and `adjustments` of closed months, each with the amounts as shown that add up to their part."""

    currency: str
    lines: list[tuple[str, Decimal]]
    total: Decimal
    billed_total: Decimal
    history: list[HistoryLine]
    shares: list[tuple[Row, Decimal]]
    adjustments: list[tuple[Row, Decimal]]
    postings: list[tuple[Row, Decimal]]
    postings_total: Decimal
    rest: Decimal
    rest_count: int


@dataclass(frozen=True)
class OwnerPage:
    """One owner's page; `file` is its name below `owners/`."""

    owner: str
    file: str
    currencies: list[OwnerCurrency]
    findings: list[Row]
    fixes: list[Row]


def owner_file(owner: str) -> str:
    """The page's file name: safe on every system, the same in every run."""
    return f"{safe_name(owner)}.html"


def owner_pages(store: Store, summary: Summary, periods: Periods, top: int) -> Iterator[OwnerPage]:
    """One page per owner with a statement in a period shown, by name."""
    shown = [row for row in summary.owners if row.billing_period in periods.shown]
    postings = _by_owner(_postings(store, periods.headline))
    findings = _by_owner(_findings(store, top))
    fixes = _by_owner(_fixes(store, top))
    rank = {currency: place for place, currency in enumerate(currencies(summary, periods.headline))}
    ordered = sorted(
        shown,
        key=lambda row: (row.owner, rank.get(row.currency, len(rank)), row.currency, row.billing_period),
    )
    for owner, rows in groupby(ordered, key=lambda row: row.owner):
        per_currency = [
            _currency(currency, list(history), periods, postings.get(owner, []), top)
            for currency, history in groupby(rows, key=lambda row: row.currency)
        ]
        yield OwnerPage(owner, owner_file(owner), per_currency, findings.get(owner, []), fixes.get(owner, []))


def _currency(
    currency: str, history: list[Owner], periods: Periods, postings: list[Row], top: int
) -> OwnerCurrency:
    now = next((row for row in history if row.billing_period == periods.headline), None)
    lines = owner_lines(now, currency) if now else []
    mine = [row for row in postings if row["currency"] == currency]
    shown = apportioned({str(place): row["effective_cost"] for place, row in enumerate(mine)}, currency)
    amounts = [shown[str(place)] for place in range(len(mine))]
    return OwnerCurrency(
        currency=currency,
        lines=lines,
        total=exact_sum(value for _, value in lines),
        billed_total=words.rounded(now.billed_total, currency) if now else Decimal(0),
        history=[_history_line(row, currency) for row in reversed(history)],
        shares=_of_part(mine, "shared", dict(lines), currency),
        adjustments=_of_part(mine, "adjustments", dict(lines), currency),
        postings=list(zip(mine[:top], amounts[:top], strict=True)),
        postings_total=exact_sum(amounts),
        rest=exact_sum(amounts[top:]),
        rest_count=max(len(mine) - top, 0),
    )


def _of_part(
    rows: list[Row], part: str, lines: dict[str, Decimal], currency: str
) -> list[tuple[Row, Decimal]]:
    """The postings of one part, by pool and month, with amounts that add up to the part as shown."""
    mine = sorted(
        (row for row in rows if row["part"] == part),
        key=lambda row: (row["pool"] or "", row["origin_period"], -abs(row["effective_cost"])),
    )
    amounts = {f"{place:09}": row["effective_cost"] for place, row in enumerate(mine)}
    shown = apportioned(amounts, currency, lines.get(part, Decimal(0))) if mine else {}
    return [
        ({**row, "share": weight_share(row["weight"], row["weight_total"])}, shown[key])
        for row, key in zip(mine, amounts, strict=True)
    ]


def _history_line(row: Owner, currency: str) -> HistoryLine:
    parts = [value for _, value in owner_lines(row, currency)]
    return HistoryLine(row.billing_period, parts, exact_sum(parts), words.rounded(row.billed_total, currency))


def _by_owner(rows: list[Row]) -> dict[str, list[Row]]:
    return {owner: list(group) for owner, group in groupby(rows, key=lambda row: str(row["owner"]))}


def _postings(store: Store, period: str) -> list[Row]:
    return store.ask(
        """
        SELECT owner, BillingCurrency AS currency, x_ProviderId, BillingAccountId, x_Class, verdict, rung,
        rule_id,
               basis, origin_account, origin_period, rule_version, weight, weight_total,
               CASE WHEN starts_with(basis, 'adjustment') THEN 'adjustments'
                    WHEN origin_account IS NOT NULL THEN 'shared' ELSE 'direct' END AS part,
               CASE WHEN NOT starts_with(basis, 'adjustment') THEN origin_account END AS pool,
               CASE WHEN starts_with(basis, 'adjustment') THEN substr(basis, 13) END AS reason, sum(BilledCost) AS billed_cost,
               sum(EffectiveCost) AS effective_cost, sum(charges)::BIGINT AS charges
        FROM ledger WHERE owner IS NOT NULL AND billing_period = ?
        GROUP BY ALL
        ORDER BY owner, currency, abs(sum(EffectiveCost)) DESC, x_ProviderId, BillingAccountId, x_Class,
        verdict,
                 rung, rule_id, basis, origin_account, origin_period, rule_version, weight, weight_total
        """,
        period,
    )


def _findings(store: Store, top: int) -> list[Row]:
    return store.ask(
        f"""
        SELECT owner, check_id, severity, key, BillingCurrency AS currency, count(*) AS findings,
               count(DISTINCT ResourceId) AS resources, sum(billed_at_stake) AS billed_at_stake,
               min(reason) AS reason
        FROM findings WHERE status = 'open' AND owner IS NOT NULL
        GROUP BY owner, check_id, severity, key, BillingCurrency
        QUALIFY row_number() OVER (PARTITION BY owner
            ORDER BY abs(sum(billed_at_stake)) DESC NULLS LAST, check_id, key, severity,
            BillingCurrency) <= {int(top)}
        ORDER BY owner, abs(sum(billed_at_stake)) DESC NULLS LAST, check_id, key, severity, currency
        """
    )


def _fixes(store: Store, top: int) -> list[Row]:
    return store.ask(
        f"""
        SELECT owner, ResourceId, key, before_value, after_value, verdict, confidence, status,
               BillingCurrency AS currency, billed_recovered
        FROM fix_actions WHERE {OPEN_FIX} AND owner IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY owner
            ORDER BY billed_recovered DESC NULLS LAST, ResourceId, key, action_id) <= {int(top)}
        ORDER BY owner, billed_recovered DESC NULLS LAST, ResourceId, key, action_id
        """
    )
