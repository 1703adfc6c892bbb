"""Which charges have a verdict that is a defect, gathered to what one finding is about?

A defect is check × provider × sub account × resource × key, over all periods. Two are wider: a key that was
never activated is one per billing account (one cause is one row), and lines without a resource are one per
sub account. DuckDB does all of it over integers; what comes out is as long as the list of findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

import duckdb
import polars as pl

from recon.frames import frame
from recon.registry import Registry, Rules, in_force
from recon.verdicts import MISATTRIBUTED, RUNGS, VERDICT_NO

DEFECTS = (*MISATTRIBUTED, "lagging")

_ENTRIES = """
SELECT tagset_no, tag_key, tag_value FROM base.tagset_entry
WHERE tagset_no IN (SELECT unnest(?::INTEGER[])) ORDER BY ALL"""
_NEWEST = """
SELECT provider_id, billing_account_id, max(billing_period) FROM base.book
WHERE book_no IN (SELECT DISTINCT book_no FROM base.charge) GROUP BY ALL"""

_Spelled = Callable[[str, int | None, str, Rules], dict[str, str]]
_Refusal = tuple[str | None, str | None]


@dataclass(frozen=True)
class Defect:
    """One defect. Money is the sum over `billing_period`, the newest one with it, in `currency`; values are
    those of the charges in it that cost most; days and lines count all periods. `billed_raw`, `live_raw`:
    raw key → raw value as published, on the bill line and on the resource now. `refusal`, `nearest`: why the
    billed value is not valid (unknown, retired, pattern), and the valid one it most likely meant."""

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
    refusal: str | None
    nearest: str | None
    open: bool


@dataclass(frozen=True)
class Defects:
    """All defects as one frame, and what is needed to read a row of it."""

    rows: pl.DataFrame
    newest: Mapping[tuple[str, str], str]
    spelled: _Spelled
    registry: Registry = field(repr=False)
    raw: Callable[[str], str] = field(repr=False)

    def of(self, verdict: str) -> Iterator[Defect]:
        """The defects of one verdict, sorted by place and key."""
        for row in self.rows.filter(pl.col("verdict") == verdict).iter_rows(named=True):
            yield self._defect(row)

    def _defect(self, row: dict[str, Any]) -> Defect:
        rules = in_force(self.registry, date(1970, 1, 1) + timedelta(days=row["last_day"]))
        provider, key = row["provider_id"], row["key"]
        own = self.spelled(provider, row["tagset_no"], key, rules)
        billed_raw = own or self.spelled(provider, row["inherited_tagset_no"], key, rules)
        refusal, nearest = self._refusal(billed_raw, key, provider, rules)
        return Defect(
            verdict=row["verdict"],
            key=key,
            provider_id=provider,
            billing_account_id=row["billing_account_id"],
            sub_account_id=row["sub_account_id"],
            resource_id=row["resource_id"],
            billing_period=row["billing_period"],
            currency=row["currency"],
            first_day=row["from_day"],
            last_day=row["to_day"],
            lines=row["lines"],
            periods=tuple(row["periods"]),
            resources=row["resources"],
            currencies=tuple(row["currencies"]),
            billed=row["billed"],
            effective=row["effective"],
            billed_value=row["billed_value"],
            live_value=row["live_value"],
            expected_value=row["expected_value"],
            resolved_value=row["resolved_value"],
            owner=row["owner"],
            rung=None if row["rung"] is None else RUNGS[row["rung"]],
            live_known=bool(row["live_known"]),
            billed_raw=billed_raw,
            live_raw=self.spelled(provider, row["live_tagset_no"], key, rules),
            refusal=refusal,
            nearest=nearest,
            open=row["billing_period"] == self.newest.get((provider, row["billing_account_id"])),
        )

    def _refusal(self, spelled: Mapping[str, str], key: str, provider: str, rules: Rules) -> _Refusal:
        """Why the first value that is not valid is refused, and which valid one it most likely meant.

        Of a masked value only a listed neighbour is told: a pattern's is made from the secret text itself."""
        for shown in spelled.values():
            text = self.raw(shown)
            hit = rules.value_of(key, provider, text)
            if not hit.valid:
                tellable = text == shown or hit.nearest in (self.registry.values(key) or ())
                return hit.reason, hit.nearest if tellable else None
        return None, None


def read_defects(con: duckdb.DuckDBPyConnection, registry: Registry, raw: Callable[[str], str]) -> Defects:
    """Every defect in the store's judgements. Judgements are read once; no row per charge leaves DuckDB."""
    wanted = {"owner": registry.owner, "numbers": [VERDICT_NO[v] for v in DEFECTS], "names": list(DEFECTS)}
    rows = frame(con, (files("recon.checks") / "defects.sql").read_text("utf-8"), wanted)
    newest = {(p, a): period for p, a, period in con.execute(_NEWEST).fetchall()}
    return Defects(rows, newest, _spellings(con, rows), registry, raw)


def _spellings(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> _Spelled:
    """A function (provider, tagset, key, rules) → the raw keys that mean the key, with their values."""
    columns = ("tagset_no", "inherited_tagset_no", "live_tagset_no")
    wanted = sorted({n for c in columns for n in rows[c].drop_nulls().unique().to_list()})
    entries: dict[int, list[tuple[str, str]]] = {}
    for number, key, value in con.execute(_ENTRIES, [wanted]).fetchall():
        entries.setdefault(number, []).append((key, value))

    def spelled(provider: str, tagset: int | None, key: str, rules: Rules) -> dict[str, str]:
        if tagset is None:
            return {}
        hits = (
            (raw_key, value, rules.key_of(provider, raw_key)) for raw_key, value in entries.get(tagset, ())
        )
        return {raw_key: value for raw_key, value, hit in hits if hit is not None and hit.key == key}

    return spelled
