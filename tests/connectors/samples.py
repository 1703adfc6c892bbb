"""One honest, minimal bill per billing format and container: what the contract tests and the fuzzing start from.

Every line is a mapping of the file's own column names to text (nested for Google Cloud); the writer of a sample
gives the container its types. Each sample is billed to an account of its own, so that all of them can stand in one
store without covering each other's periods.
"""

from __future__ import annotations

import copy
import csv
import datetime as dt
import gzip
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.aws.columns import canonical
from tests.connectors.aws import cur_reports
from tests.connectors.azure import details
from tests.connectors.gcp import exports

Line = dict[str, Any]
Writer = Callable[[Path, Sequence[Mapping[str, Any]]], None]
# two lines are alike on purpose: a bill may hold a line twice
COSTS = ("1.25", "2.50", "-0.75", "0.1", "0.1", "0", "0.123456789012")
RESOURCES = ("r-1", "r-2", "r-3", "r-4", "r-4", "r-5", "r-6")


@dataclass(frozen=True)
class Sample:
    """A format in one container.

    `account`, `cost`, `day`, `resource`, `kind` (type of the charge; empty where the format has none): the file's own
    names of these columns. `bad_cost`, `bad_day`: what the container can hold there and nobody can read.
    `novelty`: a column that such a format has never had and that is told to the user. `extra`: lines that take steps
    from the own cost to the billed one; `credits`: what their steps sum to. `effective`: a column of its own, in
    which every line carries half a unit. `month_by_day`: only the day says the billing period.
    """

    name: str
    suffix: str
    title: str
    raw_column: str
    line: Mapping[str, Any]
    write: Writer
    account: str
    cost: str
    day: str
    resource: str
    novelty: str
    kind: str = ""
    effective: bool = False
    month_by_day: bool = False
    bad_cost: Any = "$1.00"
    bad_day: Any = "soon"
    text: bool = True
    extra: tuple[Mapping[str, Any], ...] = ()
    credits: Decimal = Decimal(0)
    defaults: Mapping[str, str] = field(default_factory=dict)

    def lines(self, costs: Sequence[str] = COSTS, resources: Sequence[str] = RESOURCES) -> list[Line]:
        """One line a cost, billed to this sample's account; `extra` lines are not among them."""
        return [
            self.said({self.cost: cost, self.resource: resource})
            for cost, resource in zip(costs, resources, strict=False)
        ]

    def said(self, changes: Mapping[str, Any]) -> Line:
        """The sample's line with other cells; `resource.name` names a nested one."""
        made: Line = copy.deepcopy(dict(self.line)) | {self.account: self.name}
        for name, value in changes.items():
            top, _, inner = name.partition(".")
            if inner:
                made[top] = {**made[top], inner: value}
            else:
                made[name] = value
        return made

    def whole(self) -> list[Line]:
        """The bill of the contract tests: plain lines, then those that take steps."""
        return [*self.lines(), *(self.said(changes) for changes in self.extra)]

    def raw_total(self, lines: Sequence[Mapping[str, Any]]) -> Decimal:
        """What the file's own cost column sums to."""
        return sum((Decimal(str(line[self.cost])) for line in lines), Decimal(0))

    def file(self, folder: Path, name: str = "bill") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return folder / (name + self.suffix)


