"""Small files of Azure's cost details, and what their lines say in FOCUS: the tools of these tests."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from connectors.azure import cost_details
from connectors.bill.shape import Opening, Shaped, lines_of, prepare
from connectors.bill.table import Head, look_inside
from recon.ingest.lines import Lines

_SPOOL = TemporaryDirectory(prefix="tagrecon-test-")  # gone when the tests end: never beside real bills
VM = "/subscriptions/sub-1/resourceGroups/RG/providers/Microsoft.Compute/virtualMachines/vm-1"
RESERVATION = "/providers/Microsoft.Capacity/reservationOrders/order-1/reservations/res-1"
PLAN = "/providers/Microsoft.BillingBenefits/savingsPlanOrders/order-2/savingsPlans/plan-1"
ENTERPRISE = {
    "BillingAccountId": "enrollment", "BillingAccountName": "Example Ltd", "BillingProfileId": "enrollment",
    "BillingPeriodStartDate": "09/01/2026", "BillingPeriodEndDate": "09/30/2026", "AccountName": "team",
    "AccountOwnerId": "owner@example.org", "SubscriptionId": "sub-1", "SubscriptionName": "Shop", "Date": "09/03/2026",
    "ProductName": "Virtual Machines - D2", "PartNumber": "AAA-1", "MeterId": "meter-1", "MeterCategory": "Virtual Machines",
    "MeterName": "D2", "Quantity": "2", "EffectivePrice": "0.1", "CostInBillingCurrency": "0.2", "UnitPrice": "0.1",
    "BillingCurrencyCode": "EUR", "ResourceLocation": "EastUS", "ConsumedService": "Microsoft.Compute", "ResourceId": VM,
    "Tags": "", "UnitOfMeasure": "10 Hours", "ResourceGroup": "RG", "ReservationId": "", "ReservationName": "",
    "ChargeType": "Usage", "Frequency": "UsageBased", "PublisherType": "Azure", "PublisherName": "", "PayGPrice": "0.15",
    "PricingModel": "OnDemand", "CostAllocationRuleName": "", "benefitId": "", "benefitName": "",
}  # fmt: skip
CUSTOMER = {
    "invoiceId": "INV-1", "billingAccountId": "account:1_2019-05-31", "billingAccountName": "Example", "billingProfileId": "profile-1",
    "billingProfileName": "Europe", "invoiceSectionName": "section", "billingPeriodEndDate": "09/30/2026",
    "billingPeriodStartDate": "09/01/2026", "date": "09/03/2026", "productOrderName": "Azure plan", "consumedService": "Microsoft.Compute",
    "meterId": "meter-1", "meterName": "D2", "meterCategory": "Virtual Machines", "ProductId": "DZH1", "ProductName": "VM D2",
    "SubscriptionId": "sub-1", "subscriptionName": "Shop", "publisherType": "Microsoft", "resourceGroupName": "RG", "ResourceId": VM,
    "resourceLocation": "westeurope", "quantity": "10", "unitOfMeasure": "1 Hour", "chargeType": "Usage", "billingCurrency": "EUR",
    "pricingCurrency": "USD", "costInBillingCurrency": "0.9", "costInPricingCurrency": "1", "costInUsd": "1",
    "paygCostInBillingCurrency": "1.8", "exchangeRatePricingToBilling": "0.9", "tags": "", "PayGPrice": "0.2", "unitPrice": "0.1",
    "frequency": "UsageBased", "reservationId": "", "pricingModel": "OnDemand", "costAllocationRuleName": "", "benefitId": "",
}  # fmt: skip
PAY_AS_YOU_GO = {
    "SubscriptionGuid": "sub-1", "ResourceGroup": "RG", "ResourceLocation": "US East 2", "UsageDateTime": "2026-09-03",
    "MeterCategory": "Virtual Machines", "MeterSubcategory": "", "MeterId": "meter-1", "MeterName": "D2", "UsageQuantity": "2",
    "ResourceRate": "0.1", "PreTaxCost": "0.2", "ConsumedService": "Microsoft.Compute",
    "ResourceType": "Microsoft.Compute/virtualMachines", "InstanceId": VM, "Tags": "", "OfferId": "", "AdditionalInfo": "",
    "ServiceInfo1": "", "ServiceName": "Virtual Machines", "Currency": "USD", "UnitOfMeasure": "100 Hours",
}  # fmt: skip


@dataclass(frozen=True)
class Details:
    """One opened file: `rows` of its view, `lines` as the ingest gets them, `shaped` as the format gave them."""

    con: duckdb.DuckDBPyConnection
    lines: Lines
    shaped: Shaped

    def rows(self, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        query = f"SELECT {', '.join(columns)} FROM {self.lines.raw} WHERE {where} ORDER BY x_row"
        return self.con.execute(query).fetchall()

    def one(self, *columns: str) -> tuple[Any, ...]:
        (row,) = self.rows(*columns)
        return row

    def total(self, expression: str) -> Any:
        return self.con.execute(f"SELECT sum({expression}) FROM {self.lines.raw}").fetchall()[0][0]

    def dimensions(self) -> list[dict[str, Any]]:
        """The dimensions of the distinct rows, as the rollup computes them."""
        named = ", ".join(self.lines.dim_columns)
        distinct = f"(SELECT hash({named}) AS h, * FROM (SELECT DISTINCT {named} FROM {self.lines.raw}))"
        found = self.con.execute(self.lines.dims_sql.replace("{raw}", distinct))
        names = [d[0] for d in found.description]
        return [dict(zip(names[1:], row[1:], strict=True)) for row in found.fetchall()]

    def tags(self) -> list[str | None]:
        """The texts of tags, evaluated over distinct inputs as the rollup does it."""
        named = ", ".join(self.lines.tag_columns)
        distinct = f"(SELECT hash({named}) AS h, * FROM (SELECT DISTINCT {named} FROM {self.lines.raw}))"
        return [row[1] for row in self.con.execute(self.lines.tags_sql.replace("{raw}", distinct)).fetchall()]

    def bad(self) -> list[tuple[int, str, str, str | None]]:
        """Row, column, reason and text of each row that can't be loaded, as the quarantine lists them."""
        cases = " ".join(
            f"WHEN coalesce({b.condition}, false) THEN {{c: '{b.column}', r: '{b.reason}', t: ({b.text or b.column})::VARCHAR}}"
            for b in self.lines.bad_rows
        )
        query = f"SELECT x_row, why.c, why.r, why.t FROM (SELECT x_row, CASE {cases} END AS why FROM {self.lines.raw})"
        return self.con.execute(f"{query} WHERE why IS NOT NULL ORDER BY x_row").fetchall()

    def gap(self) -> Any:
        """Own cost column + all steps - BilledCost, over all lines: must be 0."""
        steps = "".join(f" + {step}" for step in self.lines.steps.values())
        return self.total(f"coalesce({self.lines.raw_cost}, 0){steps} - coalesce({self.lines.billed}, 0)")


