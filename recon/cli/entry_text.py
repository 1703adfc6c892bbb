"""How are an account's statement and its entries read in a terminal? Amounts with all digits, so that they add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from recon.cli.adjustment_text import closed_text, print_adjustment
from recon.cli.cost_cells import COSTS, Row, added, costs, sum_of
from recon.cli.door import near
from recon.cli.paper import cell, console, table
from recon.explain.account import Told
from recon.explain.charge_lines import ChargeLine, LinesOf
from recon.explain.entries import money
from recon.explain.find import last_part
from recon.hostile import shown
from reports import words
from reports.owner_statement import weight_share


def print_told(told: Told, found: LinesOf, limit: int) -> None:
    """Print an account's statements, or one entry; tables are cut to `limit` rows, what is cut off is one row more."""
    out = console()
    document = told.document
    if document["kind"] == "entry":
        _entry(out, document["entry"], max(limit, 1))
    else:
        for statement in document["statements"]:
            _statement(out, statement, max(limit, 1))
    if limit:
        _lines(out, found)


def _statement(out: Console, statement: Row, limit: int) -> None:
    currency = statement["currency"]
    out.print(
        cell(statement["account"], "bold").append(
            f"  {words.period(statement['billing_period'])}, {currency}"
        )
    )
    lines = [(part["part"].capitalize(), str(part["entries"]), part) for part in statement["parts"]]
    place = next(n for n, line in enumerate(lines) if line[0] == "Shared") + 1
    lines[place:place] = [(f"  of {pool['pool']}", "", pool) for pool in statement["pools"]]
    entries = str(sum(part["entries"] for part in statement["parts"]))
    rows = [(*costs(row), entries_, name) for name, entries_, row in [*lines, ("Total", entries, statement)]]
    out.print(table("Statement", (*COSTS, "Entries", "Part"), rows, (*COSTS, "Entries")))
    _entries(out, statement["entries"], limit)
    for pool in statement["pools"]:
        mine = [e for e in statement["entries"] if e.get("share") and e["share"]["pool"] == pool["pool"]]
        _made_of(out, pool["pool"], mine, limit)
    for entry in statement["entries"]:
        if "adjustment" in entry:
            print_adjustment(out, entry, limit)


def _entries(out: Console, entries: Sequence[Row], limit: int) -> None:
    rows = [(*costs(e), e["entry_id"], _share(e), _from(e), _why(e)) for e in entries[:limit]]
    if rest := entries[limit:]:
        rows.append((*costs(added(rest)), f"{len(rest):,} more", "", "", "--json has all"))
    columns = (*COSTS, "Entry", "Share", "From", "Why")
    out.print(table("Entries", columns, rows, columns[:4]))


def _entry(out: Console, entry: Row, limit: int) -> None:
    out.print(
        cell(f"{entry['entry_id']}", "bold").append(f"  {entry['account']}" if entry["account"] else "")
    )
    posted = f"posted in {entry['billing_period']}, bill of {entry['origin_period']}"
    out.print(
        cell(
            f"{posted}; {entry['provider']} {entry['billing_account']}; transaction {entry['transaction_id']}",
            "dim",
        )
    )
    effective, billed = costs(entry)
    out.print(cell(f"EffectiveCost {effective} {entry['currency']}, BilledCost {billed} {entry['currency']}"))
    version = f", rules {entry['rule_version']}" if entry["rule_version"] else ""
    out.print(
        cell(
            f"{entry['part']}: {_why(entry)}{version}{'; weight ' + _weight(entry) if entry['weight'] else ''}"
        )
    )
    if entry["verdict"]:
        out.print(cell(f"class {entry['class']}, verdict {entry['verdict']}", "dim"))
    if entry.get("closed"):
        out.print(cell(f"frozen: {closed_text(entry['closed'])}", "yellow"))
    if "charges" in entry:
        _charges(out, "Charges", entry["charges"], limit)
    if "share" in entry:
        _made_of(out, entry["share"]["pool"], [entry], limit)
        _charges(out, "Charges, the part of each in this entry", _all_charges([entry]), limit)
    if "adjustment" in entry:
        print_adjustment(out, entry, limit)


def _made_of(out: Console, pool: str, entries: Sequence[Row], limit: int) -> None:
    """What a pool was made of: its own entries and the pools that paid into it, by service."""
    for entry in entries:
        share = entry["share"]
        held = " / ".join(costs({k: share[f"pool_{k}"] for k in ("billed_cost", "effective_cost")}))
        if entry["account"] == pool:
            for to in share["divided_to"]:
                gets = f"{' / '.join(costs(to))} {entry['currency']} to {to['account']}"
                out.print(
                    cell(f"{entry['provider']} {entry['billing_account']}: {gets}, {_weight(to)}", limit=600)
                )
            continue
        said = f"{pool} of {entry['provider']} {entry['billing_account']} held {held} {entry['currency']}"
        out.print(cell(f"{said}; {_why(entry)}; {entry['account']} gets {_weight(entry) or 'it'}", limit=600))
    sums: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for way, charge in _walk(entries):
        sums[way, charge["service"] or "no service"].append(charge)
    ranked = sorted(sums.items(), key=lambda one: (-abs(sum_of(one[1], "effective_cost")), one[0]))
    rows: list[tuple[str, ...]] = [
        (*costs(added(charges)), way, service, words.count(sum(c["lines"] for c in charges)))
        for (way, service), charges in ranked[:limit]
    ]
    rows += _rest([added(charges) for _, charges in ranked[limit:]], 3, "services")
    rows.append((*costs(added(entries)), "Sum", "", ""))
    out.print(
        table(
            f"What came from {pool}", (*COSTS, "Way", "Service", "Bill lines"), rows, (*COSTS, "Bill lines")
        )
    )


