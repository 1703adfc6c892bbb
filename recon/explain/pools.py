"""Which charges is a share of a pool made of?

The pool's own entries in the same book, and the pools that paid into it, followed to their charges. Every charge gets
the difference of two running splits (`recon/ledger/running.py`), so the parts of each level sum to the level above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from recon.explain.entries import Books, Entry, Group, World, total
from recon.ledger.running import Units, running_parts


@dataclass(frozen=True)
class Item:
    """Some charges in a pool: what they are, what they put into it, by which entries they came (the pool's own first)."""

    way: tuple[Entry, ...]
    group: Group
    units: Units


@dataclass(frozen=True)
class Source:
    """One entry of a pool, what it put in (`units`), which part of that went to the account asked for, and either the
    charges with their parts, or the sources of the pool that it comes from."""

    entry: Entry
    units: Units
    part: Units
    charges: list[tuple[Group, Units]]
    sources: list[Source]


@dataclass
class Pools:
    """Pools of books, each followed once."""

    books: Books
    _content: dict[tuple[World, str], list[Item]] = field(default_factory=dict)

    def entries(self, world: World, pool: str) -> list[Entry]:
        """What stands in a pool before it is divided: direct entries first, then shares of other pools."""
        found = [e for e in self.books.world(world) if e.account == pool and e.origin_account != pool]
        return sorted(found, key=lambda e: (e.origin_account is not None, e.entry_id))

    def transaction(self, entry: Entry) -> list[Entry]:
        """The entries of a split's transaction but for the pool's own: who got how much of it, by account."""
        same = [
            e
            for e in self.books.world(entry.world)
            if e.facts["transaction_id"] == entry.facts["transaction_id"] and e.account != e.origin_account
        ]
        return sorted(same, key=lambda e: e.account)

    def content(self, world: World, pool: str) -> list[Item]:
        """The charges of a pool with what they put into it; they sum to its entries."""
        key = (world, pool)
        if key not in self._content:
            found = []
            for entry in self.entries(world, pool):
                if entry.origin_account is None:
                    found += [Item((entry,), g, g.units) for g in self.books.groups(entry)]
                else:
                    found += [Item((entry, *item.way), item.group, part) for item, part in self.parts(entry)]
            self._content[key] = found
        return self._content[key]

    def parts(self, entry: Entry) -> list[tuple[Item, Units]]:
        """The charges of the pool that a share comes from, and the part of each in it; the parts sum to the share.

        The pool's own side of a transaction gives all of each charge away."""
        assert entry.origin_account is not None
        items = self.content(entry.world, entry.origin_account)
        if entry.account == entry.origin_account:
            return [(item, (-item.units[0], -item.units[1])) for item in items]
        posted: dict[str, Units] = {}
        for each in self.transaction(entry):
            posted[each.account] = total([posted.get(each.account, (0, 0)), each.units])
        posted[entry.account] = posted.get(entry.account, entry.units)
        return list(zip(items, running_parts([i.units for i in items], posted, entry.account), strict=True))

    def sources(self, entry: Entry) -> list[Source]:
        """What a share is made of, level by level."""
        return _levels([(item.way, item.group, item.units, part) for item, part in self.parts(entry)])

    def preload(self, entries: Sequence[Entry]) -> None:
        """Read the charges of all direct entries behind some entries at once."""
        wanted: dict[tuple[World, str], Entry] = {}
        seen: set[tuple[World, str]] = set()
        waiting = list(entries)
        while waiting:
            entry = waiting.pop()
            if entry.part == "adjustments":
                continue
            if entry.origin_account is None:
                wanted[entry.world, entry.entry_id] = entry
            elif (entry.world, entry.origin_account) not in seen:
                seen.add((entry.world, entry.origin_account))
                waiting += self.entries(entry.world, entry.origin_account)
        self.books.load(list(wanted.values()))


_Walked = tuple[tuple[Entry, ...], Group, Units, Units]


def _levels(walked: Sequence[_Walked]) -> list[Source]:
    by_entry: dict[str, list[_Walked]] = {}
    for each in walked:
        by_entry.setdefault(each[0][0].entry_id, []).append(each)
    found = []
    for members in by_entry.values():
        entry = members[0][0][0]
        direct = entry.origin_account is None
        found.append(
            Source(
                entry,
                total(units for _, _, units, _ in members),
                total(part for *_, part in members),
                [(group, part) for _, group, _, part in members] if direct else [],
                [] if direct else _levels([(way[1:], g, units, part) for way, g, units, part in members]),
            )
        )
    return found
