"""How is a resource's story read in a terminal? Who it is, its tags and verdicts, its ledger, its lines."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from recon.cli.door import near
from recon.cli.paper import cell, console, table
from recon.explain import BillLine, Found, Story
from recon.hostile import shown
from reports import words

Row = Mapping[str, Any]


def print_story(story: Story, found: Found, limit: int) -> None:
    """Print the story on stdout; tables of days and lines are cut to `limit` rows and say so."""
    out = console()
    _who(out, story)
    for line in story.managed:
        _managed(out, line)
    for key in story.keys:
        _key(out, key)
    _charges(out, story, max(limit, 1))
    _ledger(out, story)
    for row in story.findings:
        out.print(
            Text("Finding: ", "yellow").append_text(
                cell(f"{row['check_id']} {row['key'] or ''}: {row['reason']}")
            )
        )
    _lines(out, found)


def _who(out: Console, story: Story) -> None:
    out.print(cell(story.hit.ids[0], "bold"))
    for row in story.resources:
        seen = f"seen {words.day(row['first_seen'])} to {words.day(row['last_seen'])}"
        gone = f", gone since {words.day(row['deleted_at'])}" if row["deleted_at"] else ""
        where = [
            row["x_ProviderId"],
            row["SubAccountId"],
            row["RegionId"],
            row["ResourceType"],
            row["ResourceName"],
        ]
        known = "in the inventory" if row["in_inventory"] else "on the bill only"
        out.print(cell(f"{', '.join(str(part) for part in where if part)}; {known}, {seen}{gone}", "dim"))
    for other in story.hit.ids[1:]:
        out.print(cell(f"also written {other}", "dim"))


def _managed(out: Console, row: Row) -> None:
    """The line of code that manages it, what it says, and in yellow where the resource says otherwise."""
    says = ", ".join(
        f"{shown(tag['raw_key'], 80)}={shown(tag['raw_value'], 80)}" for tag in row["tags"] or ()
    )
    said = "" if row["tags"] is None else f", which says {says or 'nothing of the keys of the registry'}"
    file = f" ({shown(row['file'], 200)})" if row["file"] else ""
    out.print(cell(f"managed by {row['tool']}: {shown(row['address'], 300)}{file}{said}", limit=2000))
    for each in row["differs"]:
        code, live = (
            ", ".join(map(_q, each[side])) if each[side] else "nothing" for side in ("code", "live")
        )
        out.print(
            cell(
                f"  differs from live: {each['key']} is {code} in the code, {live} on the resource", "yellow"
            )
        )


def _key(out: Console, key: Row) -> None:
    live = ", ".join(
        f"{_q(row['raw_value'])} as {_q(row['raw_key'])} since {words.day(row['since'])}"
        for row in key["live"]
    )
    out.print()
    out.print(
        cell(key["key"], "bold").append(
            f"  billed {_q(key['billed'])}; live {live or 'nothing'}; expected {_q(key['expected'])}"
        )
    )
    for row in key["history"] if len(key["history"]) > 1 else ():
        until = words.day(row["valid_to"]) if row["valid_to"] else "now"
        since = "at or before " if row["assumed_start"] else ""
        out.print(
            cell(f"  live {_q(row['raw_value'])}: {since}{words.day(row['valid_from'])} to {until}", "dim")
        )
    for row in key["verdicts"]:
        out.print(_verdict(row))


def _verdict(row: Row) -> Text:
    line = (
        Text("  ")
        .append(_days(row), "dim")
        .append("  ")
        .append_text(cell(row["verdict"], _colour(row["verdict"])))
    )
    line.append(f"  {words.money(row['billed_cost'], row['currency'])}  {row['reason']}")
    if row["resolved_value"] is not None:
        line.append(
            f" Counts as {_q(row['resolved_value'])}: {row['rung_means'] or 'rung not known'}.", "dim"
        )
    return line


def _days(row: Row) -> str:
    first, last = row["first_day"], row["last_day"]
    return f"{first}" if first == last else f"{first} to {last}"


def _colour(verdict: str) -> str:
    from reports.verdicts import verdict as known

    return {"owned": "green", "wrong": "red", "waiting": "yellow"}.get(known(verdict).group, "cyan")


def _charges(out: Console, story: Story, limit: int) -> None:
    columns = ("Day", "Service", "Class", "Currency", "Billed", "Effective", "Bill lines")
    rows = [
        (
            str(row["day"]),
            row["service"] or "",
            row["class"],
            row["currency"],
            words.exact(row["billed_cost"]),
            words.exact(row["effective_cost"]),
            words.count(row["lines"]),
        )
        for row in story.charges[-limit:]
    ]
    out.print()
    out.print(table(f"Charges, {len(story.charges):,} day rows", columns, rows, columns[4:]))
    if len(story.charges) > limit:
        out.print(Text(f"… the newest {limit}; --json has all, --period and --lines choose", "dim"))
    for currency in sorted({row["currency"] for row in story.charges}):
        total = words.exact_sum(
            _money(row["billed_cost"]) for row in story.charges if row["currency"] == currency
        )
        out.print(Text(f"Billed in all: {words.money(total, currency)}"))


def _ledger(out: Console, story: Story) -> None:
    columns = ("Period", "Account", "Why", "Verdict", "Currency", "Its part", "Whole entry", "Entry")
    rows = [
        (
            row["billing_period"],
            row["account"],
            _why(row),
            row["verdict"] or "",
            row["currency"],
            words.exact(row["own_billed"]),
            words.amount(row["entry_billed"], row["currency"]),
            row["entry_id"],
        )
        for row in story.ledger
    ]
    out.print(table("Ledger, BilledCost", columns, rows, ("Its part", "Whole entry")))
    for row in story.ledger:
        for split in row["splits"]:
            amount = words.money(split["billed_cost"], row["currency"])
            said = f"{row['billing_period']} {row['account']} goes on to {split['account']}: {amount}"
            why = f"rule {split['rule_id']} ({split['basis']}); amounts of the whole pool"
            out.print(cell(f"  {said}, {why}", "dim"))


def _why(row: Row) -> str:
    if row["rule_id"]:
        return f"rule {row['rule_id']}"
    return str(row["rung_means"] or "no rung")


def _lines(out: Console, found: Found) -> None:
    columns = ("Row", "From", "Service", "Category", "Billed", "Effective")
    out.print(Text(f"Bill lines, {len(found.lines):,} of {found.total:,}", "bold"))
    for path, group in groupby(found.lines, key=lambda line: line.path):
        lines = list(group)
        out.print(table(shown(near(path), 300), columns, map(_line, lines), ("Row", "Billed", "Effective")))
        for tags, rows in _tags(lines).items():
            out.print(Text(f" tags of {_rows(rows)}: ", "dim").append(tags))
    for file in found.skipped:
        out.print(Text("Not shown: ", "yellow").append_text(cell(f"{near(file.path)} {file.reason}")))


def _line(line: BillLine) -> list[str | Text]:
    said = {name: text or "" for name, text in line.cells.items()}
    begins = said.get("ChargePeriodStart", "")
    columns = ("ServiceName", "ChargeCategory", "BilledCost", "EffectiveCost")
    day = begins[:10] if begins[11:19] in ("", "00:00:00") else begins[:19]
    return [words.count(line.row), day, *(said.get(name, "") for name in columns)]


def _tags(lines: list[BillLine]) -> dict[str, list[int]]:
    """The distinct tagsets of the lines as text, each with its rows."""
    rows: dict[str, list[int]] = {}
    for line in lines:
        own = {"(not readable)": ""} if line.tags is None else line.tags
        inherited = {f"{key} (inherited)": value for key, value in (line.inherited or {}).items()}
        told = [f"{shown(key, 60)}={shown(value, 60)}" for key, value in {**own, **inherited}.items()]
        rows.setdefault(", ".join(told) or "none", []).append(line.row)
    return rows


def _rows(rows: list[int]) -> str:
    if len(rows) > 5:
        return f"{len(rows)} rows from {rows[0]} to {rows[-1]}"
    return f"row{'' if len(rows) == 1 else 's'} {', '.join(map(str, rows))}"


def _q(value: object) -> str:
    return "nothing" if value is None else f'"{shown(value, 80)}"'


def _money(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(0)
