"""Which rows does `export focus --allocated` write, and do they sum to the bill and to the ledger?

FOCUS 1.3 and newer: a line in a pool that was divided is an origin charge, and stands as allocated charges, one per
account where its cost ends. Every row tells its account of the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from recon.errors import InputError, OurBug
from recon.focus_export.divided import divide_rows, metrics_of
from recon.focus_export.line_entries import ENTRY, FILE
from recon.focus_export.model import VERSIONS
from recon.focus_export.words import name, text
from recon.focus_export.write import Allocated
from recon.money import SQL_TYPE

_BY = "BillingAccountId, ServiceProviderName, BillingCurrency"
_BORNE = f"""
SELECT BillingCurrency, x_LedgerAccount, sum(CAST(BilledCost AS {SQL_TYPE})) AS billed,
  sum(CAST(EffectiveCost AS {SQL_TYPE})) AS effective FROM {{file}} GROUP BY ALL"""
_POSTED = """
SELECT b.currency, e.account, sum(e.billed) AS billed, sum(e.effective) AS effective FROM store.base.entry e
JOIN store.base.book b USING (book_no) WHERE b.billing_period BETWEEN ? AND ? GROUP BY ALL"""
_CLOSED = """
SELECT DISTINCT billing_period FROM store.base.closure WHERE reopened_at IS NULL AND billing_period BETWEEN ? AND ?
ORDER BY billing_period"""
FIRST = "1.3"
"""The first release with columns for allocated charges."""
_ORIGIN = (
    "AllocatedMethodId",
    "AllocatedMethodDetails",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "AllocatedTags",
)
_ALLOCATED = "p.line IS NOT NULL"
_OWN = {
    "x_LedgerAccount": "coalesce(g.account, e.account)",
    "x_Owner": f"CASE WHEN {_ALLOCATED} THEN g.owner ELSE e.owner END",
    "x_AllocationRuleId": f"CASE WHEN {_ALLOCATED} THEN g.rule_id ELSE e.rule_id END",
    "x_AllocationRung": f"CASE WHEN {_ALLOCATED} THEN 'shared' ELSE e.rung END",
    "x_AllocatedShare": "g.share",
    "x_AllocatedFrom": "g.pool",
    "x_OriginChargeId": "CASE WHEN p.line IS NOT NULL THEN concat(c.x_SourceFile, ':', c.x_SourceRow, "
    "CASE WHEN o.twin > 1 THEN concat('.', o.twin) END) END",
    "x_OriginAllocated": f"CASE WHEN {_ALLOCATED} AND c.AllocatedMethodId IS NOT NULL THEN to_json(struct_pack("
    + ", ".join(f"{column} := c.{column}" for column in _ORIGIN)
    + "))::VARCHAR END",
}


def check_release(version: str) -> None:
    """InputError for a release that has no columns for allocated charges."""
    if version < FIRST:
        newer = " or ".join(v for v in VERSIONS if v >= FIRST)
        raise InputError(
            f"FOCUS {version} has no columns for allocated charges. Add --focus-version {FIRST} ({newer}), or leave --allocated out"
        )


@dataclass
class Divided:
    """The rows of the billing periods (first, last), divided as the ledger divides. The connection has the store
    attached; lines carry x__entry and x__file."""

    con: duckdb.DuckDBPyConnection
    version: str
    kind: str
    owner_key: str
    periods: tuple[str, str]
    made: Allocated | None = None

    def rows(self, rows: str) -> str:
        """The SELECT of the rows to write, in place of the FOCUS rows that the SELECT `rows` gives.

        InputError where a line stands in no entry."""
        self.con.execute(f"CREATE TEMP TABLE conformed AS {rows}")
        lost = self.con.execute(f"SELECT count(*) FROM conformed WHERE {ENTRY} IS NULL").fetchone()
        if lost and lost[0]:
            raise InputError(
                f"{lost[0]:,} bill lines stand in no entry of the ledger: bills or rules have changed since the last "
                "run. Run tagrecon run, then export"
            )
        closed = self.con.execute(_CLOSED, list(self.periods)).fetchall()
        self.made = Allocated(*divide_rows(self.con, self.version), tuple(period for (period,) in closed))
        told = _told(self.owner_key) | {metric: f"p.{metric}" for metric in metrics_of(self.version)}
        ours = {column.lower() for column in (*_OWN, ENTRY, FILE)}
        cells = [
            f"CASE WHEN {_ALLOCATED} THEN {told[column]} ELSE c.{column} END AS {column}"
            if column in told
            else f"c.{name(column)}"
            for column, *_ in self.con.execute("DESCRIBE conformed").fetchall()
            if column.lower() not in ours
        ]
        cells += [f"{sql} AS {column}" for column, sql in _OWN.items()]
        return (
            f"SELECT {', '.join(cells)} FROM conformed c JOIN store.base.entry e ON e.entry_no = c.{ENTRY} "
            "LEFT JOIN part p ON p.line = c.rowid LEFT JOIN ending g ON g.end_no = p.end_no "
            "LEFT JOIN pooled o ON o.line = p.line ORDER BY c.rowid, p.end_no"
        )

    def check(self, path: Path) -> None:
        """`OurBug` where the file's metrics are not those of the lines per billing period, provider, account and
        currency, or what its accounts bear is not what the ledger posted."""
        options = ", header=true, all_varchar=true, quote='\"', escape='\"', delim=',', strict_mode=true"
        csv = self.kind == "csv"
        source = f"read_csv({text(str(path))}{options})" if csv else f"read_parquet({text(str(path))})"
        types = {row[0]: row[1] for row in self.con.execute("DESCRIBE conformed").fetchall()}
        sums = ", ".join(f"sum(CAST({m} AS {types[m]}))" for m in metrics_of(self.version))
        grouped = f"{_BY}, CAST(BillingPeriodStart AS TIMESTAMPTZ)::VARCHAR AS period, {sums}"
        there, lines = (
            self.con.execute(f"SELECT {grouped} FROM {each} GROUP BY ALL ORDER BY ALL").fetchall()
            for each in (source, "conformed")
        )
        if there != lines:
            raise OurBug(f"{path}: the allocated charges do not sum to the bill lines; nothing was kept")
        borne, posted = (
            self.con.execute(
                f"SELECT * FROM ({query}) WHERE billed <> 0 OR effective <> 0 ORDER BY ALL", given
            ).fetchall()
            for query, given in ((_BORNE.replace("{file}", source), []), (_POSTED, list(self.periods)))
        )
        if borne != posted:
            raise OurBug(f"{path}: what its accounts bear is not what the ledger posted; nothing was kept")


def _told(owner_key: str) -> dict[str, str]:
    """The columns of an allocated charge that say whose it is."""
    key = text(owner_key)
    tags = (
        f"CASE WHEN g.owner IS NOT NULL AND NOT coalesce(list_contains(json_keys(c.Tags), {key}), false) "
        f"THEN json_merge_patch(coalesce(c.AllocatedTags, chr(123) || chr(125))::JSON, json_object({key}, g.owner))::VARCHAR "
        "ELSE c.AllocatedTags END"
    )
    return {
        "AllocatedMethodId": "g.method",
        "AllocatedMethodDetails": "g.details",
        "AllocatedResourceId": "g.account",
        "AllocatedResourceName": "coalesce(g.owner, g.account)",
        "AllocatedTags": tags,
    }
