"""Which frames do the metrics read? Each is loaded when the first metric asks for it, and then kept.

A metric is a function over frames whose parameters are named like the attributes here; `run_metrics` hands them
over, so that a new metric is a file and not an edit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

import duckdb
import polars as pl

from recon.frames import frame
from recon.metrics.asked import asked
from recon.metrics.cells import MONEY, load_cells, recent_periods
from recon.metrics.counted import COUNTED, counted_billed, counted_live
from recon.metrics.drift_rate import WINDOW
from recon.metrics.judged import load_judged
from recon.metrics.labels import read_labels
from recon.metrics.live import live_by_period, load_snapshots, load_states, period_end
from recon.metrics.on_call import load_incidents
from recon.metrics.posted import load_posted
from recon.registry import Registry, Rules, in_force
from recon.taggability import Taggability

_BILLED = """
SELECT b.billing_period, b.provider_id, c.bill_resource_no AS bill_no, c.tagset_no, min(c.day) AS first_day
FROM base.charge c JOIN base.book b USING (book_no) GROUP BY ALL"""
_ENTRIES = "SELECT tagset_no, tag_key, tag_value FROM base.tagset_entry"
_LOGS = """
SELECT DISTINCT source AS log FROM base.evidence_file WHERE kind = 'audit_logs' AND status = 'loaded'
UNION SELECT '' FROM base.audit WHERE action IN ('fix:applied', 'fix:rolled-back')"""
_THROUGH = """
SELECT b.provider_id, DATE '1970-01-01' + max(c.day) AS last_day
FROM base.charge c JOIN base.book b USING (book_no) WHERE b.billing_period >= $since GROUP BY ALL ORDER BY ALL"""
# a run writes itself down when it ends, so the one that measures is `now`
_REMEDIATION = """
WITH looked AS (SELECT started_at AS "at" FROM base.run UNION SELECT $now)
SELECT f.check_id, f.status, f.first_seen, f.last_seen, min(l."at") AS gone_at
FROM base.finding f LEFT JOIN looked l ON l."at" > f.last_seen GROUP BY f.finding_id, f.check_id, f.status, f.first_seen, f.last_seen"""
# what is frozen of a closed month tells its charges by part; adjustments, there as in open months, tell none
_POSTINGS = """
WITH direct AS (
    SELECT p.entry_no, sum(abs(c.effective)) AS gross FROM base.posting p JOIN base.charge c USING (charge_no)
    WHERE p.book_no IN (SELECT book_no FROM base.book WHERE billing_period >= $since) GROUP BY ALL
), part AS (
    SELECT closure_no, book_no, entry_id, sum(abs(effective)) AS gross FROM base.frozen_part GROUP BY ALL
)
SELECT e.billing_period, b.currency, e.account, e.verdict, d.gross IS NOT NULL AS direct,
       coalesce(d.gross, abs(e.effective)) AS gross
