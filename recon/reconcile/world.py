"""What does judging need to read once, for all periods?

Frames of the live side (states, snapshots, containers), of tagset entries, and of how long each billed
resource carried which tagset. All of them are as large as the estate, none as large as the bill.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import duckdb
import polars as pl

from recon.frames import frame
from recon.providers import provider, short_lived_types
from recon.reconcile.key_history import key_runs
from recon.reconcile.tagset_values import Resolved, ValueNumbers, resolve_tagsets
from recon.registry import Registry, Rules, in_force
from recon.store.masking import Masker
from recon.taggability import Taggability

DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()

_STATES = """
SELECT s.resource_no, s.tagset_no, epoch_us(s.valid_from) AS from_us, epoch_us(s.valid_to) AS to_us,
       s.assumed_start AS assumed, r.provider_id
FROM base.resource_state s JOIN base.resource r USING (resource_no) ORDER BY s.resource_no, s.valid_from"""
# An account of which a snapshot could see nothing was not looked at: only its container is known from elsewhere.
_READ = """base.snapshot s WHERE NOT EXISTS (SELECT 1 FROM base.unseen u WHERE u.observed_at = s.observed_at
AND u.provider_id = s.provider_id AND u.account_id = s.account_id AND u.region = '' AND u.resource_type = '')"""
_SNAPSHOTS = f"""
SELECT DISTINCT provider_id, account_id, epoch_us(observed_at) AS at_us FROM {_READ} ORDER BY at_us"""
_SCOPES = f"""
SELECT provider_id, account_id, max_by(complete, observed_at) AS complete FROM {_READ} GROUP BY ALL"""
_CARRIED = """
SELECT b.provider_id, c.bill_resource_no AS bill_no, c.tagset_no, min(c.day) AS carried_from, max(c.day) AS carried_to
FROM base.charge c JOIN base.bill_resource b USING (bill_resource_no) GROUP BY ALL"""
_CONTAINERS = """
SELECT resource_no, provider_id, account_id, folded_id, resource_type FROM base.resource"""


@dataclass
class World:
    """Read once per run; resolutions are kept per provider and epoch."""

    con: duckdb.DuckDBPyConnection
    registry: Registry
    masker: Masker
    taggability: Taggability
    numbers: ValueNumbers
    states: pl.DataFrame = field(init=False)
    snapshots: pl.DataFrame = field(init=False)
    scopes: pl.DataFrame = field(init=False)
    carried: pl.DataFrame = field(init=False)
    _entries: dict[str, pl.DataFrame] = field(default_factory=dict)
    _resolved: dict[tuple[str, date], Resolved] = field(default_factory=dict)
    _runs: dict[tuple[str, date, str], pl.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.states = frame(self.con, _STATES)
        self.snapshots = frame(self.con, _SNAPSHOTS)
        self.scopes = frame(self.con, _SCOPES)
        self.carried = frame(self.con, _CARRIED)
        self._name_steady()

    def _name_steady(self) -> None:
        """Temp table `steady`: billed resources whose every line has one tagset, and whose live tags are those of
        the scope's first snapshot or were never seen. Between two snapshots no rule tells their days apart."""
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE steady AS WITH one_tagset AS (SELECT bill_resource_no FROM base.charge "
            "GROUP BY ALL HAVING min(tagset_no) = max(tagset_no)), moved AS (SELECT resource_no FROM base.resource_state "
            "GROUP BY ALL HAVING count(*) > 1 OR NOT bool_and(assumed_start)) "
            "SELECT o.bill_resource_no FROM one_tagset o LEFT JOIN base.bill_match m USING (bill_resource_no) "
            "WHERE m.resource_no IS NULL OR m.resource_no NOT IN (SELECT resource_no FROM moved) UNION SELECT 0"
        )

    def turning_days(self, provider_id: str) -> list[int]:
        """Days (since 1970) on which something turns that rules look at: a snapshot of the provider was taken
        in the day before, or the registry changes."""
        snapshots = self.snapshots.filter(pl.col("provider_id") == provider_id)["at_us"]
        taken = {at // DAY_US for at in snapshots.to_list()}
        changed = {day.toordinal() - _EPOCH for day in self.registry.epochs()}
        return sorted(taken | changed)

    def rules(self, day: int) -> Rules:
        return in_force(self.registry, date.fromordinal(_EPOCH + day))

    def latest_rules(self) -> Rules:
        """The rules of the newest epoch."""
        epochs = self.registry.epochs()
        return in_force(self.registry, epochs[-1] if epochs else date(1970, 1, 1))

    def resolved(self, provider_id: str, rules: Rules) -> Resolved:
        """What each tagset that this provider's bills or resources carry says, in the epoch of `rules`."""
        at = (provider_id, rules.day)
        if at not in self._resolved:
            entries = self._entries_of(provider_id)
            self._resolved[at] = resolve_tagsets(entries, provider_id, rules, self.numbers, self.masker)
        return self._resolved[at]

    def runs(self, provider_id: str, rules: Rules, key: str) -> pl.DataFrame:
        """The live history of one key over this provider's resources, containers among them."""
        at = (provider_id, rules.day, key)
        if at not in self._runs:
            states = self.states.filter(pl.col("provider_id") == provider_id).drop("provider_id")
            self._runs[at] = key_runs(states, self.resolved(provider_id, rules).by_key.get(key))
        return self._runs[at]

    def carried_values(self, provider_id: str, rules: Rules, key: str) -> pl.DataFrame:
        """bill_no, value_no → first and last day on which a bill line of the resource carries the value."""
        values = self.resolved(provider_id, rules).by_key.get(key)
        if values is None:
            return pl.DataFrame(
                schema={
                    "bill_no": pl.Int32,
                    "value_no": pl.Int32,
                    "carried_from": pl.Int32,
                    "carried_to": pl.Int32,
                }
            )
        return (
            self.carried.filter((pl.col("provider_id") == provider_id) & (pl.col("bill_no") > 0))
            .join(values.filter(~pl.col("clash")).select("tagset_no", "value_no"), on="tagset_no")
            .group_by("bill_no", "value_no")
            .agg(pl.col("carried_from").min(), pl.col("carried_to").max())
        )

    def _entries_of(self, provider_id: str) -> pl.DataFrame:
        if provider_id not in self._entries:
            self._entries[provider_id] = frame(
                self.con,
                "SELECT e.tagset_no, e.tag_key, e.tag_value FROM base.tagset_entry e WHERE e.tagset_no IN ("
                "SELECT c.tagset_no FROM base.charge c JOIN base.book b USING (book_no) WHERE b.provider_id = $p "
                "UNION SELECT d.inherited_tagset_no FROM base.charge_dim d JOIN base.book b USING (book_no) WHERE b.provider_id = $p "
                "UNION SELECT s.tagset_no FROM base.resource_state s JOIN base.resource r USING (resource_no) WHERE r.provider_id = $p)",
                {"p": provider_id},
            )
        return self._entries[provider_id]

    def containers(self, provider_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """(accounts: account_id → account_no, groups: folded_id → group_no): resources that are containers."""
        habits = provider(provider_id)
        found = frame(self.con, _CONTAINERS + " WHERE provider_id = $p", {"p": provider_id})
        kind = pl.col("resource_type").str.to_lowercase()
        accounts = found.filter(
            kind.is_in([t.lower() for t in habits.account_types] + ["account", "subscription", "project"])
        )
        return (
            accounts.sort("folded_id")
            .group_by("account_id")
            .agg(pl.col("resource_no").first().alias("account_no")),
            found.select("folded_id", group_no="resource_no"),
        )


def short_lived(column: str) -> pl.Expr:
    """True for resource types that are gone before a snapshot sees them."""
    patterns = [p.replace(".", r"\.").replace("*", ".*").replace("?", ".") for p in short_lived_types()]
    return pl.col(column).str.to_lowercase().str.contains("^(?:" + "|".join(patterns) + ")$").fill_null(False)
