"""How does the bill come apart, verdict by verdict, until nothing is left?

The verdicts of the owner key sum exactly to the bill; the lines shown add up to the total shown, in both
books. A second bar says where the money ended up after allocation.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from reports import words
from reports.charts import Part, Step, extent, stacked_bar, steps, waterfall_bar
from reports.questions import Row
from reports.summary import Summary
from reports.verdicts import PLACE, css_class, verdict
from reports.words import apportioned, exact_sum, ratio


@dataclass(frozen=True)
class WaterfallRow:
    """One verdict: amounts as shown (they add up), share of the bill, and what to do about it."""

    verdict: str
    style: str
    means: str
    next_step: str
    billed: Decimal
    effective: Decimal
    share: Decimal | None
    charges: int
    bar: Markup


@dataclass(frozen=True)
class Waterfall:
    """The rows and the totals they add up to; `billed_bar` is the whole bill on the same scale."""

    rows: list[WaterfallRow]
    billed: Decimal
    effective: Decimal
    billed_bar: Markup


@dataclass(frozen=True)
class Destination:
    """Where money ended up after allocation: owners by rung, shared pools, unallocated."""

    rows: list[tuple[str, Decimal, Decimal | None, str]]
    total: Decimal
    bar: Markup


def waterfall(summary: Summary, period: str, currency: str) -> Waterfall:
    """The owner key's verdicts of one period and currency, in the order of the road from good to shared."""
    totals = sorted(
        (row for row in summary.verdicts if (row.billing_period, row.currency) == (period, currency)),
        key=lambda row: (PLACE.get(row.verdict, len(PLACE)), row.verdict),
    )
    billed = apportioned({row.verdict: row.billed_cost for row in totals}, currency)
    effective = apportioned({row.verdict: row.effective_cost for row in totals}, currency)
    whole = exact_sum(row.billed_cost for row in totals)
    path = steps([(row.verdict, row.billed_cost) for row in totals])
    low, high = extent(path)
    rows = [
        WaterfallRow(
            row.verdict, css_class(row.verdict), verdict(row.verdict).means, verdict(row.verdict).next_step,
            billed[row.verdict], effective[row.verdict], ratio(row.billed_cost, whole), row.charges,
            waterfall_bar(step, low, high, f"{row.verdict}: {words.money(billed[row.verdict], currency)}"),
        )
        for row, step in zip(totals, path, strict=True)
    ]  # fmt: skip
    total = exact_sum(billed.values())
    bar = waterfall_bar(_whole(whole), low, high, f"Billed: {words.money(total, currency)}")
    return Waterfall(rows, total, exact_sum(effective.values()), bar)


def destination(rows: list[Row], currency: str) -> Destination:
    """Where the period's BilledCost ended up, from the ledger, largest owner rungs first, unallocated
    last.
    """
    amounts = {str(row["place"]): Decimal(row["billed_cost"]) for row in rows}
    shown = apportioned(amounts, currency)
    whole = exact_sum(amounts.values())
    order = sorted(amounts, key=lambda place: (_rank(place), -amounts[place], place))
    styles = {place: _style(place, order) for place in order}
    parts = [
        Part(f"{place}: {words.money(shown[place], currency)}", amounts[place], styles[place])
        for place in order
    ]
    return Destination(
        [(place, shown[place], ratio(amounts[place], whole), styles[place]) for place in order],
        exact_sum(shown.values()),
        stacked_bar(parts, f"Where {words.money(words.rounded(whole, currency), currency)} ended up"),
    )


def _whole(total: Decimal) -> Step:
    return Step(Decimal(0), total, "p-billed")


def _rank(place: str) -> int:
    return 0 if place.startswith("owner") else {"shared": 1}.get(place, 2)


def _style(place: str, order: list[str]) -> str:
    if place.startswith("owner"):
        return f"p-owner-{min(order.index(place), 3)}"
    return "p-shared" if place == "shared" else "p-unallocated"
