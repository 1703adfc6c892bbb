"""Small Cost and Usage Reports, written as files, and what their lines say in FOCUS: the tools of these tests."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from connectors.aws import cur
from connectors.bill.shape import Opening, Shaped, lines_of, prepare
from connectors.bill.table import Head, look_inside
from recon.ingest.lines import Lines

ARN = "arn:aws:savingsplans::111111111111:savingsplan/sp-1"
RESERVED = "arn:aws:ec2:eu-west-1:111111111111:reserved-instances/ri-1"
LINE = {
    "identity/LineItemId": "line",
    "identity/TimeInterval": "2026-09-03T10:00:00Z/2026-09-03T11:00:00Z",
    "bill/InvoiceId": "",
    "bill/InvoicingEntity": "Amazon Web Services EMEA SARL",
    "bill/BillingEntity": "AWS",
    "bill/BillType": "Anniversary",
    "bill/PayerAccountId": "111111111111",
    "bill/BillingPeriodStartDate": "2026-09-01T00:00:00Z",
    "bill/BillingPeriodEndDate": "2026-10-01T00:00:00Z",
    "lineItem/UsageAccountId": "222222222222",
    "lineItem/LineItemType": "Usage",
    "lineItem/UsageStartDate": "2026-09-03T10:00:00Z",
    "lineItem/UsageEndDate": "2026-09-03T11:00:00Z",
    "lineItem/ProductCode": "AmazonEC2",
    "lineItem/UsageType": "EU-BoxUsage:m5.large",
    "lineItem/Operation": "RunInstances",
    "lineItem/AvailabilityZone": "eu-west-1a",
    "lineItem/ResourceId": "i-0123456789abcdef0",
    "lineItem/UsageAmount": "1",
    "lineItem/CurrencyCode": "USD",
    "lineItem/UnblendedRate": "0.107",
    "lineItem/UnblendedCost": "0",
    "lineItem/LineItemDescription": "one hour of something",
    "lineItem/LegalEntity": "Amazon Web Services EMEA SARL",
    "product/ProductName": "Amazon Elastic Compute Cloud",
    "product/regionCode": "eu-west-1",
    "pricing/publicOnDemandCost": "",
    "pricing/unit": "Hrs",
    "reservation/ReservationARN": "",
    "reservation/EffectiveCost": "",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "",
    "reservation/UnusedRecurringFee": "",
    "savingsPlan/SavingsPlanARN": "",
    "savingsPlan/SavingsPlanEffectiveCost": "",
    "savingsPlan/TotalCommitmentToDate": "",
    "savingsPlan/UsedCommitment": "",
}
SHORT = {
    "type": "lineItem/LineItemType",
    "cost": "lineItem/UnblendedCost",
    "net": "lineItem/NetUnblendedCost",
    "plan": "savingsPlan/SavingsPlanARN",
    "reservation": "reservation/ReservationARN",
    "product": "lineItem/ProductCode",
    "description": "lineItem/LineItemDescription",
    "resource": "lineItem/ResourceId",
    "start": "lineItem/UsageStartDate",
    "account": "lineItem/UsageAccountId",
    "operation": "lineItem/Operation",
    "ri_effective": "reservation/EffectiveCost",
    "ri_unused_upfront": "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
    "ri_unused_recurring": "reservation/UnusedRecurringFee",
    "sp_effective": "savingsPlan/SavingsPlanEffectiveCost",
    "sp_committed": "savingsPlan/TotalCommitmentToDate",
    "sp_used": "savingsPlan/UsedCommitment",
}


@dataclass(frozen=True)
class Bill:
    """One opened report: its lines, and the connection that holds them."""

    con: duckdb.DuckDBPyConnection
    head: Head
    shaped: Shaped
    lines: Lines

    def rows(self, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Columns of the lines, in the file's order, derived rows last."""
        listed = ", ".join(columns)
        order = "x_count DESC, x_row, ChargePeriodStart"
        return self.con.execute(
            f"SELECT {listed} FROM {self.lines.raw} WHERE {where} ORDER BY {order}"
        ).fetchall()

    def one(self, *columns: str, where: str = "true") -> tuple[Any, ...]:
        [row] = self.rows(*columns, where=where)
        return row

    def total(self, expression: str) -> Any:
        found = self.con.execute(f"SELECT coalesce(sum({expression}), 0) FROM {self.lines.raw}").fetchone()
        return found[0] if found else None

    def dimensions(self) -> list[dict[str, Any]]:
        """The dimensions of the charges, as the rollup takes them: over distinct rows only."""
        return self._over(self.lines.dim_columns, self.lines.dims_sql)

    def tags(self) -> list[str | None]:
        """The distinct tag cells."""
        if not self.lines.tagged:
            return []
        return sorted((r["Tags"] for r in self._over(self.lines.tag_columns, self.lines.tags_sql)), key=str)

    def inherited(self) -> list[str | None]:
        sql = self.lines.inherited_sql
        return [r["x_InheritedTags"] for r in self._over(self.lines.dim_columns, sql)] if sql else []

    def bad(self) -> list[tuple[int, str, str | None]]:
        """(row, column, text) of every line that a test refuses, by the first test that does."""
        cases = " ".join(
            f"WHEN coalesce({b.condition}, false) THEN struct_pack(c := '{b.column}', t := ({b.text or b.column})::VARCHAR)"
            for b in self.lines.bad_rows
        )
        rows = self.con.execute(
            f"SELECT x_row, why.c, why.t FROM (SELECT x_row, CASE {cases} END AS why FROM {self.lines.raw}) "
            "WHERE why IS NOT NULL ORDER BY x_row"
        )
        return [(int(row), column, text) for row, column, text in rows.fetchall()]

    def _over(self, columns: Sequence[str], sql: str) -> list[dict[str, Any]]:
        listed = ", ".join(columns)
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE raw_rows AS SELECT hash({listed}) AS h, * FROM (SELECT DISTINCT {listed} FROM {self.lines.raw})"
        )
        found = self.con.execute(sql.replace("{raw}", "raw_rows"))
        names = [d[0] for d in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def line(**said: str) -> dict[str, str]:
    """One line of a legacy report: columns by their short words, or by their own names."""
    return {**LINE, **{SHORT.get(name, name): value for name, value in said.items()}}


def write_report(path: Path, lines: Iterable[Mapping[str, str]], without: Iterable[str] = ()) -> Path:
    """A legacy report as CSV, with every column that a line names."""
    rows = list(lines)
    columns = [c for c in dict.fromkeys(c for row in rows for c in row) if c not in set(without)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


_SPOOL = TemporaryDirectory(
    prefix="tagrecon-spool-"
)  # never beside a report: real ones lie in a folder that is not ours


def opened(path: Path, **options: Any) -> Bill:
    """The lines of a file, as the ingest opens them (`full=True`: as explain and export do)."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    prepare(con)
    opening = Opening(con, path, "lines", options.pop("defaults", {}), spool=Path(_SPOOL.name), **options)
    head = look_inside(con, path, opening.spool)
    assert head is not None
    assert cur.recognizes(tuple(head.columns), opening.defaults)
    shaped = cur.shape(opening, head)
    return Bill(con, head, shaped, lines_of(opening, shaped))


def report(tmp_path: Path, *lines: Mapping[str, str], without: Iterable[str] = (), **options: Any) -> Bill:
    """A legacy report of these lines, opened."""
    return opened(write_report(tmp_path / "report.csv", lines, without), **options)


def spool() -> Path:
    """Where text is unpacked and copied: never beside real bills."""
    return Path(_SPOOL.name)
