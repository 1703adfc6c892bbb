"""What do bill, resource, registry and ledger say about one resource?

Everything is asked of the published store, read-only: the stable views, and for "which entry holds this
charge" the private `base.posting`, which no view repeats because it has a row per charge.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recon.explain.find import Hit, find
from recon.explain.managed import managed
from recon.explain.reasons import RUNGS, reason
from recon.registry import Registry, in_force
from reports.questions import Row, Store

Periods = tuple[str, str] | None
_NEVER = ("0000-00", "9999-99")


@dataclass(frozen=True)
class Story:
    """One resource, told. Every list holds plain rows in reading order; amounts are exact Decimals.

    resources  rows of the view of that name, one per id
    keys       one per registry key: `billed`, `live`, `expected` newest values; `history` of the live value;
               `verdicts`: runs of days with one verdict, with `reason`, `rung`, `rung_means` and money
    charges    one per day × service × class × currency
    ledger     one per entry that holds charges of the resource: the entry, the resource's own part of it
               (`own_billed`, `own_effective`), and `splits`: where a shared pool went on to
    findings   open findings about it
    managed    one per line of infrastructure as code that manages it, and where it differs from what is live
    """

    hit: Hit
    resources: list[Row]
    keys: list[dict[str, Any]]
    charges: list[Row]
    ledger: list[dict[str, Any]]
    findings: list[Row]
    managed: list[dict[str, Any]]

    @property
    def billing_periods(self) -> list[str]:
        """The periods in which it was billed."""
        return sorted({str(row["billing_period"]) for row in self.charges})

    def as_json(self) -> dict[str, Any]:
        """The document of `explain --json`; amounts are plain decimal text."""
        return {
            "schema": "tagrecon.explain/1",
            "kind": "resource",
            "provider": self.hit.provider_id,
            "ids": list(self.hit.ids),
            "resources": self.resources,
            "keys": self.keys,
            "charges": self.charges,
            "ledger": self.ledger,
            "findings": self.findings,
            "managed": self.managed,
        }


def explain(store: Store, wanted: str, registry: Registry, day: dt.date, periods: Periods = None) -> Story:
    """Tell what is known about the resource that `wanted` means (see `find`), in all periods or those given.

    `day` decides which key a raw live key means. InputError where no, or no single, resource is meant.
    """
    hit = find(store, wanted)
    asked = [hit.provider_id, list(hit.ids), *(periods or _NEVER)]
    live = _live(store, hit)
    history = _history(store, hit, registry, day)
    resources = _resources(store, hit)
    listed = any(row["in_inventory"] and row["deleted_at"] is None for row in resources)
    return Story(
        hit=hit,
        resources=resources,
        keys=_keys(store, asked, live, history, list(registry.keys)),
        charges=_charges(store, asked),
        ledger=_ledger(store, asked),
        findings=_findings(store, hit),
        managed=managed(store, hit, live, listed, registry, day),
    )


_MINE = "x_ProviderId = ? AND ResourceId IN (SELECT unnest(?::VARCHAR[]))"
_IN_PERIODS = f"{_MINE} AND billing_period BETWEEN ? AND ?"


def _resources(store: Store, hit: Hit) -> list[Row]:
    rows = store.ask(f"SELECT * FROM resources WHERE {_MINE}", hit.provider_id, list(hit.ids))
    return sorted(rows, key=lambda row: hit.ids.index(row["ResourceId"]))


def _charges(store: Store, asked: Sequence[object]) -> list[Row]:
    return store.ask(
        f"""
        SELECT billing_period, x_ChargeDate AS day, ServiceName AS service, x_Class AS class,
               BillingCurrency AS currency, sum(BilledCost) AS billed_cost,
               sum(EffectiveCost) AS effective_cost, sum(x_Lines)::BIGINT AS lines
        FROM charges WHERE {_IN_PERIODS} GROUP BY ALL ORDER BY ALL
        """,
        *asked,
    )


def _keys(
    store: Store, asked: Sequence[object], live: list[Row], history: dict[str, list[Row]], order: list[str]
) -> list[dict[str, Any]]:
    runs = _verdict_runs(store, asked)
    named = {*(row["key"] for row in runs), *(row["key"] for row in live), *history} - {None}
    known = {name: place for place, name in enumerate(order)}
    return [
        {
            "key": key,
            "billed": _newest(runs, key, "billed_value"),
            "live": [row for row in live if row["key"] == key],
            "expected": _newest(runs, key, "expected_value"),
            "history": history.get(key, []),
            "verdicts": [{**row, "reason": reason(row)} for row in runs if row["key"] == key],
        }
        for key in sorted(named, key=lambda name: (known.get(name, len(order)), name))
    ]


def _newest(runs: list[dict[str, Any]], key: str, column: str) -> object:
    found = [row for row in runs if row["key"] == key]
    return max(found, key=lambda row: row["last_day"])[column] if found else None


def _verdict_runs(store: Store, asked: Sequence[object]) -> list[dict[str, Any]]:
    """Verdicts of the resource's charges: days that share verdict, values and currency in one row."""
    rows = store.ask(
        f"""
        SELECT key, billing_period, min(x_ChargeDate) AS first_day, max(x_ChargeDate) AS last_day,
               count(DISTINCT x_ChargeDate) AS days, verdict, rung, billed_value, live_value, expected_value,
               resolved_value, live_known, BillingCurrency AS currency, count(*) AS charges,
               sum(BilledCost) AS billed_cost, sum(EffectiveCost) AS effective_cost
        FROM verdicts WHERE {_IN_PERIODS}
        GROUP BY ALL
        ORDER BY key, first_day, verdict, currency, billed_value, live_value, expected_value, resolved_value,
                 rung
        """,
        *asked,
    )
    return [{**row, "rung_means": RUNGS.get(str(row["rung"]))} for row in rows]