def _walk(entries: Sequence[Row]) -> list[tuple[str, Row]]:
    """Each charge below some shares, with the way that it took."""
    found = []
    for entry in entries:
        for source in entry["share"]["made_of"]:
            found += _below(source, entry["share"]["pool"])
    return found


def _below(source: Row, way: str) -> list[tuple[str, Row]]:
    if "charges" in source:
        why = f" ({source['rule_id']})" if source["rule_id"] else ""
        return [(f"{way}{why}", charge) for charge in source["charges"]]
    return [one for below in source["made_of"] for one in _below(below, f"{source['pool']} → {way}")]


def _all_charges(entries: Sequence[Row]) -> list[Row]:
    return [charge for _, charge in _walk(entries)]


def _charges(out: Console, title: str, charges: Sequence[Row], limit: int) -> None:
    ranked = sorted(
        charges,
        key=lambda c: (
            -abs(c["effective_cost"]),
            -abs(c["billed_cost"]),
            c["service"] or "",
            c["resource"] or "",
            str(c["day"]),
        ),
    )
    rows: list[tuple[str, ...]] = [
        (
            *costs(c),
            str(c["day"] or "not kept"),
            c["service"] or "",
            _named(c["resource"], c["category"]),
            words.count(c["lines"]),
        )
        for c in ranked[:limit]
    ]
    rows += _rest(ranked[limit:], 4, "charges")
    rows.append((*costs(added(charges)), "Sum", "", "", words.count(sum(c["lines"] for c in charges))))
    out.print(
        table(title, (*COSTS, "Day", "Service", "Resource", "Bill lines"), rows, (*COSTS, "Bill lines"))
    )


def _lines(out: Console, found: LinesOf) -> None:
    """Lines by file and row; both amounts as delivered, and the part of them that is in the entry."""
    for path in sorted({line.path for line in found.lines}):
        rows = [_line(line) for line in found.lines if line.path == path]
        columns = ("Row", *COSTS, "Day", "Service", "Resource", "Entry")
        out.print(table(shown(near(path), 300), columns, rows, (*columns[:3], "Entry")))
    out.print(
        cell(
            f"Bill lines of the {found.charges:,} largest of {found.of:,} groups of charges; amounts are their part in the entry",
            "dim",
        )
    )
    if found.frozen:
        out.print(
            cell(
                f"{found.frozen:,} groups are frozen: the bill of a closed month may have changed since, so its lines are not shown",
                "dim",
            )
        )
    if found.missing:
        out.print(cell(f"Not shown: the lines of {found.missing:,} groups do not sum to them now", "yellow"))
    for file in found.skipped:
        out.print(Text("Not shown: ", "yellow").append_text(cell(f"{near(file.path)} {file.reason}")))


def _line(line: ChargeLine) -> tuple[str, ...]:
    group = line.group
    return (
        words.count(line.row), *costs(money(line.part)), str(group.day), group.service or "",
        _named(group.resource, group.category), line.entry_id,
    )  # fmt: skip


def _named(resource: str | None, category: str | None) -> str:
    return last_part(resource) if resource else category or ""


def _from(entry: Row) -> str:
    where = f"{entry['provider']} {entry['billing_account']}"
    origin = f", {entry['origin_period']}" if entry["origin_period"] != entry["billing_period"] else ""
    pool = entry["share"]["pool"] if "share" in entry else ""
    return f"{where}{origin}{' ' + pool if pool else ''}"


def _why(entry: Row) -> str:
    basis = "" if entry["basis"] == "direct" else str(entry["basis"])
    basis = basis.removesuffix(_weight(entry)).rstrip()
    why = (
        f"rule {entry['rule_id']}"
        if entry["rule_id"]
        else ""
        if entry["part"] == "adjustments"
        else entry["rung_means"] or ""
    )
    return ", ".join(part for part in (why, basis) if part) or str(entry["verdict"] or "no rung")


def _share(entry: Row) -> str:
    """The weight as a share, to be read; its exact text stands at the entry."""
    share = weight_share(entry["weight"], entry["weight_total"])
    return "" if share is None else words.share(share)


def _weight(entry: Row) -> str:
    return f"{entry['weight']} of {entry['weight_total']}" if entry["weight"] is not None else ""


def _rest(rows: Sequence[Row], blanks: int, what: str) -> list[tuple[str, ...]]:
    if not rows:
        return []
    return [(*costs(added(rows)), f"{len(rows):,} more {what}; --json has all", *[""] * (blanks - 1))]
