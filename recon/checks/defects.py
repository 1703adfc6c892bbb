"""Which charges have a verdict that is a defect, gathered to what one finding is about?

A defect is check × provider × sub account × resource × key, over all periods. Two are wider: a key that was
never activated is one per billing account (one cause is one row), and lines without a resource are one per sub
account. Everything here is done by DuckDB over integers; what comes out is as large as the list of findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import polars as pl

from recon.frames import frame
from recon.registry import Registry, Rules, in_force
from recon.verdicts import MISATTRIBUTED, RUNGS, VERDICT_NO

DEFECTS = (*MISATTRIBUTED, "lagging")

_QUERY = f"""
WITH owner AS (
    SELECT charge_no, resolved_no FROM base.judgement WHERE key_no = (SELECT key_no FROM base.registry_key WHERE key = $owner)
), gathered AS (
    SELECT j.verdict, j.key_no, c.book_no, c.dim_no, c.bill_resource_no, c.tagset_no, j.billed_no, j.live_no, j.expected_no,
           j.resolved_no, j.rung, j.live_known, o.resolved_no AS owner_no, min(c.day) AS first_day, max(c.day) AS last_day,
           sum(c.lines) AS lines, sum(c.billed) AS billed, sum(c.effective) AS effective
    FROM base.judgement j JOIN base.charge c ON c.charge_no = j.charge_no LEFT JOIN owner o ON o.charge_no = j.charge_no
    WHERE j.verdict IN ({", ".join(str(VERDICT_NO[v]) for v in DEFECTS)}) GROUP BY ALL
), placed AS (
    SELECT g.* EXCLUDE (book_no, dim_no), b.provider_id, b.billing_account_id, b.billing_period, b.currency, m.resource_no,
           d.inherited_tagset_no, wide.it AS is_wide,
           CASE WHEN NOT wide.it THEN d.sub_account_id END AS sub_account_id,
           CASE WHEN wide.it OR d.sub_account_id IS NULL THEN b.billing_account_id END AS payer,
           CASE WHEN NOT wide.it THEN coalesce(r.resource_id, br.resource_id) END AS resource_id,
           coalesce(r.resource_id, br.resource_id) AS any_resource
    FROM gathered g JOIN base.book b ON b.book_no = g.book_no JOIN base.charge_dim d ON d.dim_no = g.dim_no
    LEFT JOIN base.bill_resource br ON br.bill_resource_no = g.bill_resource_no
    LEFT JOIN base.bill_match m ON m.bill_resource_no = g.bill_resource_no
    LEFT JOIN base.resource r ON r.resource_no = m.resource_no,
    LATERAL (SELECT g.verdict = {VERDICT_NO["not-activated"]} AS it) wide
), summed AS (
    SELECT *, min(first_day) OVER every AS from_day, max(last_day) OVER every AS to_day, sum(lines) OVER every AS all_lines,
           list(DISTINCT billing_period) OVER every AS periods,
           count(DISTINCT any_resource) OVER period AS resources, list(DISTINCT currency) OVER month AS currencies,
           sum(billed) OVER period AS stake_billed, sum(effective) OVER period AS stake_effective
    FROM placed
    WINDOW every AS (PARTITION BY verdict, key_no, provider_id, sub_account_id, payer, resource_id),
           month AS (PARTITION BY verdict, key_no, provider_id, sub_account_id, payer, resource_id, billing_period),
           period AS (PARTITION BY verdict, key_no, provider_id, sub_account_id, payer, resource_id, billing_period,
                      billing_account_id, currency)
), top AS (
    -- the newest period; in it the book, and in that the charges, that cost most; ties by content
    SELECT * FROM summed QUALIFY row_number() OVER (
        PARTITION BY verdict, key_no, provider_id, sub_account_id, payer, resource_id
        ORDER BY billing_period DESC, stake_effective DESC, billing_account_id, currency, effective DESC, billed DESC,
                 last_day DESC, tagset_no, billed_no, live_no, expected_no, resolved_no, rung, owner_no, any_resource) = 1
)
SELECT v.verdict, k.key, t.provider_id, t.billing_account_id, t.sub_account_id, t.resource_id, t.billing_period, t.currency,
       t.from_day, t.to_day, t.last_day, t.all_lines::BIGINT AS lines, list_sort(t.periods) AS periods, t.resources,
       list_sort(t.currencies) AS currencies, t.stake_billed::DECIMAL(38,24) AS billed,
       t.stake_effective::DECIMAL(38,24) AS effective, t.tagset_no, t.inherited_tagset_no, s.tagset_no AS live_tagset_no,
       bv.value AS billed_value, lv.value AS live_value, ev.value AS expected_value, rv.value AS resolved_value,
       ov.value AS owner, t.rung, t.live_known
