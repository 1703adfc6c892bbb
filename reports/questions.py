"""What does the report ask of the store?

Every question is one SELECT over the stable views of docs/store.md, aggregated and cut inside DuckDB: a store
of millions of charges answers with tens of rows. Nothing else in `reports` talks SQL. Rows come back as dicts
by column name; money stays `Decimal`, instants come as naive UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

Row = Mapping[str, Any]

STABLE_VIEWS = (
    "audit_log", "charges", "closing", "closures", "coverage", "dimensions", "double_entry", "drift", "findings", "fix_actions", "fix_history", "incidents", "ledger", "live_coverage", "managed_resources", "owner_totals", "quarantine",
    "resource_tags", "resources", "restatements", "reviews", "runs", "signal_bins", "signal_curve", "signal_scores", "slis", "source_files", "source_steps", "statement_parts", "suggestions", "tag_events", "tag_history",
    "verdicts",
)  # fmt: skip

# What is proposed or under way. Suggestions that somebody must review first (`review`) are no fixes yet; every other status is history.
OPEN_FIX = "status NOT IN ('applied', 'verified', 'rolled-back', 'rejected', 'superseded', 'expired', 'done', 'not-possible', 'review')"
FAILED_FIX = "status IN ('failed', 'refused', 'raced')"
UNRESOLVED = "(account NOT LIKE 'owner:%' OR verdict IN ('wrong-owner', 'conflict'))"
_BATCH = 5_000


class Store:
    """The published store, opened read-only. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._connection = duckdb.connect(str(path), read_only=True)
        self._connection.execute("SET TimeZone = 'UTC'")

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, sql: str, *parameters: object) -> list[Row]:
        """All rows of a small answer."""
        cursor = self._connection.cursor().execute(sql, list(parameters))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def stream(self, sql: str, *parameters: object) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
        """Column names and the rows of a large answer, a batch at a time."""
        cursor = self._connection.cursor().execute(sql, list(parameters))
        return [column[0] for column in cursor.description or ()], _batches(cursor)

    def columns(self, view: str) -> list[tuple[str, str]]:
        """Name and DuckDB type of each column of a stable view."""
        rows = self.ask(f"DESCRIBE {_known(view)}")
        return [(str(row["column_name"]), str(row["column_type"])) for row in rows]

    def select_all(self, view: str) -> str:
        """SELECT of a whole view in a fixed order, instants with a zone made plain UTC.

        Ordered by every column from the left, so that two stores with the same rows give the same bytes.
        """
        columns = self.columns(view)
        chosen = ", ".join(
            f'"{name}"::TIMESTAMP AS "{name}"' if "TIME ZONE" in kind else f'"{name}"'
            for name, kind in columns
        )
        return f"SELECT {chosen} FROM {view} ORDER BY ALL"

    def copy_parquet(self, sql: str, path: Path) -> Path:
        """Write an answer to Parquet inside DuckDB; no row passes through Python."""
        path.parent.mkdir(parents=True, exist_ok=True)
        target = str(path).replace("'", "''")
        self._connection.cursor().execute(f"COPY ({sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        return path


def _known(view: str) -> str:
    if view not in STABLE_VIEWS:
        raise ValueError(f"{view!r} is no stable view of the store. Use one of {', '.join(STABLE_VIEWS)}.")
    return view


def _batches(cursor: Any) -> Iterator[tuple[Any, ...]]:
    while batch := cursor.fetchmany(_BATCH):
        yield from batch


def ledger_totals(store: Store) -> list[Row]:
    """Per posted period and currency: total, with an owner, unresolved (no owner, wrong owner, conflict),
    shared.
    """
    return store.ask(
        f"""
        SELECT billing_period, BillingCurrency AS currency,
               sum(BilledCost) AS total,
               coalesce(sum(BilledCost) FILTER (account LIKE 'owner:%'), 0) AS owned,
               coalesce(sum(BilledCost) FILTER ({UNRESOLVED}), 0) AS unresolved
        FROM ledger GROUP BY ALL ORDER BY ALL
        """
    )


def ended_up(store: Store, period: str, currency: str) -> list[Row]:
    """Where a period's money ended up: BilledCost by kind of ledger account and, for owners, the rung that
    gave it.
    """
    return store.ask(
        """
        SELECT CASE WHEN account NOT LIKE 'owner:%' THEN split_part(account, ':', 1)
                    WHEN origin_account LIKE 'shared:%' THEN 'owner, share of a pool'
                    WHEN rule_id IS NOT NULL THEN 'owner, by allocation rule'
                    ELSE 'owner, ' || coalesce(rung, 'rung not known') END AS place,
               sum(BilledCost) AS billed_cost, sum(EffectiveCost) AS effective_cost
        FROM ledger WHERE billing_period = ? AND BillingCurrency = ?
        GROUP BY ALL ORDER BY ALL
        """,
        period,
        currency,
    )


def data_through(store: Store, period: str) -> date | None:
    """The last day for which the period has a charge."""
    found = store.ask("SELECT max(x_ChargeDate) AS last FROM charges WHERE billing_period = ?", period)[0][
        "last"
    ]
    return found if isinstance(found, date) else None


def fix_totals(store: Store) -> list[Row]:
    """Open fixes per currency: how many, how much BilledCost they put right, lowest and highest
    confidence.
    """
    return store.ask(
        f"""
        SELECT BillingCurrency AS currency, count(*) AS fixes, sum(billed_recovered) AS billed_recovered
        FROM fix_actions WHERE {OPEN_FIX} AND NOT ({FAILED_FIX}) GROUP BY ALL ORDER BY ALL
        """
    )


def top_fixes(store: Store, currency: str, top: int) -> list[Row]:
    """The open fixes that put most money right; one row per change of one key on one resource."""
    return store.ask(
        f"""
        SELECT * FROM fix_actions
        WHERE BillingCurrency IS NOT DISTINCT FROM ? AND {OPEN_FIX} AND NOT ({FAILED_FIX})
        ORDER BY billed_recovered DESC NULLS LAST, owner, ResourceId, key, action_id LIMIT {int(top)}
        """,
        currency,
    )


def finding_groups(store: Store, limit: int) -> list[Row]:
    """Open findings, one row per cause: check × severity × key × owner × provider × currency; most money
    first.

    `resources`: distinct resources, `reasons`: distinct reasons,
    `examples`: up to three resources with most money.
    """
    return store.ask(
        f"""
        WITH open AS (SELECT * FROM findings WHERE status = 'open'),
        causes AS (
            SELECT check_id, severity, key, owner, x_ProviderId, BillingCurrency AS currency,
                   count(*) AS findings, count(DISTINCT ResourceId) AS resources,
                   min(reason) AS reason, count(DISTINCT reason) AS reasons,
                   sum(billed_at_stake) AS billed_at_stake, sum(effective_at_stake) AS effective_at_stake,
                   min(first_seen) AS first_seen
            FROM open GROUP BY ALL
        ),
        ranked AS (
            SELECT check_id, severity, key, owner, x_ProviderId, BillingCurrency AS currency, ResourceId,
                   row_number() OVER (
                       PARTITION BY check_id, severity, key, owner, x_ProviderId, BillingCurrency
                       ORDER BY abs(billed_at_stake) DESC NULLS LAST, ResourceId, finding_id) AS place
            FROM open WHERE ResourceId IS NOT NULL
        ),
        examples AS (
            SELECT check_id, severity, key, owner, x_ProviderId, currency,
                   list(ResourceId ORDER BY place) AS examples
            FROM ranked WHERE place <= 3 GROUP BY ALL
        )
        SELECT c.*, e.examples FROM causes c LEFT JOIN examples e
          ON c.check_id = e.check_id AND c.severity IS NOT DISTINCT FROM e.severity
         AND c.key IS NOT DISTINCT FROM e.key AND c.owner IS NOT DISTINCT FROM e.owner
         AND c.x_ProviderId IS NOT DISTINCT FROM e.x_ProviderId AND c.currency IS NOT DISTINCT FROM e.currency
        ORDER BY abs(c.billed_at_stake) DESC NULLS LAST,
                 CASE c.severity WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END,
                 c.check_id, c.key, c.owner, c.x_ProviderId, c.currency
        LIMIT {int(limit)}
        """
    )


def finding_counts(store: Store) -> Row:
    """Open findings and causes in all, to say how much a cut table leaves out."""
    return store.ask(
        """
        SELECT count(*) AS findings,
               count(DISTINCT (check_id, severity, key, owner, x_ProviderId, BillingCurrency)) AS causes
        FROM findings WHERE status = 'open'
        """
    )[0]


def drift_rows(store: Store, since: datetime, until: datetime, limit: int) -> list[Row]:
    """Tag changes in the window, dearest first."""
    return store.ask(
        f"""
        SELECT * REPLACE (observed_at::TIMESTAMP AS observed_at) FROM drift
        WHERE observed_at::TIMESTAMP > ? AND observed_at::TIMESTAMP <= ?
        ORDER BY abs(monthly_effective) DESC NULLS LAST, observed_at DESC, ResourceId, key LIMIT {int(limit)}
        """,
        since,
        until,
    )


def drift_weeks(store: Store, until: datetime, weeks: int) -> list[int]:
    """Tag changes per week, oldest first; the last week ends at `until`."""
    rows = store.ask(
        """
        SELECT floor(epoch(?::TIMESTAMP - observed_at::TIMESTAMP) / 604800)::INTEGER AS weeks_ago,
        count(*) AS changes
        FROM drift WHERE observed_at::TIMESTAMP <= ?::TIMESTAMP GROUP BY ALL
        """,
        until,
        until,
    )
    by_age = {int(row["weeks_ago"]): int(row["changes"]) for row in rows}
    oldest = min(max(by_age, default=-1), weeks - 1)
    return [by_age.get(age, 0) for age in range(oldest, -1, -1)]


def drift_kinds(store: Store, since: datetime, until: datetime) -> list[Row]:
    """Tag changes in the window by key and kind of change."""
    return store.ask(
        """
        SELECT key, change, count(*) AS changes, count(DISTINCT ResourceId) AS resources
        FROM drift WHERE observed_at::TIMESTAMP > ? AND observed_at::TIMESTAMP <= ? GROUP BY ALL ORDER BY ALL
        """,
        since,
        until,
    )


def money_text(value: object) -> Decimal:
    """A nullable sum as an amount: None is 0 (a sum over no rows)."""
    return value if isinstance(value, Decimal) else Decimal(0)