FROM base.entry e JOIN base.book b USING (book_no) LEFT JOIN direct d USING (entry_no)
WHERE e.billing_period >= $since AND e.book_no NOT IN (SELECT book_no FROM base.closed_book)
UNION ALL
SELECT f.billing_period, b.currency, f.account, f.verdict, p.gross IS NOT NULL, coalesce(p.gross, abs(f.effective))
FROM base.frozen_entry f SEMI JOIN base.closed_book k ON k.closure_no = f.closure_no JOIN base.book b USING (book_no)
LEFT JOIN part p ON p.closure_no = f.closure_no AND p.book_no = f.book_no AND p.entry_id = f.entry_id
WHERE f.billing_period >= $since AND NOT starts_with(coalesce(f.basis, ''), 'adjustment')"""


@dataclass
class Facts:
    """`raw`: published tag value → byte-exact value; `now`: naive UTC."""

    con: duckdb.DuckDBPyConnection
    registry: Registry
    raw: Callable[[str], str]
    now: datetime
    taggability: Taggability
    _labels: dict[date, pl.DataFrame] = field(default_factory=dict)

    @cached_property
    def periods(self) -> list[str]:
        """The newest 13 periods, oldest first."""
        return recent_periods(self.con)

    @cached_property
    def rules(self) -> Rules:
        """What is in force now."""
        return in_force(self.registry, self.now.date())

    @cached_property
    def keys(self) -> list[str]:
        """The keys in force now."""
        return sorted(self.rules.keys)

    @cached_property
    def limits(self) -> dict[str, int]:
        """key → the cardinality limit that the registry sets for it."""
        return {name: key.cardinality_limit for name, key in self.rules.keys.items() if key.cardinality_limit}

    @cached_property
    def cells(self) -> pl.DataFrame:
        return load_cells(self.con, self.periods)

    @cached_property
    def states(self) -> pl.DataFrame:
        return load_states(self.con)

    @cached_property
    def snapshots(self) -> pl.DataFrame:
        return load_snapshots(self.con)

    @cached_property
    def live(self) -> pl.DataFrame:
        """What was live at the end of each period."""
        return live_by_period(self.states, self.snapshots, self.periods, self.now)

    @cached_property
    def labels(self) -> pl.DataFrame:
        """What each tagset says under the rules of now."""
        return self._labels_under(self.rules)

    @cached_property
    def matches(self) -> pl.DataFrame:
        """resource_no ↔ bill_no."""
        return frame(self.con, "SELECT resource_no, bill_resource_no AS bill_no FROM base.bill_match")

    @cached_property
    def counted(self) -> pl.DataFrame:
        """The resources that coverage counts; each period is judged by the rules of its last day."""
        billed = counted_billed(self.cells)
        keys = sorted(self.cells["key"].unique())
        epochs: dict[date, tuple[Rules, list[str]]] = {}
        for period in self.periods:
            rules = in_force(self.registry, min(period_end(period) - timedelta(days=1), self.now).date())
            epochs.setdefault(rules.day, (rules, []))[1].append(period)
        parts = [billed]
        for rules, periods in epochs.values():
            live, of_bill = (
                rows.filter(pl.col("billing_period").is_in(periods)) for rows in (self.live, billed)
            )
            labels = self._labels_under(rules)
            parts.append(counted_live(live, labels, of_bill, self.matches, rules, self.taggability, keys))
        return pl.concat(parts).select(list(COUNTED))

    @cached_property
    def billed_tagsets(self) -> pl.DataFrame:
        """provider_id, resource_no, tagset_no, first_day (date): what the bill showed of each live resource, and when."""
        first = self._billed.filter(pl.col("bill_no") > 0).join(self.matches, on="bill_no")
        days = first.group_by("provider_id", "resource_no", "tagset_no").agg(pl.col("first_day").min())
        return days.with_columns(pl.col("first_day").cast(pl.Date))

    @cached_property
    def period_tagsets(self) -> pl.DataFrame:
        """billing_period, provider_id, tagset_no: in use on the bill, or live at the period's end."""
        columns = ["billing_period", "provider_id", "tagset_no"]
        billed = self._billed.filter(pl.col("billing_period").is_in(self.periods))
        return pl.concat([billed.select(columns), self.live.select(columns)]).unique()

    @cached_property
    def current_entries(self) -> pl.DataFrame:
        """Tags live now or on the newest period's bill, byte-exact; `declared`: the registry says personal or secret."""
        newest = pl.col("billing_period").is_in(self.periods[-1:])
        on = ["provider_id", "tagset_no"]
        live = self.states.filter(pl.col("valid_to").is_null()).select(on)
        used = pl.concat([live, self._billed.filter(newest).select(on)]).unique()
        entries = (
            used.join(self._entries, on="tagset_no").select("provider_id", "tag_key", "tag_value").unique()
        )
        declared = [self._declared(*pair) for pair in entries.select("provider_id", "tag_key").iter_rows()]
        exact = [self.raw(value) for value in entries["tag_value"]]
        return entries.with_columns(
            pl.Series("tag_value", exact, pl.String), pl.Series("declared", declared, pl.Boolean)
        )

    @cached_property
    def effects(self) -> pl.DataFrame:
        """What became of fix actions that were tried: state, undo, sent_at."""
        return frame(self.con, "SELECT state, undo, sent_at FROM base.fix_effect")

    @cached_property
    def postings(self) -> pl.DataFrame:
        """One row per ledger entry, those of closed months as frozen, with the absolute amounts of its charges."""
        since = self.periods[0] if self.periods else ""
        return frame(self.con, _POSTINGS, {"since": since}).with_columns(pl.col("gross").cast(MONEY))

    @cached_property
    def posted(self) -> pl.DataFrame:
        """The ledger's entries, net, gathered (recon/metrics/posted.py)."""
        return load_posted(self.con, self.periods)

    @cached_property
    def judged(self) -> pl.DataFrame:
        """What holds of charges over all required keys (recon/metrics/judged.py)."""
        return load_judged(self.con, self.periods)

    @cached_property
    def carried(self) -> pl.DataFrame:
        """billing_period, key, valid: one row per resource that carries the key, live or, without inventory, billed."""
        billed = self._billed.filter((pl.col("bill_no") > 0) & pl.col("billing_period").is_in(self.periods))
        last = billed.sort("first_day", "tagset_no").group_by("billing_period", "provider_id", "bill_no")
        unseen = last.agg(pl.col("tagset_no").last()).join(self.live, on="billing_period", how="anti")
        columns = ["billing_period", "provider_id", "tagset_no"]
        both = pl.concat([self.live.select(columns), unseen.select(columns)])
        return both.join(self.labels, on=["provider_id", "tagset_no"]).select(
            "billing_period", "key", "valid"
        )

    @cached_property
    def through(self) -> pl.DataFrame:
        """provider_id, last_day: the newest day with a charge, of the periods shown."""
        found = frame(self.con, _THROUGH, {"since": self.periods[0] if self.periods else ""})
        return found.with_columns(pl.col("last_day").cast(pl.Date))

    @cached_property
    def remediation(self) -> pl.DataFrame:
        """check_id, status, first_seen, last_seen, gone_at: every finding, and the first run after it was last seen."""
        return frame(self.con, _REMEDIATION, {"now": self.now})

    @cached_property
    def changes(self) -> pl.DataFrame:
        """observed_at, explained of every tag change between two snapshots."""
        return frame(self.con, "SELECT observed_at, coalesce(events, 0) > 0 AS explained FROM base.drift")

    @cached_property
    def logs(self) -> pl.DataFrame:
        """log: each one that was read, our own journal among them where it has an entry."""
        return frame(self.con, _LOGS)

    @cached_property
    def signal_scores(self) -> pl.DataFrame:
        """key, signal, basis, mode, made, correct: how often each signal was right."""
        return frame(
            self.con, "SELECT key, signal, basis, mode, made, correct FROM base.signal_score ORDER BY ALL"
        )

    @cached_property
    def incidents(self) -> pl.DataFrame:
        """incident, opened_at, labelled: one row per incident and resource (recon/metrics/on_call.py)."""
        return load_incidents(self.con, self.registry, self._labels_under)

    @cached_property
    def newcomers(self) -> pl.DataFrame:
        """resource_no, key, asked, labelled: live resources first seen in the last 7 days, per required key."""
        fresh = self.states.filter(
            (pl.col("first_seen") > self.now - WINDOW) & (pl.col("first_seen") <= self.now)
            & ~pl.col("assumed_start").any().over("resource_no") & pl.col("valid_to").is_null() & pl.col("deleted_at").is_null()
        )  # fmt: skip
        for key in self.keys:
            own = self.labels.filter((pl.col("key") == key) & pl.col("valid"))
            own = own.select("provider_id", "tagset_no", pl.col("value").alias(f"value:{key}"))
            fresh = fresh.join(own, on=["provider_id", "tagset_no"], how="left", maintain_order="left")
        parts = [
            fresh.select("resource_no", pl.lit(key).alias("key"), pl.col(f"value:{key}").is_not_null().alias("labelled"))
            .with_columns(asked(self.rules, self.taggability, fresh, key).alias("asked"))
            for key in self.rules.required_keys
        ]  # fmt: skip
        schema = {"resource_no": pl.Int32, "key": pl.String, "labelled": pl.Boolean, "asked": pl.Boolean}
        return pl.concat(parts) if parts else pl.DataFrame(schema=schema)

    @cached_property
    def _billed(self) -> pl.DataFrame:
        return frame(self.con, _BILLED)

    @cached_property
    def _entries(self) -> pl.DataFrame:
        return frame(self.con, _ENTRIES)

    def _labels_under(self, rules: Rules) -> pl.DataFrame:
        if rules.day not in self._labels:
            on = ["provider_id", "tagset_no"]
            used = pl.concat([self._billed.select(on), self.states.select(on)]).unique()
            self._labels[rules.day] = read_labels(used.join(self._entries, on="tagset_no"), rules, self.raw)
        return self._labels[rules.day]

    def _declared(self, provider_id: str, raw_key: str) -> bool:
        hit = self.rules.key_of(provider_id, raw_key)
        return hit is not None and self.registry.keys[hit.key].sensitivity in ("personal", "secret")
