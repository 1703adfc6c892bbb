# ruff: noqa: PERF401  (the rows of a table read best as rows)
"""A small believable estate: a DuckDB file with the stable views as tables, and the summary that belongs to it.

Two currencies, three clouds, seven periods (the last one open), hostile text in names and values. Everything is
computed from a fixed table of amounts, so ledger, verdicts, owners and closing agree to the last digit.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

PERIODS = ("2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10")
GROWTH = dict(zip(PERIODS, ("0.81", "0.84", "0.90", "0.93", "0.97", "1", "0.14"), strict=True))
STARTED = "2026-10-05T03:00:00Z"
HOSTILE_OWNER = "<script>document.title='owned'</script>"
HOSTILE = {
    "script": "<script>document.title='owned'</script>",
    "image": "<img src=x onerror=document.title='owned'>",
    "formula": "=cmd|' /C calc'!A0",
    "hidden formula": '\u200b\ufeff =HYPERLINK("http://evil.example")',
    "bidi": "prod\u202egnp.exe",
    "nul": "a\x00b",
    "escape": "\x1b]0;owned\x07red",
    "long": "x" * 10_240,
    "template": "{{ 7 * 7 }}{% for x in y %}",
    "quote": "\"><b onmouseover='x'>`${1}`",
}

# verdict, owner or None, rung, provider, account, currency, September BilledCost (EffectiveCost is a hundredth less)
POSTINGS = (
    ("ok", "payments", "billed", "aws", "111111111111", "USD", "412345.678901234567890123456789"[:28]),
    ("ok", "search", "billed", "gcp", "01A2B3-C4D5E6-F7A8B9", "USD", "236789.123456"),
    ("ok", "platform", "billed", "azure", "b1f0c7de-0000", "USD", "184002.405"),
    ("ok", "data-lake", "billed", "aws", "111111111111", "USD", "97233.5150001"),
    ("inherited", "search", "inherited", "gcp", "01A2B3-C4D5E6-F7A8B9", "USD", "88123.005"),
    ("inherited", HOSTILE_OWNER, "inherited", "azure", "b1f0c7de-0000", "USD", "1200.335"),
    ("not-required", "platform", "default", "aws", "111111111111", "USD", "12034.11"),
    ("variant", "payments", "billed", "aws", "222222222222", "USD", "41022.905"),
    ("invalid", None, None, "aws", "222222222222", "USD", "9120.775"),
    ("wrong-owner", "payments", "billed", "aws", "222222222222", "USD", "7455.125"),
    ("conflict", "search", "billed", "gcp", "01A2B3-C4D5E6-F7A8B9", "USD", "5120.015"),
    ("tagged-late", "data-lake", "live-later", "aws", "111111111111", "USD", "6233.345"),
    ("lagging", "data-lake", "live", "aws", "111111111111", "USD", "801.005"),
    ("not-activated", "platform", "live", "aws", "333333333333", "USD", "38220.115"),
    ("not-billed", "platform", "live", "azure", "b1f0c7de-0000", "USD", "2210.445"),
    ("untagged", None, None, "aws", "333333333333", "USD", "21877.335"),
    ("unknown-resource", None, None, "aws", "333333333333", "USD", "3410.225"),
    ("deleted", None, None, "gcp", "01A2B3-C4D5E6-F7A8B9", "USD", "1002.115"),
    ("untaggable", "platform", "rule", "aws", "111111111111", "USD", "18004.445"),
    ("shared", "payments", "rule", "aws", "111111111111", "USD", "61230.335"),
    ("shared", "search", "rule", "aws", "111111111111", "USD", "40820.225"),
    ("shared", None, None, "aws", "111111111111", "USD", "-4120.555"),
    ("ok", "payments", "billed", "azure", "eu-agreement", "EUR", "15230.335"),
    ("untagged", None, None, "azure", "eu-agreement", "EUR", "2230.115"),
    ("shared", "payments", "rule", "azure", "eu-agreement", "EUR", "900.445"),
)  # fmt: skip

TABLES = {
    "charges": "charge_id VARCHAR, billing_period VARCHAR, x_ProviderId VARCHAR, ProviderName VARCHAR, BillingAccountId VARCHAR, BillingCurrency VARCHAR, SubAccountId VARCHAR, InvoiceId VARCHAR, x_ChargeDate DATE, ResourceId VARCHAR, ResourceType VARCHAR, ServiceName VARCHAR, ServiceCategory VARCHAR, RegionId VARCHAR, ChargeCategory VARCHAR, ChargeClass VARCHAR, x_Class VARCHAR, CommitmentDiscountId VARCHAR, CommitmentDiscountStatus VARCHAR, tagset_id VARCHAR, BilledCost DECIMAL(38,24), EffectiveCost DECIMAL(38,24), x_Lines BIGINT",
    "resources": "x_ProviderId VARCHAR, SubAccountId VARCHAR, RegionId VARCHAR, ResourceType VARCHAR, ResourceId VARCHAR, ResourceName VARCHAR, container_id VARCHAR, in_inventory BOOLEAN, in_bill BOOLEAN, first_seen TIMESTAMP, last_seen TIMESTAMP, deleted_at TIMESTAMP, match_method VARCHAR",
    "resource_tags": "x_ProviderId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, tag_key VARCHAR, tag_value VARCHAR, canonical_key VARCHAR, canonical_value VARCHAR, valid_from TIMESTAMP",
    "tag_history": "x_ProviderId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, tag_key VARCHAR, tag_value VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP, assumed_start BOOLEAN",
    "verdicts": "charge_id VARCHAR, billing_period VARCHAR, key VARCHAR, verdict VARCHAR, billed_value VARCHAR, live_value VARCHAR, expected_value VARCHAR, resolved_value VARCHAR, rung VARCHAR, live_known BOOLEAN, x_ProviderId VARCHAR, BillingAccountId VARCHAR, BillingCurrency VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, x_ChargeDate DATE, BilledCost DECIMAL(38,24), EffectiveCost DECIMAL(38,24)",
    "findings": "finding_id VARCHAR, check_id VARCHAR, severity VARCHAR, status VARCHAR, x_ProviderId VARCHAR, BillingAccountId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, key VARCHAR, reason VARCHAR, evidence VARCHAR, owner VARCHAR, BillingCurrency VARCHAR, billed_at_stake DECIMAL(38,24), effective_at_stake DECIMAL(38,24), first_seen TIMESTAMP, last_seen TIMESTAMP",
    "drift": "observed_at TIMESTAMP, x_ProviderId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, key VARCHAR, change VARCHAR, before_value VARCHAR, after_value VARCHAR, owner_before VARCHAR, owner_after VARCHAR, BillingCurrency VARCHAR, monthly_effective DECIMAL(38,24), actor VARCHAR",
    "coverage": "billing_period VARCHAR, BillingCurrency VARCHAR, key VARCHAR, scope VARCHAR, by_cost DOUBLE, by_cost_taggable DOUBLE, by_cost_with_inherited DOUBLE, by_count DOUBLE, by_count_taggable DOUBLE, count_basis VARCHAR, covered_cost DECIMAL(38,24), base_cost DECIMAL(38,24), negative_cost DECIMAL(38,24), gap_ids VARCHAR[]",
    "slis": "id VARCHAR, name VARCHAR, billing_period VARCHAR, BillingCurrency VARCHAR, key VARCHAR, unit VARCHAR, value DOUBLE, target DOUBLE, status VARCHAR, numerator DECIMAL(38,24), denominator DECIMAL(38,24), gap_ids VARCHAR[]",
    "ledger": "entry_id VARCHAR, transaction_id VARCHAR, billing_period VARCHAR, origin_period VARCHAR, x_ProviderId VARCHAR, BillingAccountId VARCHAR, BillingCurrency VARCHAR, account VARCHAR, owner VARCHAR, rung VARCHAR, rule_id VARCHAR, basis VARCHAR, origin_account VARCHAR, x_Class VARCHAR, verdict VARCHAR, BilledCost DECIMAL(38,24), EffectiveCost DECIMAL(38,24), charges BIGINT, rule_version VARCHAR, weight VARCHAR, weight_total VARCHAR, frozen BOOLEAN",
    "double_entry": "entry_id VARCHAR, transaction_id VARCHAR, billing_period VARCHAR, origin_period VARCHAR, x_ProviderId VARCHAR, BillingAccountId VARCHAR, BillingCurrency VARCHAR, account VARCHAR, owner VARCHAR, rung VARCHAR, rule_id VARCHAR, basis VARCHAR, origin_account VARCHAR, x_Class VARCHAR, verdict VARCHAR, BilledCost DECIMAL(38,24), EffectiveCost DECIMAL(38,24), charges BIGINT, rule_version VARCHAR, weight VARCHAR, weight_total VARCHAR, frozen BOOLEAN",
    "fix_actions": "action_id VARCHAR, x_ProviderId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, key VARCHAR, raw_key VARCHAR, before_value VARCHAR, after_value VARCHAR, verdict VARCHAR, reason VARCHAR, evidence VARCHAR, confidence DOUBLE, owner VARCHAR, BillingCurrency VARCHAR, billed_recovered DECIMAL(38,24), effective_recovered DECIMAL(38,24), status VARCHAR",
    "suggestions": "suggestion_id VARCHAR, finding_id VARCHAR, x_ProviderId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, key VARCHAR, signal VARCHAR, signal_version VARCHAR, value VARCHAR, score DOUBLE, confidence DOUBLE, mode VARCHAR, state VARCHAR, evidence VARCHAR, verdict VARCHAR, owner VARCHAR, BillingCurrency VARCHAR, billed_at_stake DECIMAL(38,24), effective_at_stake DECIMAL(38,24)",
    "signal_scores": "key VARCHAR, signal VARCHAR, signal_version VARCHAR, basis VARCHAR, asked BIGINT, made BIGINT, correct BIGINT, precision DOUBLE, recall DOUBLE, least DOUBLE, state VARCHAR, mode VARCHAR, scored_at TIMESTAMP",
    "signal_bins": "key VARCHAR, signal VARCHAR, signal_version VARCHAR, low DOUBLE, high DOUBLE, made BIGINT, correct BIGINT, confidence DOUBLE",
    "signal_curve": "signal VARCHAR, signal_version VARCHAR, way VARCHAR, low DOUBLE, high DOUBLE, made BIGINT, correct BIGINT, expected DOUBLE",
    "audit_log": '"at" TIMESTAMP, actor VARCHAR, action VARCHAR, subject VARCHAR, detail VARCHAR, run_id VARCHAR, event_no BIGINT, event_hash VARCHAR',
    "fix_history": "plan VARCHAR, action_id VARCHAR, x_ProviderId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, key VARCHAR, changes VARCHAR, verdict VARCHAR, reason VARCHAR, finding_id VARCHAR, owner VARCHAR, state VARCHAR, state_reason VARCHAR, sent_at TIMESTAMP, ended_at TIMESTAMP, actor VARCHAR, approval VARCHAR, approved_by VARCHAR, verified_at TIMESTAMP, undo VARCHAR, undone_at TIMESTAMP, BillingCurrency VARCHAR, billed_recovered DECIMAL(38,24), effective_recovered DECIMAL(38,24)",
    "reviews": 'event_no BIGINT, "at" TIMESTAMP, reviewer VARCHAR, action_id VARCHAR, x_ProviderId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, key VARCHAR, decision VARCHAR, value VARCHAR, until DATE, adjudicates BOOLEAN, comment VARCHAR, suggested VARCHAR',
    "live_coverage": "observed_at TIMESTAMP, key VARCHAR, x_ProviderId VARCHAR, resources BIGINT, labelled BIGINT, taggable BIGINT, taggable_labelled BIGINT",
    "source_files": "source VARCHAR, path VARCHAR, content_hash VARCHAR, size_bytes BIGINT, focus_version VARCHAR, billing_periods VARCHAR, source_rows BIGINT, loaded_rows BIGINT, quarantined_rows BIGINT, excluded_rows BIGINT, residue_rows BIGINT, residue DECIMAL(38,24), status VARCHAR, reason VARCHAR, loaded_at TIMESTAMP",
    "source_steps": "billing_period VARCHAR, x_ProviderId VARCHAR, BillingAccountId VARCHAR, BillingCurrency VARCHAR, step_no INTEGER, step VARCHAR, amount DECIMAL(38,24)",
    "dimensions": "billing_period VARCHAR, x_ProviderId VARCHAR, BillingAccountId VARCHAR, BillingCurrency VARCHAR, dimension VARCHAR, value VARCHAR, rule_id VARCHAR, account VARCHAR, BilledCost DECIMAL(38,24), EffectiveCost DECIMAL(38,24), charges BIGINT",
    "closures": "billing_period VARCHAR, x_ProviderId VARCHAR, BillingAccountId VARCHAR, BillingCurrency VARCHAR, closed_at TIMESTAMP, closed_by VARCHAR, reason VARCHAR, partial BOOLEAN, BilledCost DECIMAL(38,24), EffectiveCost DECIMAL(38,24), registry_version VARCHAR, rules_version VARCHAR, reopened_at TIMESTAMP, reopened_by VARCHAR, reopened_reason VARCHAR",
    "owner_totals": "billing_period VARCHAR, account VARCHAR, owner VARCHAR, BillingCurrency VARCHAR, EffectiveCost DECIMAL(38,24), BilledCost DECIMAL(38,24), rate DECIMAL(38,24), rate_source VARCHAR, reporting_currency VARCHAR",
    "statement_parts": "billing_period VARCHAR, account VARCHAR, owner VARCHAR, BillingCurrency VARCHAR, part VARCHAR, pool VARCHAR, origin_period VARCHAR, reason VARCHAR, EffectiveCost DECIMAL(38,24), BilledCost DECIMAL(38,24), entries BIGINT",
    "restatements": "restated_at TIMESTAMP, billing_period VARCHAR, x_ProviderId VARCHAR, BillingAccountId VARCHAR, BillingCurrency VARCHAR, SubAccountId VARCHAR, ServiceName VARCHAR, ChargeCategory VARCHAR, billed_before DECIMAL(38,24), billed_after DECIMAL(38,24), billed_change DECIMAL(38,24), effective_before DECIMAL(38,24), effective_after DECIMAL(38,24), effective_change DECIMAL(38,24), charges_before BIGINT, charges_after BIGINT",
    "quarantine": "source VARCHAR, path VARCHAR, row_number BIGINT, column_name VARCHAR, reason VARCHAR, text VARCHAR, billing_period VARCHAR, BilledCost DECIMAL(38,24), EffectiveCost DECIMAL(38,24)",
    "managed_resources": "x_ProviderId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, in_inventory BOOLEAN, tool VARCHAR, address VARCHAR, file VARCHAR, tags VARCHAR",
    "tag_events": '"at" TIMESTAMP, actor VARCHAR, action VARCHAR, x_ProviderId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, in_inventory BOOLEAN, key VARCHAR, source VARCHAR, event_id VARCHAR',
    "incidents": "incident_id VARCHAR, opened_at TIMESTAMP, severity VARCHAR, x_ProviderId VARCHAR, SubAccountId VARCHAR, ResourceId VARCHAR, in_inventory BOOLEAN, source VARCHAR",
    "runs": "run_id VARCHAR, started_at TIMESTAMP, finished_at TIMESTAMP, status VARCHAR, version VARCHAR, registry_version VARCHAR, config_hash VARCHAR, periods VARCHAR",
}

Posting = tuple[str, str, str | None, str | None, str, str, str, Decimal, Decimal]


def postings() -> list[Posting]:
    """(period, verdict, owner, rung, provider, account, currency, billed, effective)."""
    return [
        (
            period,
            verdict,
            owner,
            rung,
            provider,
            account,
            currency,
            cost := scaled(amount, period),
            cost * 99 / 100,
        )
        for period in PERIODS
        for verdict, owner, rung, provider, account, currency, amount in POSTINGS
    ]


def scaled(amount: str, period: str) -> Decimal:
    return (Decimal(amount) * Decimal(GROWTH[period])).quantize(Decimal(1).scaleb(-12))


def build_store(path: Path) -> Path:
    con = duckdb.connect(str(path))
    for name, columns in TABLES.items():
        con.execute(f"CREATE TABLE {name} ({columns})")

    def put(table: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

    put("ledger", [(*row, None, None, None, False) for row in ledger_rows()])
    put("charges", [
        (f"c{n}", period, provider, provider.upper(), account, currency, account, None, f"{period}-03", f"r-{n}", "vm",
         "Compute", "Compute", "eu", "Usage", None, "usage", None, None, "t", billed, effective, 3)
        for n, (period, _, _, _, provider, account, currency, billed, effective) in enumerate(postings())
    ])  # fmt: skip
    put("findings", finding_rows())
    put("drift", [
        (f"2026-{'10' if d < 5 else '09'}-{5 - d if d < 5 else 35 - d:02d} 01:00:00", "aws", "222222222222",
         f"arn:aws:ec2:eu-west-1:222222222222:instance/i-{d % 4:04d}", "cost-center",
         ("changed", "removed", "added", "renamed")[d % 4], None if d % 4 == 2 else "payments",
         None if d % 4 == 1 else list(HOSTILE.values())[d % len(HOSTILE)], "payments", None if d % 4 == 1 else "search",
         "USD", Decimal("812.337") + d, [None, *HOSTILE.values()][d % (len(HOSTILE) + 1)])
        for d in range(26)
    ])  # fmt: skip
    put("fix_actions", fix_rows())
    put("resources", [
        ("aws", "333333333333", "eu-west-1", "aws:ec2:instance", f"i-new-{n}", name, "333333333333", True, False,
         "2026-10-04 14:00:00", "2026-10-05 02:00:00", None, None)
        for n, name in enumerate(HOSTILE.values())
    ])  # fmt: skip
    put("resource_tags", [
        ("aws", "222222222222", f"i-{n:04d}", "CostCenter" if n % 2 else "cost-center", value, "cost-center", value,
         "2026-06-01 00:00:00")
        for n, value in enumerate(["payments"] * 9 + ["search"] * 5 + list(HOSTILE.values()))
    ])  # fmt: skip
    put("tag_history", [
        ("aws", "222222222222", "i-0001", "cost-center", value, f"2026-09-{n + 1:02d} 00:00:00",
         f"2026-09-{n + 2:02d} 00:00:00" if n < 3 else None, n == 0)
        for n, value in enumerate(["payments", "Payments ", "search", "payments"])
    ])  # fmt: skip
    put("source_files", [
        ("bill", "exports/aws/2026-09.parquet", "a" * 64, 18_233_112, "1.2", "2026-09", 1_204_233, 1_204_230, 3, 0, 1,
         Decimal("0.0000000000000000000000012"), "loaded", None, "2026-10-05 03:01:00"),
        ("bill", "exports/azure/part-2.csv", "b" * 64, 33_112, "1.0", None, 0, 0, 0, 0, 0, Decimal(0), "refused",
         "BillingCurrency is missing", "2026-10-05 03:01:00"),
    ])  # fmt: skip
    put("source_steps", [
        ("2026-09", "aws", "111111111111", "USD", 0, "lineItem/UnblendedCost", Decimal("1204.5")),
        ("2026-09", "aws", "111111111111", "USD", 1, "net of private discounts <b>", Decimal("-4.5")),
    ])  # fmt: skip
    put("restatements", [
        ("2026-10-05 03:01:00", "2026-09", "aws", "111111111111", "USD", "222222222222", "=cmd()<i>", "Usage",
         Decimal("12.25"), Decimal("10"), Decimal("-2.25"), Decimal("12.25"), Decimal("10"), Decimal("-2.25"), 3, 2),
    ])  # fmt: skip
    put(
        "quarantine",
        [
            (
                "bill",
                "exports/aws/2026-09.parquet",
                n,
                "BilledCost",
                "not a number",
                text,
                "2026-09",
                None,
                None,
            )
            for n, text in enumerate(["1.2.3", "=1+1", "-"])
        ],
    )
    put(
        "runs",
        [
            (
                "20261004T030000Z-abc123",
                "2026-10-04 03:00:00",
                None,
                "failed",
                "0.1.0",
                "7",
                "c0ffee",
                "2026-09",
            )
        ],
    )
    coverage = [
        (row["billing_period"], row["currency"], row["key"], row["scope"], row["by_cost"], row["by_cost_taggable"],
         row["by_cost_with_inherited"], row["by_count"], row["by_count_taggable"], row["count_basis"],
         row["covered_cost"], row["base_cost"], row["negative_cost"], row["gap_ids"])
        for row in coverage_rows()
    ]  # fmt: skip
    put("coverage", coverage)
    put("slis", [
        (row["id"], row["name"], row["billing_period"], row["currency"], row["key"], row["unit"], row["value"],
         row["target"], row["status"], row["numerator"], row["denominator"], row["gap_ids"])
        for row in sli_rows()
    ])  # fmt: skip
    con.execute(
        "CREATE TABLE closing AS SELECT billing_period, x_ProviderId, BillingAccountId, BillingCurrency, "
        "sum(BilledCost) AS source_billed, 0::DECIMAL(38,24) AS difference_billed FROM ledger GROUP BY ALL"
    )
    con.close()
    return path


def ledger_rows() -> list[tuple[Any, ...]]:
    rows = []
    for n, (period, verdict, owner, rung, provider, account, currency, billed, effective) in enumerate(
        postings()
    ):
        by_rule = rung == "rule"
        target = f"owner:{owner}" if owner else f"unallocated:{verdict}"
        rows.append((
            f"e{n:04d}", f"t{n:04d}", period, period, provider, account, currency, target, owner,
            None if by_rule else rung, "split-support" if by_rule else None, "proportional" if by_rule else None,
            "shared:support" if by_rule else target, "support" if by_rule else "usage", verdict, billed, effective, 40,
        ))  # fmt: skip
    return rows


def finding_rows() -> list[tuple[Any, ...]]:
    rows = [
        ("f-act", "not-activated", "high", "open", "aws", "111111111111", None, None, "cost-center",
         "Key cost-center is not activated for payer 111111111111: 80 resources carry it, no bill line does. "
         "Activate it, then backfill 12 months.", "{}", "platform", "USD", Decimal("38220.115"), Decimal("38220"),
         "2026-08-11 03:00:00", "2026-10-05 03:00:00"),
    ]  # fmt: skip
    for n in range(40):
        rows.append((
            f"f-untagged-{n}", "untagged", "medium", "open", "aws", "333333333333", "333333333333", f"i-untagged-{n:03d}",
            "cost-center", "Required, taggable, absent everywhere.", "{}", None, "USD", Decimal("546.93"),
            Decimal("540"), "2026-09-02 03:00:00", "2026-10-05 03:00:00",
        ))  # fmt: skip
    for n, (name, value) in enumerate(HOSTILE.items()):
        rows.append((
            f"f-hostile-{n}", "invalid", "low", "open", "gcp", "p-1", "p-1", value, "environment",
            f"Value {value} ({name}) is not in the registry.", "{}", f"team-{n}", "USD", Decimal(n), Decimal(n),
            "2026-09-20 03:00:00", "2026-10-05 03:00:00",
        ))  # fmt: skip
    rows.append((
        "f-closed", "untagged", "high", "closed", "aws", "1", "1", "i-closed", "cost-center", "mended", "{}", None,
        "USD", Decimal(1), Decimal(1), "2026-09-02 03:00:00", "2026-09-03 03:00:00",
    ))  # fmt: skip
    return rows


def fix_rows() -> list[tuple[Any, ...]]:
    def fix(
        n: int, resource: str, before: str | None, after: str, money: str, status: str = "proposed"
    ) -> Any:
        return (
            f"a{n:03d}", "aws", "222222222222", resource, "cost-center", "CostCenter", before, after,
            "variant" if before else "untagged", "Neighbours in the same account carry it", "{}", 0.97 - n / 100,
            "payments" if n % 2 else "platform", "USD", Decimal(money), Decimal(money), status,
        )  # fmt: skip

    hostile = list(HOSTILE.values())
    rows = [fix(n, f"i-untagged-{n:03d}", None, "platform", "546.93") for n in range(8)]
    rows += [fix(8, "arn:aws:s3:::logs bucket", "Payments", "payments", "20511.25")]
    rows += [fix(10 + n, value, value, "payments", str(n)) for n, value in enumerate(hostile)]
    return [
        *rows,
        fix(40, "i-raced", "a", "b", "12", "failed"),
        fix(41, "i-done", "a", "b", "9999", "verified"),
    ]


def coverage_rows() -> list[dict[str, Any]]:
    scopes = ("all", "environment:prod", "environment:test", "environment:dev", "account:111111111111",
              "account:222222222222", "account:333333333333", "provider:aws", "provider:gcp")  # fmt: skip
    rows = []
    for p, period in enumerate(PERIODS):
        for currency in ("EUR", "USD"):
            for k, key in enumerate(("cost-center", "environment", "data-class")):
                for s, scope in enumerate(scopes):
                    known = not (scope == "account:333333333333" and key == "data-class")
                    taggable = min(0.998, 0.97 - k * 0.21 - s * 0.045 + p * 0.006)
                    rows.append({
                        "billing_period": period, "currency": currency, "key": key, "scope": scope,
                        "by_cost": round(taggable * 0.9, 4) if known else None,
                        "by_cost_taggable": round(taggable, 4) if known else None,
                        "by_cost_with_inherited": round(min(taggable + 0.02, 1), 4) if known else None,
                        "by_count": round(taggable * 0.8, 4) if known else None,
                        "by_count_taggable": round(taggable * 0.85, 4) if known else None,
                        "count_basis": "inventory", "covered_cost": "901233.5", "base_cost": str(1000000 - s * 90000),
                        "negative_cost": "-4120.555", "gap_ids": ["gap-1"] if scope.startswith("account:333") else [],
                    })  # fmt: skip
    return rows


def sli_rows() -> list[dict[str, Any]]:
    rows = []
    for period in PERIODS[-3:]:
        for number, name, unit, value, target, status in (
            ("M2", "label drift rate", "ratio", 0.0121, 0.01, "missed"),
            ("M3", "unlabeled incident rate", "ratio", None, 0.05, "no-data"),
            ("M4", "propagation latency p95", "hours", 31.5, None, "no-data"),
            ("M5", "cardinality", "count", 412, 1000, "met"),
            ("M10", "cost allocation error", "ratio", 0.0372, 0.01, "missed"),
        ):
            rows.append({
                "id": number, "name": name, "billing_period": period, "currency": "USD" if number == "M10" else None,
                "key": "cost-center" if number in {"M4", "M5"} else None, "unit": unit, "value": value,
                "target": target, "status": status, "numerator": "15" if value else None,
                "denominator": "1240" if value else None, "gap_ids": ["gap-1"] if number == "M10" else [],
            })  # fmt: skip
    return rows


def build_summary() -> dict[str, Any]:
    verdicts: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    owners: dict[tuple[str, str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    loose: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    books: dict[tuple[str, str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for period, verdict, owner, rung, provider, account, currency, billed, effective in postings():
        cells = [verdicts[period, currency, verdict], books[period, provider, account, currency]]
        if owner:
            part = {"rule": "shared", "inherited": "inherited"}.get(rung or "", "direct")
            for name, value in ((part, effective), ("total", effective), ("billed_total", billed)):
                owners[period, owner, currency][name] += value
        else:
            cells.append(loose[period, currency, f"unallocated:{verdict}"])
        for cell in cells:
            cell[0] += billed
            cell[1] += effective
    totals = [
        {"billing_period": p, "currency": c, "verdict": v, "billed_cost": f"{b:f}", "effective_cost": f"{e:f}",
         "charges": 40 if c == "USD" else 10, "resources": 12}
        for (p, c, v), (b, e) in sorted(verdicts.items())
    ]  # fmt: skip
    parts = ("direct", "inherited", "shared", "adjustments", "total", "billed_total")
    return {
        "schema": "tagrecon.summary/1",
        "run": {
            "id": "20261005T030000Z-0a1b2c", "started_at": STARTED, "finished_at": "2026-10-05T03:02:11Z",
            "status": "partial", "version": "0.1.0", "registry_version": "7", "config_hash": "c0ffee1234",
            "periods": list(PERIODS),
        },
        "gaps": [
            {"id": "gap-1", "kind": "denied", "provider": "aws", "scope": "account 333333333333, eu-west-1",
             "reason": "AccessDenied on tag:GetResources", "permission": "tag:GetResources",
             "touched": ["coverage", "M10"]},
            {"id": "gap-2", "kind": "not-configured", "provider": None, "scope": None,
             "reason": "No incident file is configured: M3 has no data.", "permission": None, "touched": ["M3"]},
        ],
        "closing": [
            {"billing_period": p, "provider": pr.upper(), "provider_id": pr, "billing_account_id": a, "currency": c,
             **{f"{side}_billed": f"{b:f}" for side in ("source", "charges", "ledger")}, "quarantined_billed": "0",
             "difference_billed": "0",
             **{f"{side}_effective": f"{e:f}" for side in ("source", "charges", "ledger")},
             "quarantined_effective": "0", "difference_effective": "0", "source_raw": f"{b:f}",
             "source_raw_column": "BilledCost", "control_total": None if pr == "gcp" else f"{b:f}",
             "control_difference": None if pr == "gcp" else "0", "source_rows": 120_433,
             "quarantined_rows": 3 if (p, pr, a) == ("2026-09", "aws", "111111111111") else 0, "excluded_rows": 0,
             "closed_at": None}
            for (p, pr, a, c), (b, e) in sorted(books.items())
        ],
        "verdicts": totals,
        "verdicts_by_key": sorted(
            [{"key": "cost-center", **row} for row in totals]
            + [{"key": "environment", **row, "verdict": "ok" if row["verdict"] == "deleted" else row["verdict"]}
               for row in totals if row["verdict"] != "ok"],
            key=lambda row: (row["key"], row["billing_period"], row["currency"], row["verdict"]),
        ),
        "coverage": coverage_rows(),
        "slis": sli_rows(),
        "findings": {"total": 51, "by_check": {"untagged": 40, "invalid": 10, "not-activated": 1}},
        "unallocated": [
            {"billing_period": p, "currency": c, "account": a, "billed_cost": f"{b:f}", "effective_cost": f"{e:f}"}
            for (p, c, a), (b, e) in sorted(loose.items())
        ],
        "owners": [
            {"billing_period": p, "owner": o, "currency": c, **{name: f"{cells[name]:f}" for name in parts}}
            for (p, o, c), cells in sorted(owners.items())
        ],
        "fixes": {"proposed": 19, "recovered": [
            {"currency": "USD", "billed_cost": "24931.69", "effective_cost": "24931.69"}]},
    }  # fmt: skip


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_store(tmp_path_factory.mktemp("store") / "tagrecon.duckdb")


@pytest.fixture(scope="session")
def _summary() -> dict[str, Any]:
    return build_summary()


@pytest.fixture
def summary(_summary: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(_summary)


@pytest.fixture
def hostile() -> dict[str, str]:
    return dict(HOSTILE)


@pytest.fixture(scope="session")
def published(store: Path, _summary: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    from reports import publish

    out = tmp_path_factory.mktemp("out")
    publish(store, _summary, out, title="Example Ltd")
    return out