def _live(store: Store, hit: Hit) -> list[Row]:
    return store.ask(
        f"""
        SELECT canonical_key AS key, tag_key AS raw_key, tag_value AS raw_value, canonical_value AS value,
               valid_from::TIMESTAMP AS since
        FROM resource_tags WHERE {_MINE} ORDER BY ALL
        """,
        hit.provider_id,
        list(hit.ids),
    )


def _history(store: Store, hit: Hit, registry: Registry, day: dt.date) -> dict[str, list[Row]]:
    """Intervals of every live tag, by the registry key that its raw key means; unknown keys are left out."""
    rows = store.ask(
        f"""
        SELECT tag_key AS raw_key, tag_value AS raw_value, valid_from::TIMESTAMP AS valid_from,
               valid_to::TIMESTAMP AS valid_to, assumed_start
        FROM tag_history WHERE {_MINE} ORDER BY valid_from, tag_key
        """,
        hit.provider_id,
        list(hit.ids),
    )
    rules = in_force(registry, day)
    by_key: dict[str, list[Row]] = {}
    for row in rows:
        meant = rules.key_of(hit.provider_id, row["raw_key"])
        if meant:
            by_key.setdefault(meant.key, []).append(row)
    return by_key


def _ledger(store: Store, asked: Sequence[object]) -> list[dict[str, Any]]:
    entries = store.ask(
        """
        SELECT l.billing_period, l.entry_id, l.account, l.owner, l.rung, l.rule_id, l.basis, l.verdict,
               l.x_Class AS class, l.BillingCurrency AS currency, l.x_ProviderId AS provider,
               l.BillingAccountId AS billing_account,
               p.own_billed, p.own_effective, p.own_charges, l.BilledCost AS entry_billed,
               l.EffectiveCost AS entry_effective
        FROM (SELECT e.entry_id, sum(c.billed) AS own_billed, sum(c.effective) AS own_effective,
                     count(*) AS own_charges
              FROM base.bill_resource r JOIN base.charge c USING (bill_resource_no)
              JOIN base.posting o USING (charge_no) JOIN base.entry e ON e.entry_no = o.entry_no
              WHERE r.provider_id = ? AND r.resource_id IN (SELECT unnest(?::VARCHAR[]))
                AND e.billing_period BETWEEN ? AND ?
              GROUP BY ALL) p
        JOIN ledger l USING (entry_id) ORDER BY ALL
        """,
        *asked,
    )
    return [
        {**entry, "rung_means": RUNGS.get(str(entry["rung"])), "splits": _splits(store, entry)}
        for entry in entries
    ]


def _splits(store: Store, entry: Row) -> list[Row]:
    """Where the pool that an entry pays into went on to, in the same book; amounts are the whole pool's."""
    if not str(entry["account"]).startswith("shared:"):
        return []
    return store.ask(
        """
        SELECT account, rule_id, basis, BilledCost AS billed_cost, EffectiveCost AS effective_cost FROM ledger
        WHERE origin_account = ? AND account <> origin_account AND billing_period = ? AND x_ProviderId = ?
          AND BillingAccountId = ? AND BillingCurrency = ?
        ORDER BY ALL
        """,
        *(entry[name] for name in ("account", "billing_period", "provider", "billing_account", "currency")),
    )


def _findings(store: Store, hit: Hit) -> list[Row]:
    return store.ask(
        f"""
        SELECT finding_id, check_id, severity, key, reason, owner, BillingCurrency AS currency,
               billed_at_stake, first_seen::TIMESTAMP AS first_seen
        FROM findings WHERE {_MINE} AND status = 'open' ORDER BY severity, check_id, key
        """,
        hit.provider_id,
        list(hit.ids),
    )
