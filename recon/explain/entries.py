"""Which entries are posted to an account, and which entries stand beside them in the same books?

A world is one book as it is now, or as one closing froze it: its entries, and what each direct entry is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from recon.ledger.running import Units
from recon.money import of_units, to_units
from reports.questions import Row, Store

World = tuple[int, int]
"""Number of the closure that froze it (0: as it is now), number of the book."""
ADJUSTMENT = "adjustment"

_FIELDS = (
    "book_no, entry_id, transaction_id, billing_period, account, owner, rung, rule_id, basis, origin_account, class, verdict, "
    "billed, effective, charges, rule_version, weight, weight_total"
)
_OPEN = f"SELECT entry_no, 0 AS closure_no, {_FIELDS} FROM base.entry"
_FROZEN = f"SELECT 0 AS entry_no, closure_no, {_FIELDS} FROM base.frozen_entry"
_ADJUSTED = """SELECT 0 AS entry_no, 0 AS closure_no, book_no, entry_id, transaction_id, billing_period, account, owner, NULL AS rung,
    NULL AS rule_id, 'adjustment: ' || reason AS basis, NULL AS origin_account, class, NULL AS verdict, billed, effective, 0 AS charges,
    rule_version, NULL AS weight, NULL AS weight_total FROM base.adjustment"""
# The same three parts as base.posted, which does not say by which closure an entry is frozen.
_POSTED = f"""
SELECT p.*, b.billing_period AS origin_period, b.provider_id, b.billing_account_id, b.currency FROM (
    {_OPEN} WHERE book_no NOT IN (SELECT book_no FROM base.closed_book)
    UNION ALL {_FROZEN} WHERE closure_no IN (SELECT closure_no FROM base.closed_book)
    UNION ALL {_ADJUSTED}) p JOIN base.book b USING (book_no)
WHERE """
_ORDER = " ORDER BY p.billing_period, b.currency, b.billing_period, b.provider_id, b.billing_account_id, p.entry_id"


@dataclass(frozen=True)
class Entry:
    """One entry as it is posted; amounts in units of the money scale. `world` says where it stands."""

    world: World
    entry_no: int
    entry_id: str
    account: str
    origin_account: str | None
    units: Units
    facts: Mapping[str, Any]

    @property
    def part(self) -> str:
        """How it came: direct, inherited, shared, or adjustments; as the statement says it."""
        if str(self.facts["basis"]).startswith(ADJUSTMENT):
            return "adjustments"
        if self.origin_account is not None:
            return "shared"
        return "inherited" if self.facts["rung"] in ("inherited", "default") else "direct"


@dataclass(frozen=True)
class Group:
    """What an entry is made of: charges of one service, account, category, resource and day (None: not kept)."""

    service: str | None
    sub_account: str | None
    category: str | None
    resource: str | None
    day: date | None
    units: Units
    lines: int

    def as_json(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "sub_account": self.sub_account,
            "category": self.category,
            "resource": self.resource,
            "day": self.day,
            "lines": self.lines,
        }


def money(units: Units, prefix: str = "") -> dict[str, Any]:
    """Both costs of some units, as amounts."""
    return {f"{prefix}billed_cost": of_units(units[0]), f"{prefix}effective_cost": of_units(units[1])}


def total(amounts: Iterable[Units]) -> Units:
    """The sum of some units, cost by cost."""
    listed = list(amounts)
    return sum(a[0] for a in listed), sum(a[1] for a in listed)


@dataclass
class Books:
    """The books of a store, each read when first asked for."""

    store: Store
    _worlds: dict[World, list[Entry]] = field(default_factory=dict)
    _groups: dict[tuple[World, str], list[Group]] = field(default_factory=dict)

    def posted(self, condition: str, *values: object) -> list[Entry]:
        """The posted entries (alias p, their origin's book b) that fulfil a condition in SQL, in a fixed order."""
        return [_entry(row) for row in self.store.ask(f"{_POSTED}{condition}{_ORDER}", *values)]

    def world(self, world: World) -> list[Entry]:
        """All entries of one book, as they are now or as they were frozen; adjustments that froze with it left out."""
        if world not in self._worlds:
            closure, book = world
            source = (
                f"{_FROZEN} WHERE closure_no = ? AND book_no = ?"
                if closure
                else f"{_OPEN} WHERE ? = 0 AND book_no = ?"
            )
            rows = self.store.ask(
                f"SELECT p.*, b.billing_period AS origin_period, b.provider_id, b.billing_account_id, b.currency FROM ({source}) p "
                f"JOIN base.book b USING (book_no) WHERE p.billing_period = b.billing_period{_ORDER}",
                closure,
                book,
            )
            entries = [_entry(row) for row in rows]
            self._worlds[world] = [e for e in entries if e.part != "adjustments"]
        return self._worlds[world]

    def groups(self, entry: Entry) -> list[Group]:
        """What a direct entry is made of, in a fixed order; they sum to it."""
        key = (entry.world, entry.entry_id)
        if key not in self._groups:
            self.load([entry])
        return self._groups[key]

    def load(self, entries: Sequence[Entry]) -> None:
        """Read what several direct entries are made of at once."""
        missing = [e for e in entries if (e.world, e.entry_id) not in self._groups]
        self._groups |= {(e.world, e.entry_id): [] for e in missing}
        now = {e.entry_no: e for e in missing if not e.world[0]}
        if now:
            for row in self.store.ask(_NOW, list(now)):
                entry = now[row["entry_no"]]
                self._groups[entry.world, entry.entry_id].append(_group(row))
        for entry in (e for e in missing if e.world[0]):
            rows = self.store.ask(_PARTS, *entry.world, entry.entry_id)
            self._groups[entry.world, entry.entry_id] = [_group(row) for row in rows]


_NOW = """
SELECT p.entry_no, d.service_name, d.sub_account_id, d.charge_category, r.resource_id, DATE '1970-01-01' + c.day AS day,
       sum(c.billed) AS billed, sum(c.effective) AS effective, sum(c.lines)::BIGINT AS lines
FROM base.posting p JOIN base.charge c USING (charge_no) JOIN base.charge_dim d USING (dim_no)
LEFT JOIN base.bill_resource r USING (bill_resource_no) WHERE p.entry_no IN (SELECT unnest(?::INTEGER[])) GROUP BY ALL ORDER BY ALL"""
_PARTS = """
SELECT service_name, sub_account_id, charge_category, resource_id, NULL::DATE AS day, sum(billed) AS billed,
       sum(effective) AS effective, sum(lines)::BIGINT AS lines
FROM base.frozen_part WHERE closure_no = ? AND book_no = ? AND entry_id = ? GROUP BY ALL ORDER BY ALL"""


def _entry(row: Row) -> Entry:
    facts = {
        k: v for k, v in row.items() if k not in ("entry_no", "closure_no", "book_no", "billed", "effective")
    }
    return Entry(
        (row["closure_no"], row["book_no"]),
        row["entry_no"],
        row["entry_id"],
        row["account"],
        row["origin_account"],
        (to_units(row["billed"]), to_units(row["effective"])),
        facts,
    )


def _group(row: Row) -> Group:
    return Group(
        row["service_name"],
        row["sub_account_id"],
        row["charge_category"],
        row["resource_id"],
        row["day"],
        (to_units(row["billed"]), to_units(row["effective"])),
        int(row["lines"] or 0),
    )