FROM top t JOIN base.registry_key k USING (key_no)
JOIN (SELECT unnest($numbers::INTEGER[]) AS verdict_no, unnest($names::VARCHAR[]) AS verdict) v ON v.verdict_no = t.verdict
LEFT JOIN base.resource_state s ON s.resource_no = t.resource_no AND s.valid_to IS NULL
LEFT JOIN base.value bv ON bv.value_no = t.billed_no
LEFT JOIN base.value lv ON lv.value_no = t.live_no
LEFT JOIN base.value ev ON ev.value_no = t.expected_no
LEFT JOIN base.value rv ON rv.value_no = t.resolved_no
LEFT JOIN base.value ov ON ov.value_no = t.owner_no
ORDER BY v.verdict, t.provider_id, t.billing_account_id, t.sub_account_id, t.resource_id, k.key"""

_NEWEST = """
SELECT provider_id, billing_account_id, max(billing_period) FROM base.book
WHERE book_no IN (SELECT DISTINCT book_no FROM base.charge) GROUP BY ALL"""


@dataclass(frozen=True)
class Defect:
    """One defect. Money is the sum over `billing_period`, the newest one with it, in `currency`; values are
    those of the charges in it that cost most; days and lines count all periods. `billed_raw`, `live_raw`:
    raw key → raw value as published, on the bill line and on the resource now."""

    verdict: str
    key: str
    provider_id: str
    billing_account_id: str
    sub_account_id: str | None
    resource_id: str | None
    billing_period: str
    currency: str
    first_day: int
    last_day: int
    lines: int
    periods: tuple[str, ...]
    resources: int
    currencies: tuple[str, ...]
    billed: Decimal
    effective: Decimal
    billed_value: str | None
    live_value: str | None
    expected_value: str | None
    resolved_value: str | None
    owner: str | None
    rung: str | None
    live_known: bool
    billed_raw: Mapping[str, str]
    live_raw: Mapping[str, str]
    nearest: str | None
    open: bool


@dataclass(frozen=True)
class Defects:
    """All defects as one frame, and what is needed to read a row of it."""

    rows: pl.DataFrame
    newest: Mapping[tuple[str, str], str]
    spelled: Callable[[str, int | None, str, Rules], dict[str, str]]
    registry: Registry
    raw: Callable[[str], str]

    def of(self, verdict: str) -> Iterator[Defect]:
        """The defects of one verdict, sorted by place and key."""
        for row in self.rows.filter(pl.col("verdict") == verdict).iter_rows(named=True):
            yield self._defect(row)

    def _defect(self, row: dict[str, Any]) -> Defect:
        rules = in_force(self.registry, date(1970, 1, 1) + timedelta(days=row["last_day"]))
        provider, key = row["provider_id"], row["key"]
        billed_raw = self.spelled(provider, row["tagset_no"], key, rules) or self.spelled(
            provider, row["inherited_tagset_no"], key, rules
        )
        account = (provider, row["billing_account_id"])
        return Defect(
            row["verdict"], key, provider, row["billing_account_id"], row["sub_account_id"], row["resource_id"],
            row["billing_period"], row["currency"], row["from_day"], row["to_day"], row["lines"], tuple(row["periods"]),
            row["resources"], tuple(row["currencies"]), row["billed"], row["effective"], row["billed_value"],
            row["live_value"], row["expected_value"], row["resolved_value"], row["owner"],
            None if row["rung"] is None else RUNGS[row["rung"]], bool(row["live_known"]), billed_raw,
            self.spelled(provider, row["live_tagset_no"], key, rules), self._nearest(billed_raw, key, provider, rules),
            row["billing_period"] == self.newest.get(account),
        )  # fmt: skip

    def _nearest(self, spelled: Mapping[str, str], key: str, provider: str, rules: Rules) -> str | None:
        """The valid value that the billed one most likely meant; of a masked value only a listed one, for a
        pattern's nearest is made from the secret text itself."""
        for shown in spelled.values():
            text = self.raw(shown)
            hit = rules.value_of(key, provider, text)
            listed = text == shown or hit.nearest in (self.registry.values(key) or ())
            if not hit.valid and hit.nearest is not None and listed:
                return hit.nearest
        return None


def read_defects(con: duckdb.DuckDBPyConnection, registry: Registry, raw: Callable[[str], str]) -> Defects:
    """Every defect in the store's judgements. Reads judgements once; no row per charge leaves DuckDB."""
    wanted = {"owner": registry.owner, "numbers": [VERDICT_NO[v] for v in DEFECTS], "names": list(DEFECTS)}
    rows = frame(con, _QUERY, wanted)
    newest = {(p, a): period for p, a, period in con.execute(_NEWEST).fetchall()}
    return Defects(rows, newest, _spellings(con, rows), registry, raw)


def _spellings(
    con: duckdb.DuckDBPyConnection, rows: pl.DataFrame
) -> Callable[[str, int | None, str, Rules], dict[str, str]]:
    """A function (provider, tagset, key, rules) → the raw keys that mean the key, with their values."""
    columns = ("tagset_no", "inherited_tagset_no", "live_tagset_no")
    wanted = sorted({n for c in columns for n in rows[c].drop_nulls().unique().to_list()})
    entries: dict[int, list[tuple[str, str]]] = {}
    for number, key, value in con.execute(
        "SELECT tagset_no, tag_key, tag_value FROM base.tagset_entry WHERE tagset_no IN (SELECT unnest(?::INTEGER[])) ORDER BY ALL",
        [wanted],
    ).fetchall():
        entries.setdefault(number, []).append((key, value))

    def spelled(provider: str, tagset: int | None, key: str, rules: Rules) -> dict[str, str]:
        if tagset is None:
            return {}
        hits = ((raw_key, value, rules.key_of(provider, raw_key)) for raw_key, value in entries.get(tagset, ()))
        return {raw_key: value for raw_key, value, hit in hits if hit is not None and hit.key == key}

    return spelled
