"""What does `summary.json` say? The whole of a run's result, from the store as it stands (`tagrecon.summary/1`).

Money is plain decimal text, shares are numbers 0..1, absent is null; arrays are sorted by their leading fields. The
shape is checked against `reports/summary.schema.json` by the tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from recon.metrics.cells import recent_periods
from recon.model import Gap
from recon.money import plain
from recon.verdicts import VERDICTS

SCHEMA = "tagrecon.summary/1"

_CLOSING = """
SELECT k.billing_period, provider, k.provider_id, k.billing_account_id, k.currency, source_billed, quarantined_billed,
       charges_billed, ledger_billed, difference_billed, source_effective, quarantined_effective, charges_effective,
       ledger_effective, difference_effective, source_raw, source_raw_column,
       control_total, control_difference, source_rows, quarantined_rows, excluded_rows,
       strftime(c.closed_at, '%Y-%m-%dT%H:%M:%SZ') AS closed_at
FROM base.closing k LEFT JOIN base.closure c ON c.reopened_at IS NULL AND c.billing_period = k.billing_period
 AND c.provider_id = k.provider_id AND c.billing_account_id = k.billing_account_id AND c.currency = k.currency
WHERE k.billing_period >= $since ORDER BY k.billing_period, provider, k.provider_id, k.billing_account_id, k.currency"""

# The ledger keeps with each direct entry the owner key's verdict, so the waterfall is what was posted.
_VERDICTS = """
SELECT b.billing_period, b.currency, e.verdict, sum(x.billed) AS billed_cost, sum(x.effective) AS effective_cost,
       sum(x.charges)::BIGINT AS charges, count(DISTINCT x.bill_no) FILTER (x.bill_no > 0) AS resources
FROM (SELECT p.entry_no, c.bill_resource_no AS bill_no, sum(c.billed) AS billed, sum(c.effective) AS effective, count(*) AS charges
      FROM base.posting p JOIN base.charge c USING (charge_no) GROUP BY ALL) x
JOIN base.entry e USING (entry_no) JOIN base.book b USING (book_no)
WHERE b.billing_period >= $since GROUP BY ALL ORDER BY ALL"""

_VERDICTS_BY_KEY = """
SELECT k.key, b.billing_period, b.currency, x.verdict, sum(x.billed) AS billed_cost, sum(x.effective) AS effective_cost,
       sum(x.charges)::BIGINT AS charges, count(DISTINCT x.bill_no) FILTER (x.bill_no > 0) AS resources
FROM (SELECT j.key_no, c.book_no, j.verdict, c.bill_resource_no AS bill_no, sum(c.billed) AS billed,
             sum(c.effective) AS effective, count(*) AS charges
      FROM base.judgement j JOIN base.charge c USING (charge_no) GROUP BY ALL) x
JOIN base.registry_key k USING (key_no) JOIN base.book b ON b.book_no = x.book_no
WHERE b.billing_period >= $since GROUP BY ALL"""

_COVERAGE = """
SELECT billing_period, currency, key, scope, by_cost, by_cost_taggable, by_cost_with_inherited, by_count,
       by_count_taggable, count_basis, covered_cost, base_cost, negative_cost, gap_ids