def as_csv(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Every column that a line names; nested cells as JSON text."""
    columns = dict.fromkeys(c for line in lines for c in line)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), restval="")
        writer.writeheader()
        for line in lines:
            writer.writerow({c: json.dumps(v) if isinstance(v, dict | list) else v for c, v in line.items()})


def packed_as_gzip(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    as_csv(path, lines)
    path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def packed_as_zip(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    as_csv(path, lines)
    text = path.read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("report.csv", text)


def as_parquet(
    path: Path, lines: Sequence[Mapping[str, Any]], doubles: Sequence[str], instants: Sequence[str]
) -> None:
    """Binary doubles and UTC instants where the provider writes them, MAPs for nested cells, all else text."""
    columns = dict.fromkeys(c for line in lines for c in line)
    data: dict[str, pa.Array] = {}
    for name in columns:
        cells = [line.get(name) for line in lines]
        if any(isinstance(cell, dict) for cell in cells):
            data[name] = pa.array(
                [list((cell or {}).items()) for cell in cells], pa.map_(pa.string(), pa.string())
            )
        elif name in doubles:
            data[name] = pa.array([float(c) if c not in ("", None) else None for c in cells], pa.float64())
        elif name in instants:
            data[name] = pa.array([_instant(cell) for cell in cells], pa.timestamp("ms"))
        else:
            data[name] = pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
    pq.write_table(pa.table(data), path)


def _instant(cell: Any) -> dt.datetime | None:
    return dt.datetime.fromisoformat(cell.removesuffix("Z")) if cell else None


def google_csv(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """The standard export: it names no resources."""
    exports.as_csv(path, [{**line} for line in _alike(lines)], without=("resource",))


def google_jsonl(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    exports.as_jsonl(path, [{**line, "cost": _number(line["cost"])} for line in lines])


def focus_jsonl(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """One object a line, tags nested in it; what is blank is left out, as writers of JSON do."""
    kept = (
        {**{c: v for c, v in line.items() if v != ""}, "Tags": json.loads(line["Tags"])} for line in lines
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in kept), "utf-8")


def _alike(lines: Sequence[Mapping[str, Any]]) -> list[Line]:
    """The same columns on every line, as a table has them."""
    columns = dict.fromkeys(c for line in lines for c in line)
    return [{c: line.get(c) for c in columns} for line in lines]


def _number(cell: Any) -> Any:
    """BigQuery writes numbers as such; what is none stays as it was said."""
    try:
        return cell if str(cell) == "NaN" else float(cell)
    except ValueError:
        return cell


def google_parquet(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Nested as BigQuery exports it; a column that it does not know is text."""
    source = path.with_name(path.name + ".source")
    google_jsonl(source, lines)
    more = {c: "VARCHAR" for line in lines for c in line if c not in exports.SCHEMA}
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in (exports.SCHEMA | more).items())
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(
            f"COPY (FROM read_json('{source}', format = 'newline_delimited', columns = {{{columns}}})) TO '{path}' (FORMAT parquet)"
        )
    source.unlink()


FOCUS = {
    "BillingPeriodStart": "2026-09-01T00:00:00Z", "BillingPeriodEnd": "2026-10-01T00:00:00Z",
    "ChargePeriodStart": "2026-09-03T10:00:00Z", "ChargePeriodEnd": "2026-09-03T11:00:00Z",
    "BilledCost": "0", "EffectiveCost": "0.5", "BillingCurrency": "USD", "BillingAccountId": "", "SubAccountId": "111",
    "ProviderName": "AWS", "PublisherName": "AWS", "InvoiceIssuerName": "AWS", "ServiceName": "Compute",
    "ServiceCategory": "Compute", "ChargeCategory": "Usage", "ChargeClass": "", "ChargeDescription": "an hour",
    "ResourceId": "", "ResourceType": "", "RegionId": "eu-west-1", "CommitmentDiscountId": "", "CommitmentDiscountStatus": "",
    "Tags": '{"cost-center": "search"}',
}  # fmt: skip
_FOCUS_INSTANTS = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
ORACLE = FOCUS | {
    "ChargePeriodStart": "2026-09-03T10:00Z", "ChargePeriodEnd": "2026-09-03T11:00Z", "ProviderName": "Oracle",
    "PublisherName": "Oracle", "InvoiceIssuerName": "Oracle", "x_CompartmentName": "shop", "x_OverageFlag": "N",
    "x_BackReferenceNumber": "", "Tags": '{"orcl-cloud.free-tier-retained": "true", "cost-center": "search"}',
}  # fmt: skip
SOFTWARE = FOCUS | {
    "ProviderName": "Warehouse Inc", "PublisherName": "Warehouse Inc", "InvoiceIssuerName": "Warehouse Inc",
    "ServiceName": "Credits", "PricingCurrency": "credits", "PricingCurrencyContractedUnitPrice": "1",
    "PricingCurrencyEffectiveCost": "4", "InvoiceId": "I-1", "x_Warehouse": "etl", "Tags": "null",
}  # fmt: skip
KUBERNETES = FOCUS | {
    "ProviderName": "Kubernetes", "PublisherName": "Kubernetes", "InvoiceIssuerName": "platform team", "ServiceName": "Pods",
    "ResourceType": "k8s:pod", "SubAccountId": "prod-cluster", "x_Namespace": "shop", "x_Controller": "deployment/web",
    "x_CpuCoreHours": "0.25", "x_RamByteHours": "1073741824", "Tags": '{"app.kubernetes.io/name": "web"}',
}  # fmt: skip
_REPORT = {n: v for n, v in cur_reports.LINE.items() if not n.startswith("reservation/")} | {
    "resourceTags/user:CostCenter": "search"
}
_PLAN = (
    {
        "lineItem/LineItemType": "SavingsPlanCoveredUsage",
        "lineItem/UnblendedCost": "3",
        "lineItem/ResourceId": "r-1",
        "savingsPlan/SavingsPlanEffectiveCost": "3",
        "savingsPlan/SavingsPlanARN": cur_reports.ARN,
    },
    {
        "lineItem/LineItemType": "SavingsPlanNegation",
        "lineItem/UnblendedCost": "-2.75",
        "lineItem/ResourceId": "",
        "savingsPlan/SavingsPlanARN": cur_reports.ARN,
    },
)


