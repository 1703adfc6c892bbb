"""What does a person read after a run? Sentence, proof, coverage, what is wrong, where the report is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from recon.cli.conclusion import gate_line
from recon.cli.door import near
from recon.cli.ledger_totals import Book, books_of
from recon.cli.paper import cell, console, table
from recon.gates import Passed
from recon.verdicts import MISATTRIBUTED
from reports import words
from reports.headline import headline, partial_notice
from reports.periods import Periods, currencies, periods_of
from reports.summary import Closing, Summary, parse_summary

if TYPE_CHECKING:
    from recon.run import Result

_TOP = 5
_CLOSING_ROWS = 24


def print_summary(result: Result, gates: Sequence[Passed] = ()) -> None:
    """Print one run's result on stdout."""
    out = console()
    if not result.changed:
        out.print(Text("Nothing new since the last run.", style="dim"))
    if "schema" in result.summary:
        _figures(out, parse_summary(result.summary), result.store)
    for answer in gates:
        out.print(cell(gate_line(answer), "green" if answer.met else "bold red"))
    _where(out, result)


def _figures(out: Console, summary: Summary, store: Path) -> None:
    periods = periods_of(summary)
    notice = partial_notice(summary)
    if notice:
        out.print(cell(notice, "yellow"))
    if not periods.headline:
        out.print(Text("No charges yet: no bill was read."))
        _gaps(out, summary)
        return
    books = books_of(summary, store)
    for currency in currencies(summary, periods.headline):
        now, fixes = books.of(periods.headline, currency), books.fixes(currency)
        out.print(cell_whole(headline(summary, periods, currency, now, fixes)))
    out.print()
    _closing(out, summary, periods)
    _coverage(out, summary, periods)
    _misattributed(out, summary, periods, books)
    _findings(out, summary, books)
    _gaps(out, summary)


def cell_whole(sentence: str) -> Text:
    """A sentence of ours, uncut: its parts were made harmless where they came in."""
    return Text(sentence, style="bold")


def _closing(out: Console, summary: Summary, periods: Periods) -> None:
    rows = [row for row in summary.closing if row.billing_period in periods.shown]
    rows.sort(key=lambda row: (row.provider_id or "", row.billing_account_id or "", row.currency))
    rows.sort(key=lambda row: row.billing_period, reverse=True)
    columns = (
        "Period",
        "Provider",
        "Billing account",
        "Currency",
        "Source",
        "Quarantined",
        "Ledger",
        "Difference",
    )
    out.print(table("Closing, BilledCost", columns, map(_closing_row, rows[:_CLOSING_ROWS]), columns[4:]))
    if len(rows) > _CLOSING_ROWS:
        out.print(
            Text(
                f"… and {words.things(len(rows) - _CLOSING_ROWS, 'row')} more in csv/closing.csv", style="dim"
            )
        )


def _closing_row(row: Closing) -> list[str | Text]:
    closed = row.difference_billed == 0 and row.difference_effective == 0
    amounts = [
        words.amount(v, row.currency) for v in (row.source_billed, row.quarantined_billed, row.ledger_billed)
    ]
    worst = max((row.difference_billed, row.difference_effective), key=abs)
    return [
        row.billing_period,
        row.provider_id or row.provider or "",
        row.billing_account_id or "",
        row.currency,
        *amounts,
        Text(words.exact(worst), style="green" if closed else "bold red"),
    ]


def _coverage(out: Console, summary: Summary, periods: Periods) -> None:
    rows = [row for row in summary.coverage if (row.billing_period, row.scope) == (periods.headline, "all")]
    rows.sort(key=lambda row: (row.key, row.currency))
    columns = ("Key", "Currency", "Taggable cost", "All cost", "With inherited", "Taggable count", "Counted")
    out.print(
        table(
            f"Label coverage, {words.period(periods.headline)}",
            columns,
            [
                (
                    row.key,
                    row.currency,
                    words.share(row.by_cost_taggable),
                    words.share(row.by_cost),
                    words.share(row.by_cost_with_inherited),
                    words.share(row.by_count_taggable),
                    row.count_basis or "",
                )
                for row in rows
            ],
            columns[2:6],
        )
    )


def _misattributed(out: Console, summary: Summary, periods: Periods, books: Book) -> None:
    wrong = [
        row
        for row in summary.verdicts
        if row.billing_period == periods.headline and row.verdict in MISATTRIBUTED
    ]
    for currency in currencies(summary, periods.headline):
        own = sorted(
            (row for row in wrong if row.currency == currency),
            key=lambda row: (-row.billed_cost, row.verdict),
        )
        total = words.exact_sum(row.billed_cost for row in own)
        now = books.of(periods.headline, currency)
        line = Text("Misattributed on the bill: ").append(_part(total, now.total, currency), "bold")
        if own:
            line.append(
                " (" + ", ".join(f"{r.verdict} {words.amount(r.billed_cost, currency)}" for r in own) + ")"
            )
        out.print(line)
        out.print(
            Text("Misallocated after reconciliation: ").append(
                _part(now.unresolved, now.total, currency), "bold"
            )
        )


def _part(part: Decimal, whole: Decimal, currency: str) -> str:
    share = words.part_of(part, whole)
    return words.money(part, currency) + (
        f", {words.share(share)} of the bill" if share is not None else ", net of credits"
    )


def _findings(out: Console, summary: Summary, books: Book) -> None:
    found = summary.findings
    out.print()
    if not found.total:
        out.print(Text("No findings."))
        return
    title = f"Findings: {words.count(found.total)} open, the dearest first"
    if books.causes:
        columns = ("Check", "Severity", "Key", "Who", "Resources", "At stake", "Why")
        rows = [
            (
                c["check_id"],
                c["severity"],
                c["key"] or "",
                c["owner"] or "nobody known",
                words.count(c["resources"]),
                words.money(c["billed_at_stake"], c["currency"] or ""),
                cell(c["reason"], limit=120),
            )
            for c in books.causes[:_TOP]
        ]
        out.print(table(title, columns, rows, ("Resources", "At stake")))
        return
    counts = sorted(dict(found.by_check or {}).items(), key=lambda pair: (-pair[1], pair[0]))
    few = [(check, words.count(number)) for check, number in counts[: 2 * _TOP]]
    out.print(table(f"Findings: {words.count(found.total)} open", ("Check", "Findings"), few, ("Findings",)))


def _gaps(out: Console, summary: Summary) -> None:
    for gap in sorted(summary.gaps, key=lambda gap: gap.is_limitation):
        word, style = ("Limitation", "dim") if gap.is_limitation else ("Gap", "yellow")
        place = " ".join(part for part in (gap.provider, gap.scope) if part)
        line = Text(f"{word}: ", style=style).append_text(cell(f"{gap.kind} {place}".strip()))
        if gap.reason:
            line.append(": ").append_text(cell(gap.reason))
        if gap.permission:
            line.append(". Needs: ").append_text(cell(gap.permission))
        out.print(line)


def _where(out: Console, result: Result) -> None:
    if result.out_dir is not None:
        out.print(Text("Report: ").append(near(result.out_dir / "index.html"), "bold"), soft_wrap=True)
    elif result.store.is_file():
        out.print(Text("Store: ").append(near(result.store), "bold"), soft_wrap=True)
