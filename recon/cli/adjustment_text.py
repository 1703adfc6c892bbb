"""How is an adjustment of a closed month read in a terminal? What is frozen, what is now, and what makes the difference."""

from __future__ import annotations

from rich.console import Console

from recon.cli.cost_cells import Row, added, costs, sum_of
from recon.cli.paper import cell, table
from reports import words


def print_adjustment(out: Console, entry: Row, limit: int) -> None:
    """Print it; `limit`: rows of what changed before the rest is one row."""
    told = entry["adjustment"]
    closed = f"; {closed_text(told['closed'])}" if told["closed"] else "; open again"
    head = f"Adjustment of {words.period(told['origin_period'])} in {words.period(entry['billing_period'])}: {told['reason']}"
    out.print(cell(f"{head}{closed}", "bold", 600))
    standing = told["standing"]
    others = list(standing["adjustments"])
    out.print(
        cell(
            f"frozen {costs(standing['frozen'])[0]} + {len(others)} adjustment{'s' * (len(others) != 1)} "
            f"{costs(added(others))[0]} = now {costs(standing['now'])[0]} EffectiveCost",
            "dim",
        )
    )
    if not told["kept"]:
        out.print(cell("It is frozen itself: what it was made of then is no longer kept.", "yellow"))
        return
    pieces = sorted(told["pieces"], key=lambda p: (-abs(p["effective_cost"]), -abs(p["billed_cost"])))
    columns = ("Change", "Frozen", "Now", "What")
    rows = [
        (
            words.exact(p["effective_cost"]), words.exact(p["before_effective_cost"]), words.exact(p["now_effective_cost"]), _piece(p),
        )
        for p in pieces[:limit]
    ]  # fmt: skip
    if rest := pieces[limit:]:
        sums = [
            words.exact(sum_of(rest, name))
            for name in ("effective_cost", "before_effective_cost", "now_effective_cost")
        ]
        rows.append((sums[0], sums[1], sums[2], f"{len(rest):,} more"))
    rows.append((words.exact(entry["effective_cost"]), "", "", "Sum, EffectiveCost"))
    out.print(table("What changed", columns, rows, columns[:3]))


def _piece(piece: Row) -> str:
    if piece["kind"] == "charges":
        what = ", ".join(
            str(piece[k]) for k in ("service", "resource", "category", "sub_account") if piece[k]
        )
        before, now = piece["rule_before"], piece["rule_now"]
        return f"{what}; {before or 'not there'} → {now or 'not here any more'}" if before != now else what
    if piece["kind"] == "share":
        was = f"{piece['weight_before']} of {piece['weight_total_before']} of {words.exact(piece['pool_before_effective_cost'])}"
        now = f"{piece['weight_now']} of {piece['weight_total_now']} of {words.exact(piece['pool_now_effective_cost'])}"
        return f"share of {piece['pool']}: {was if piece['rule_before'] else 'none'} → {now if piece['rule_now'] else 'none'}"
    return f"posted in {piece['billing_period']} by adjustment {piece['entry_id']}"


def closed_text(closed: Row) -> str:
    """Who closed a month, when and why."""
    reason = f" ({closed['reason']})" if closed["reason"] else ""
    return f"closed {words.day(closed['closed_at'])} by {closed['closed_by']}{reason}"
