"""What is the one sentence a reader must take away?

Built from the data, in plain words, one per currency. If the run is partial, that stands first, with what is
missing.
"""

from __future__ import annotations

from decimal import Decimal

from reports import words
from reports.figures import FixTotal, LedgerTotal
from reports.periods import Periods
from reports.summary import Summary
from reports.visible import visible
from reports.words import part_of

_CLOUDS = {"aws", "azure", "gcp", "oci"}


def headline(summary: Summary, periods: Periods, currency: str, now: LedgerTotal, fixes: FixTotal) -> str:
    """The sentence of one currency's headline period. Plain text: the template escapes it."""
    bill = words.money(now.total, currency)
    spread = _spread(summary, periods.headline, currency)
    so_far = " so far" if periods.headline_is_open else ""
    share = part_of(now.owned, now.total)
    owned = words.money(now.owned, currency) if share is None else words.share(share)
    has_owner = f"{owned} has an owner, " if now.total else ""
    return (
        f"{words.period(periods.headline)}{so_far}: {bill} billed{spread}. "
        f"{has_owner}{_misallocated(now, currency)}{_mended(now, fixes, currency)}. "
        f"{_closes(summary, periods.headline, currency)}"
    )


def partial_notice(summary: Summary) -> str | None:
    """What is missing, for a run that is not whole; None when it is. Stands before everything else."""
    if summary.run.status == "ok":
        return None
    if summary.run.status == "failed":
        return "This run failed; the figures below are not complete. See Proof, Gaps."
    gaps = [gap for gap in summary.gaps if not gap.is_limitation]
    named = [
        visible(" ".join(filter(None, (gap.provider, gap.scope))) + f" ({gap.kind})") for gap in gaps[:3]
    ]
    more = f" and {len(gaps) - 3:,} more" if len(gaps) > 3 else ""
    missing = f"{words.listed(named) if not more else ', '.join(named)}{more}" if gaps else ""
    rows = sum(closing.quarantined_rows for closing in summary.closing)
    unreadable = f"{words.things(rows, 'bill row')} set aside as unreadable" if rows else ""
    what = "; ".join(part for part in (f"not read: {missing}" if missing else "", unreadable) if part)
    return f"Partial: {what or 'some configured sources were not read'}. The figures below are without them."


def _spread(summary: Summary, period: str, currency: str) -> str:
    providers = {
        row.provider_id or row.provider
        for row in summary.closing
        if (row.billing_period, row.currency) == (period, currency)
    }
    if not providers:
        return ""
    one = "cloud" if providers <= _CLOUDS else "provider"
    return f" across {words.things(len(providers), one)}" if len(providers) > 1 else f" by 1 {one}"


def _misallocated(now: LedgerTotal, currency: str) -> str:
    if now.unresolved == 0:
        return "nothing sits with the wrong owner or none"
    part = part_of(now.unresolved, now.total)
    percent = (
        f" ({words.share(part)})" if part is not None else ", net of credits," if now.unresolved < 0 else ""
    )
    return f"{words.money(now.unresolved, currency)}{percent} sits with the wrong owner or none"


def _mended(now: LedgerTotal, fixes: FixTotal, currency: str) -> str:
    if fixes.fixes == 0:
        return "; no fix is open"
    recovered = words.money(fixes.billed_recovered, currency)
    would = f"{words.things(fixes.fixes, 'fix', 'fixes')} would"
    return f", and {would} put {recovered} right on the bill"


def _closes(summary: Summary, period: str, currency: str) -> str:
    rows = [row for row in summary.closing if (row.billing_period, row.currency) == (period, currency)]
    if not rows:
        return "Closing is not known."
    worst = max(abs(d) for row in rows for d in (row.difference_billed, row.difference_effective))
    if worst == 0:
        return f"The books close to {words.money_to_the_cent(Decimal(0), currency)}."
    return f"The books do not close: {words.exact(worst)} {currency} is unexplained. Do not use this report."
