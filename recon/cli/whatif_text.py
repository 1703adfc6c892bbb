"""How is a trial of other rules read in a terminal? What moves, from whom to whom, and what it does to the figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.console import Console

from recon.cli.paper import cell, console, table
from recon.whatif import Change, Differences, Move
from reports import words


def print_differences(found: Differences, limit: int) -> None:
    """Print on stdout; tables are cut to `limit` rows and say so."""
    out = console()
    moved = {currency: amount for currency, amount in found.moved().items() if amount}
    if not moved and not found.verdicts and not found.coverage:
        out.print(cell("Nothing would move: every account, verdict and coverage stays as it is.", "bold"))
        return
    said = ", ".join(words.money(amount, currency) for currency, amount in moved.items())
    out.print(cell(f"Would move: {said or 'no money'}", "bold"))
    _accounts(out, found.accounts, limit)
    _moves(out, found.moves, limit)
    _figures(out, found, limit)


def _accounts(out: Console, changes: list[Change], limit: int) -> None:
    if not changes:
        return
    ordered = sorted(changes, key=lambda c: (c.billing_period, c.currency, -abs(c.effective), c.account))
    rows = [
        (c.billing_period, c.account, words.money(c.effective_before, c.currency), words.money(c.effective_after, c.currency), _signed(c.effective, c.currency))
        for c in ordered[:limit]
    ]  # fmt: skip
    names = ("Period", "Account", "Now", "Then", "Change")
    out.print(table("Who would get more or less", names, rows, right=names[2:]))
    _more(out, len(ordered) - limit)


def _moves(out: Console, moves: list[Move] | None, limit: int) -> None:
    if moves is None:
        out.print(cell("The rules name a column that the stored charges are not told apart by: the bills were read again, and "
                       "charges can't be followed one by one.", "dim"))  # fmt: skip
        return
    if not moves:
        return
    rows = [
        (m.billing_period, m.source, m.target, m.rule_after or "", words.count(m.charges), words.money(m.effective, m.currency))
        for m in moves[:limit]
    ]  # fmt: skip
    names = ("Period", "From", "To", "By rule", "Charges", "EffectiveCost")
    out.print(
        table("Which charges would go elsewhere, before shared cost is divided", names, rows, right=names[4:])
    )
    _more(out, len(moves) - limit)


def _figures(out: Console, found: Differences, limit: int) -> None:
    rows: list[tuple[str, str, str, str]] = [
        (v["billing_period"], f"verdict {v['verdict']}", words.money(v["effective_before"], v["currency"]), words.money(v["effective_after"], v["currency"]))
        for v in found.verdicts
    ]  # fmt: skip
    rows += [
        (
            c["billing_period"],
            f"coverage of {c['key']}, {c['currency']}",
            _share(c["before"]),
            _share(c["after"]),
        )
        for c in found.coverage
    ]
    if rows:
        names = ("Period", "Figure", "Now", "Then")
        out.print(table("Verdicts and coverage", names, rows[:limit], right=names[2:]))
        _more(out, len(rows) - limit)


def _share(shares: dict[str, Any]) -> str:
    return words.share(shares["by_cost"])


def _signed(amount: Decimal, currency: str) -> str:
    text = words.money(amount, currency)
    return text if amount < 0 else f"+{text}"


def _more(out: Console, left: int) -> None:
    if left > 0:
        out.print(cell(f"… and {left:,} more rows (--lines, --json)", "dim"))