FROM base.coverage WHERE billing_period >= $since ORDER BY billing_period, currency, key, scope"""

_SLIS = """
SELECT id, name, billing_period, currency, key, unit, value, target, status, numerator, denominator, gap_ids
FROM base.sli WHERE billing_period IS NULL OR billing_period >= $since
ORDER BY id, name, billing_period NULLS FIRST, currency NULLS FIRST, key NULLS FIRST"""

_FINDINGS = "SELECT check_id, count(*) FROM base.finding WHERE status = 'open' GROUP BY ALL ORDER BY check_id"

_UNALLOCATED = """
SELECT e.billing_period, b.currency, e.account, sum(e.billed) AS billed_cost, sum(e.effective) AS effective_cost
FROM base.posted e JOIN base.book b USING (book_no)
WHERE e.billing_period >= $since AND NOT starts_with(e.account, 'owner:') GROUP BY ALL
HAVING starts_with(e.account, 'unallocated:') OR sum(e.billed) <> 0 OR sum(e.effective) <> 0 ORDER BY ALL"""

# What a split posted is shared; of what was posted whole, a container's or a default value was inherited.
_OWNERS = """
WITH part AS (
    SELECT e.billing_period, e.owner, b.currency, e.billed, e.effective,
           CASE WHEN starts_with(e.basis, 'adjustment') THEN 'adjustments' WHEN e.origin_account IS NOT NULL THEN 'shared' WHEN e.rung IN ('inherited', 'default') THEN 'inherited'
                ELSE 'direct' END AS part
    FROM base.posted e JOIN base.book b USING (book_no)
    WHERE e.billing_period >= $since AND starts_with(e.account, 'owner:')
)
SELECT billing_period, owner, currency, coalesce(sum(effective) FILTER (part = 'direct'), 0) AS direct,
       coalesce(sum(effective) FILTER (part = 'inherited'), 0) AS inherited,
       coalesce(sum(effective) FILTER (part = 'shared'), 0) AS shared,
       coalesce(sum(effective) FILTER (part = 'adjustments'), 0) AS adjustments,
       sum(effective) AS total, sum(billed) AS billed_total
FROM part GROUP BY ALL ORDER BY billing_period, owner, currency"""

_PROPOSED = "SELECT count(*) FROM base.fix_action WHERE status = 'proposed'"
_RECOVERED = """
SELECT currency, coalesce(sum(billed_recovered), 0) AS billed_cost, coalesce(sum(effective_recovered), 0) AS effective_cost
FROM base.fix_action WHERE status = 'proposed' AND currency IS NOT NULL GROUP BY ALL ORDER BY currency"""


def build_summary(
    con: duckdb.DuckDBPyConnection, *, run: Mapping[str, Any], gaps: Sequence[Gap]
) -> dict[str, Any]:
    """The summary of the store's newest 13 periods. `run`: the run's own record, as it is to stand there.

    Reads what judging, ledger, metrics, checks and the fix plan have written; `gaps` say what could not be seen.
    """
    periods = recent_periods(con)
    since = {"since": periods[0] if periods else ""}
    verdicts = _rows(con, _VERDICTS, since)
    by_key = _rows(con, _VERDICTS_BY_KEY, since)
    findings = con.execute(_FINDINGS).fetchall()
    return {
        "schema": SCHEMA,
        "run": dict(run),
        "gaps": [_gap(gap) for gap in sorted(gaps, key=lambda gap: (gap.gap_id, gap.reason))],
        "closing": _rows(con, _CLOSING, since),
        "verdicts": verdicts,
        "verdicts_by_key": sorted((_named(row) for row in by_key), key=_by_key_order),
        "coverage": _rows(con, _COVERAGE, since),
        "slis": _rows(con, _SLIS, since),
        "findings": {"total": sum(n for _, n in findings), "by_check": dict(findings)},
        "unallocated": _rows(con, _UNALLOCATED, since),
        "owners": _rows(con, _OWNERS, since),
        "fixes": {
            "proposed": con.execute(_PROPOSED).fetchall()[0][0],
            "recovered": _rows(con, _RECOVERED, {}),
        },
    }


def _rows(con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    found = con.execute(query, dict(parameters))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, map(_json, row), strict=True)) for row in found.fetchall()]


def _json(value: object) -> object:
    return plain(value) if isinstance(value, Decimal) else value


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"verdict": VERDICTS[row["verdict"]]}


def _by_key_order(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in ("key", "billing_period", "currency", "verdict"))


def _gap(gap: Gap) -> dict[str, object]:
    return {**gap.as_json(), "limitation": gap.limitation}