def _athena(line: Mapping[str, Any]) -> Line:
    return {canonical(name): value for name, value in line.items()}


def _second_generation(line: Mapping[str, Any]) -> Line:
    """A line of CUR 2.0: tags and products in maps."""
    flat = _athena(line)
    tag, product = flat.pop("resource_tags_user_cost_center", None), flat.pop("product_product_name", None)
    nested = {"resource_tags": {"user_cost_center": tag}, "product": {"product_name": product}}
    return flat | (nested if tag else {})


_CUR_DOUBLES = tuple(
    canonical(f"{group}/{name}")
    for group, names in {
        "lineItem": ("UnblendedCost", "UsageAmount"),
        "savingsPlan": ("SavingsPlanEffectiveCost", "TotalCommitmentToDate", "UsedCommitment"),
    }.items()
    for name in names
)
_CUR_INSTANTS = tuple(
    canonical(n)
    for n in (
        "bill/BillingPeriodStartDate",
        "bill/BillingPeriodEndDate",
        "lineItem/UsageStartDate",
        "lineItem/UsageEndDate",
    )
)
_GOOGLE = exports.line(
    usage_start_time="2026-09-05T10:00:00Z",
    usage_end_time="2026-09-05T11:00:00Z",
    export_time="2026-09-05T14:00:00Z",
    invoice={"month": "202609"},
    labels=exports.labels(cost_center="search"),
)
_CREDITED = (
    {"cost": "4", "resource.global_name": "r-1", "credits": [exports.credit(-0.25), exports.credit(-0.5)]},
)


def _focus(
    name: str, line: Mapping[str, Any], version: str, suffix: str = ".csv", write: Writer = as_csv
) -> Sample:
    names = ("BillingAccountId", "BilledCost", "ChargePeriodStart", "ResourceId", "Novelty", "ChargeCategory")
    return Sample(name, suffix, f"FOCUS {version}", "BilledCost", line, write, *names, effective=True)


def _report(name: str, suffix: str, write: Writer) -> Sample:
    names = (
        "bill/PayerAccountId",
        "lineItem/UnblendedCost",
        "lineItem/UsageStartDate",
        "lineItem/ResourceId",
    )
    more = ("lineItem/CarbonCost", "lineItem/LineItemType")
    return Sample(
        name, suffix, "AWS CUR", "lineItem/UnblendedCost", _REPORT, write, *names, *more, extra=_PLAN
    )


