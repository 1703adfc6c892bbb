"""Which tags changed on a resource between two snapshots, and whose money moved with them?

Told from the history of resource states. A resource that appears, vanishes or comes back is no drift: only a
state that follows another one directly is compared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb
import polars as pl

from recon.frames import frame
from recon.hostile import MASK
from recon.registry import Registry, Rules, in_force, is_blank
from recon.snapshot.explained import explained

_TRANSITIONS = """
SELECT r.provider_id, r.account_id, r.resource_id, r.resource_no, n.valid_from AS observed_at,
       p.tagset_no AS before_no, n.tagset_no AS after_no
FROM base.resource_state p
JOIN base.resource_state n ON n.resource_no = p.resource_no AND n.valid_from = p.valid_to
JOIN base.resource r ON r.resource_no = p.resource_no
WHERE n.valid_from <= $now"""
_ENTRIES = """
SELECT tagset_no, tag_key, tag_value FROM base.tagset_entry
WHERE tagset_no IN (SELECT unnest(?::INTEGER[])) ORDER BY ALL"""
# What the resource cost in its newest period; of two currencies the one with more of it.
_COST = """
SELECT m.resource_no, b.currency, sum(c.effective) AS monthly_effective
FROM base.charge c JOIN base.bill_match m USING (bill_resource_no) JOIN base.book b ON b.book_no = c.book_no
GROUP BY m.resource_no, b.billing_period, b.currency
QUALIFY row_number() OVER (
    PARTITION BY m.resource_no ORDER BY b.billing_period DESC, sum(c.effective) DESC, b.currency) = 1"""
_COLUMNS = (
    *(
        "observed_at",
        "provider_id",
        "account_id",
        "resource_id",
        "key",
        "change",
        "before_value",
        "after_value",
    ),
    *("owner_before", "owner_after", "currency", "monthly_effective", "events", "actor"),
)
_AT = ("provider_id", "observed_at", "before_no", "after_no")

Tags = Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """One change from a tagset to the next. `key`: the registry's, or the raw one where it knows none.
    Values are raw, as published; None where the key is absent on that side."""

    key: str
    change: str
    before_value: str | None
    after_value: str | None


def write_drift(
    con: duckdb.DuckDBPyConnection, registry: Registry, raw: Callable[[str], str], now: datetime
) -> None:
    """Replace `base.drift`: one row per change of a resource's tag between consecutive snapshots up to `now`.

    `raw` gives the byte-exact value behind a mask, by which values are folded; it is never written."""
    moves = frame(con, _TRANSITIONS, {"now": now})
    changes = _changes_of(con, moves.select(_AT).unique().sort(_AT), registry, raw)
    rows = (
        explained(con, registry, moves.join(changes, on=_AT, how="inner"))
        .join(frame(con, _COST), on="resource_no", how="left")
        .select(_COLUMNS)
        .sort(
            "observed_at",
            "provider_id",
            "account_id",
            "resource_id",
            "key",
            "change",
            "before_value",
            "after_value",
        )
    )
    con.execute("DELETE FROM base.drift")
    con.register("drift_now", rows.to_arrow())
    con.execute("INSERT INTO base.drift BY NAME SELECT * FROM drift_now")
    con.unregister("drift_now")


def differences(before: Tags, after: Tags, key_of: Callable[[str], str | None]) -> Iterator[Change]:
    """The changes between two tagsets, by raw key. `key_of`: raw key → the registry's key, or None.

    A raw key that goes while another one comes was renamed when both mean one key, or, where not both are
    known, when both carry the same value."""
    for raw_key in sorted(before.keys() & after.keys()):
        if before[raw_key] != after[raw_key]:
            yield Change(key_of(raw_key) or raw_key, "changed", before[raw_key], after[raw_key])
    gone, come = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
    for old, new in _renamed(gone, come, before, after, key_of):
        gone.remove(old)
        come.remove(new)
        yield Change(key_of(old) or key_of(new) or new, "renamed", before[old], after[new])
    yield from (Change(key_of(k) or k, "removed", before[k], None) for k in gone)
    yield from (Change(key_of(k) or k, "added", None, after[k]) for k in come)


def _renamed(
    gone: list[str], come: list[str], before: Tags, after: Tags, key_of: Callable[[str], str | None]
) -> list[tuple[str, str]]:
    """Pairs (old raw key, new raw key); each key stands in one pair at most, one meaning before one value."""

    def one_meaning(old: str, new: str) -> bool:
        return key_of(old) is not None and key_of(old) == key_of(new)

    def one_value(old: str, new: str) -> bool:
        both_known = key_of(old) is not None and key_of(new) is not None
        return not both_known and before[old] == after[new] and not is_blank(before[old])

    pairs: dict[str, str] = {}
    for alike in (one_meaning, one_value):
        for old in gone:
            free = (new for new in come if new not in pairs.values() and alike(old, new))
            if old not in pairs and (found := next(free, None)) is not None:
                pairs[old] = found
    return list(pairs.items())


def _changes_of(
    con: duckdb.DuckDBPyConnection, moves: pl.DataFrame, registry: Registry, raw: Callable[[str], str]
) -> pl.DataFrame:
    """The changes of each distinct move from tagset to tagset, with the owner on either side."""
    numbers = pl.concat([moves["before_no"], moves["after_no"]]).unique().sort().to_list()
    tags: dict[int, dict[str, str]] = {}
    for number, key, value in con.execute(_ENTRIES, [numbers]).fetchall():
        tags.setdefault(number, {})[key] = value
    rows: list[tuple[object, ...]] = []
    for provider, at, before_no, after_no in moves.iter_rows():
        reading = _Reading(in_force(registry, _day(at)), provider, raw)
        before, after = tags.get(before_no, {}), tags.get(after_no, {})
        owners = reading.owner(before), reading.owner(after)
        rows += [
            (provider, at, before_no, after_no, c.key, c.change, c.before_value, c.after_value, *owners)
            for c in differences(before, after, reading.key_of)
        ]
    told = ("key", "change", "before_value", "after_value", "owner_before", "owner_after")
    schema = {**{c: moves.schema[c] for c in _AT}, **dict.fromkeys(told, pl.String())}
    return pl.DataFrame(rows, schema=schema, orient="row")


@dataclass(frozen=True)
class _Reading:
    """What raw keys and values of one provider meant on the day of a snapshot."""

    rules: Rules
    provider_id: str
    raw: Callable[[str], str] = field(repr=False)

    def key_of(self, raw_key: str) -> str | None:
        hit = self.rules.key_of(self.provider_id, raw_key)
        return hit.key if hit is not None and hit.key in self.rules.keys else None

    def owner(self, tags: Tags) -> str | None:
        """The owner key's value, folded where the registry knows it; the canonical spelling counts first."""
        hits = [(k, v, self.rules.key_of(self.provider_id, k)) for k, v in sorted(tags.items())]
        own = [(not h.canonical, k, v) for k, v, h in hits if h is not None and h.key == self.rules.owner]
        shown = next((value for _, _, value in sorted(own) if not is_blank(self.raw(value))), None)
        if shown is None or MASK.fullmatch(shown):
            return shown
        hit = self.rules.value_of(self.rules.owner, self.provider_id, shown)
        return shown if hit.value is None else hit.value


def _day(at: datetime) -> date:
    return at.date()