def write_details(path: Path, lines: Iterable[Mapping[str, str]], *, bom: bool = False) -> Path:
    """The lines as CSV; the first one's keys are the header."""
    listed = list(lines)
    with path.open("w", newline="", encoding="utf-8-sig" if bom else "utf-8") as file:
        writer = csv.DictWriter(file, list(listed[0]))
        writer.writeheader()
        writer.writerows(listed)
    return path


def look(path: Path, con: duckdb.DuckDBPyConnection | None = None) -> Head:
    head = look_inside(con or duckdb.connect(), path, Path(_SPOOL.name))
    assert head is not None
    return head


def opened(path: Path, *, view: str | None = None, full: bool = True, **defaults: str) -> Details:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    prepare(con)
    head = look(path, con)
    assert cost_details.recognizes(tuple(head.columns), defaults)
    opening = Opening(con, path, "lines", defaults, spool=Path(_SPOOL.name), full=full, view=view)
    shaped = cost_details.shape(opening, head)
    return Details(con, lines_of(opening, shaped), shaped)


def details(
    folder: Path, *lines: Mapping[str, str], view: str | None = None, full: bool = True, **defaults: str
) -> Details:
    return opened(write_details(folder / "details.csv", lines), view=view, full=full, **defaults)


def without(line: Mapping[str, str], *columns: str) -> dict[str, str]:
    return {name: cell for name, cell in line.items() if name not in columns}