def _renamed_report(
    name: str, suffix: str, title: str, write: Writer, turn: Callable[[Mapping[str, Any]], Line], **more: Any
) -> Sample:
    names = (
        *(
            "bill_payer_account_id",
            "line_item_unblended_cost",
            "line_item_usage_start_date",
            "line_item_resource_id",
        ),
        *("line_item_carbon_cost", "line_item_line_item_type"),
    )
    plan = tuple(_athena(changes) for changes in _PLAN)
    return Sample(
        name, suffix, title, "line_item_unblended_cost", turn(_REPORT), write, *names, extra=plan, **more
    )


def _google(name: str, suffix: str, title: str, write: Writer, **more: Any) -> Sample:
    names = (
        "billing_account_id",
        "cost",
        "usage_start_time",
        "resource.global_name",
        "cost_in_gold",
        "cost_type",
    )
    full_title = f"Google Cloud billing export ({title})"
    credits = Decimal("-0.75")
    return Sample(
        name, suffix, full_title, "cost", _GOOGLE, write, *names, extra=_CREDITED, credits=credits, **more
    )


_TYPED: Any = {"bad_cost": "NaN", "bad_day": None, "text": False}
_cur_parquet = partial(as_parquet, doubles=_CUR_DOUBLES, instants=_CUR_INSTANTS)
SAMPLES = (
    _focus("focus-csv", FOCUS, "1.0"),
    Sample(
        *(
            "focus-parquet",
            ".parquet",
            "FOCUS 1.0",
            "BilledCost",
            FOCUS | {"Tags": {"cost-center": "search"}},
        ),
        partial(as_parquet, doubles=("BilledCost", "EffectiveCost"), instants=_FOCUS_INSTANTS),
        *("BillingAccountId", "BilledCost", "ChargePeriodStart", "ResourceId", "Novelty", "ChargeCategory"),
        effective=True,
        **_TYPED,
    ),
    _focus("focus-jsonl", FOCUS, "1.0", ".jsonl", focus_jsonl),
    _focus("focus-oracle", ORACLE, "1.0"),
    _focus("focus-saas", SOFTWARE, "1.2"),
    _focus("focus-kubernetes", KUBERNETES, "1.0"),
    _report("cur-csv", ".csv", as_csv),
    _report("cur-gzip", ".csv.gz", packed_as_gzip),
    _report("cur-zip", ".zip", packed_as_zip),
    _renamed_report("cur-parquet", ".snappy.parquet", "AWS CUR", _cur_parquet, _athena, **_TYPED),
    _renamed_report(
        "cur2-parquet", ".snappy.parquet", "AWS CUR 2.0", _cur_parquet, _second_generation, **_TYPED
    ),
    _renamed_report("cur2-csv", ".csv", "AWS CUR 2.0", as_csv, _second_generation),
    Sample(
        *(
            "azure-enterprise",
            ".csv",
            "Azure cost details",
            "CostInBillingCurrency",
            details.ENTERPRISE,
            as_csv,
        ),
        *("BillingAccountId", "CostInBillingCurrency", "Date", "ResourceId", "CostInGold", "ChargeType"),
    ),
    Sample(
        *(
            "azure-customer",
            ".csv",
            "Azure cost details (MCA)",
            "costInBillingCurrency",
            details.CUSTOMER,
            as_csv,
        ),
        *("billingProfileId", "costInBillingCurrency", "date", "ResourceId", "costInGold", "chargeType"),
    ),
    Sample(
        *("azure-usage", ".csv", "Azure usage details", "PreTaxCost", details.PAY_AS_YOU_GO, as_csv),
        *("SubscriptionGuid", "PreTaxCost", "UsageDateTime", "InstanceId", "CostInGold"),
        month_by_day=True,
    ),
    _google("google-standard-csv", ".csv", "standard", google_csv),
    _google("google-detailed-jsonl", ".jsonl", "detailed", google_jsonl),
    _google("google-detailed-parquet", ".parquet", "detailed", google_parquet, **_TYPED),
)
BY_NAME = {sample.name: sample for sample in SAMPLES}
