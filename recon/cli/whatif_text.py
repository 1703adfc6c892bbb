"""How is a trial of other rules read in a terminal? What moves, from whom to whom, and what it does to the figures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rich.console import Console

from recon.cli.paper import cell, console, table
from recon.whatif import Change, Differences, Move
from reports import words

BILLS_CHANGED = "The bills hold news since the last run."


def print_differences(found: Differences, limit: int) -> None:
    """Print on stdout; tables are cut to `limit` rows and say so."""
    out = console()
    if found.bills_changed:
        out.print(cell(f"{BILLS_CHANGED} What follows mixes their news with what the rules do.", "bold"))
    if found.nothing():
        out.print(
            cell("Nothing would move: every account, dimension, verdict and coverage stays as it is.", "bold")
        )
        return
    moved = {currency: amount for currency, amount in found.moved().items() if amount}
    said = ", ".join(words.money(amount, currency) for currency, amount in moved.items())
    least = "at most " if moved and found.moves is None else ""
    out.print(cell(f"Would move: {least}{said or 'no EffectiveCost'}", "bold"))
    _accounts(out, found.accounts, limit)
    _billed(out, found.accounts, limit)
    _moves(out, found.moves, limit)
    _dimensions(out, found.dimensions, limit)
    _figures(out, found, limit)


def _accounts(out: Console, changes: list[Change], limit: int) -> None:
    ordered = sorted(
        (c for c in changes if c.effective),
        key=lambda c: (c.billing_period, c.currency, -abs(c.effective), c.account),
    )
    if not ordered:
        return
    rows = [
        (c.billing_period, c.account, words.money(c.effective_before, c.currency), words.money(c.effective_after, c.currency), _signed(c.effective, c.currency))
        for c in ordered[:limit]
    ]  # fmt: skip
    names = ("Period", "Account", "Now", "Then", "Change")
    out.print(table("Who would get more or less", names, rows, right=names[2:]))
    _more(out, len(ordered) - limit)


def _billed(out: Console, changes: list[Change], limit: int) -> None:
    """Accounts whose BilledCost alone changes, as where a commitment's purchase goes elsewhere."""
    ordered = sorted(
        (c for c in changes if not c.effective),
        key=lambda c: (c.billing_period, c.currency, -abs(c.billed), c.account),
    )
    if not ordered:
        return
    rows = [
        (c.billing_period, c.account, words.money(c.billed_before, c.currency), words.money(c.billed_after, c.currency), _signed(c.billed, c.currency))
        for c in ordered[:limit]
    ]  # fmt: skip
    names = ("Period", "Account", "Now", "Then", "Change")
    out.print(table("Whose BilledCost alone would change", names, rows, right=names[2:]))
    _more(out, len(ordered) - limit)


def _dimensions(out: Console, found: list[dict[str, Any]], limit: int) -> None:
    if not found:
        return
    rows = []
    for d in found[:limit]:
        # a value whose BilledCost alone differs shows that, as its EffectiveCost would look untouched
        kind = "effective" if d["effective_before"] != d["effective_after"] else "billed"
        before, after = (words.money(d[f"{kind}_{side}"], d["currency"]) for side in ("before", "after"))
        cost = "EffectiveCost" if kind == "effective" else "BilledCost"
        rows.append((d["billing_period"], d["dimension"], d["value"] or "(none)", cost, before, after))
    names = ("Period", "Dimension", "Value", "Cost", "Now", "Then")
    out.print(table("What dimensions would say", names, rows, right=names[4:]))
    _more(out, len(found) - limit)


def _moves(out: Console, moves: list[Move] | None, limit: int) -> None:
    if moves is None:
        out.print(cell("The rules name a column that the stored charges are not told apart by: the bills were read again, and "
                       "charges can't be followed one by one. What moves is counted by resource, service and day, at most.", "dim"))  # fmt: skip
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
