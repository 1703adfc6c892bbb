"""What does a month's bill look like in each format, at any size?

Synthetic and fast: one SELECT per format (`formats/*.sql`) over the same lines, written by DuckDB. Column counts are
those of real exports: what a reader must skip is a part of what reading costs.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from tests.bench.data import REGISTRY, RESOURCES

_SQL = Path(__file__).parent / "formats"
_ARN = "'arn:aws:ec2:eu-west-1:' || account || ':instance/i-' || hex"
_TAGS = ("cost-center", "environment", "app", "team", "name", "createdby")
_TAG_VALUES = "[cost_center, environment, app, team, named, created_by]"
_TAG_MAP = f"map({list(_TAGS)}, {_TAG_VALUES})"
_USER_MAP = f"map({[f'user_{t.replace(chr(45), chr(95))}' for t in _TAGS]}, {_TAG_VALUES})"
# columns of a legacy report that are blank on almost every line, but on every line
_BLANK_PRODUCT = """availability availabilityZone capacitystatus clockSpeed currentGeneration databaseEdition databaseEngine
    dedicatedEbsThroughput deploymentOption description ecu endpointType engineCode enhancedNetworkingSupported fromLocation
    fromLocationType group groupDescription intelAvxAvailable licenseModel marketoption maxIopsvolume maxThroughputvolume memory
    networkPerformance normalizationSizeFactor operation preInstalledSw processorArchitecture processorFeatures PurchaseOption storage storageMedia
    tenancy toLocation toLocationType transferType usageFamily vcpu version volumeApiName volumeType""".split()
_COMMITMENTS = """reservation/AmortizedUpfrontCostForUsage reservation/AmortizedUpfrontFeeForBillingPeriod reservation/EffectiveCost
    reservation/EndTime reservation/ReservationARN reservation/StartTime reservation/UnusedAmortizedUpfrontFeeForBillingPeriod
    reservation/TotalReservedUnits reservation/UnusedRecurringFee savingsPlan/SavingsPlanARN savingsPlan/SavingsPlanEffectiveCost savingsPlan/SavingsPlanRate
    savingsPlan/TotalCommitmentToDate savingsPlan/UsedCommitment""".split()
_WORDS = {
    "resource": f"CASE WHEN kind IN ('Tax', 'Free') THEN '' ELSE {_ARN} END",
    "service": "['AmazonEC2', 'AmazonRDS', 'AmazonS3', 'AWSLambda', 'AmazonEKS', 'AWSQueueService'][1 + s]",
    "product": "['Amazon Elastic Compute Cloud', 'Amazon Relational Database Service', 'Amazon Simple Storage Service', "
    "'AWS Lambda', 'Amazon Elastic Container Service for Kubernetes', 'Amazon Simple Queue Service'][1 + s]",
    "usage": "(['BoxUsage:m5.', 'InstanceUsage:db.r5.', 'TimedStorage-', 'Lambda-GB-', 'EKS-Hours-', 'Requests-'][1 + s] || (sku % 97))",
    "blanks": "".join(f'NULL AS "product/{name}", ' for name in _BLANK_PRODUCT),
    "commitments": "".join(f'NULL AS "{name}", ' for name in _COMMITMENTS),
}
_AZURE_WORDS = {
    "product": "['Virtual Machines', 'SQL Database', 'Storage', 'Functions', 'Azure Kubernetes Service', 'Service Bus'][1 + s]",
}
_GOOGLE = {
    "product": "['Compute Engine', 'Cloud SQL', 'Cloud Storage', 'Cloud Functions', 'Kubernetes Engine', 'Cloud Pub/Sub'][1 + s]",
}
_GOOGLE_TEXT = {f"stamp_{name}": f"strftime({name}, '%Y-%m-%d %H:%M:%S UTC')" for name in ("starts", "ends")}
_GOOGLE_TIME = {f"stamp_{name}": f"{name}::TIMESTAMPTZ" for name in ("starts", "ends")}
_TEXT_TIMES = {
    "period_start": "'2026-10-01T00:00:00Z'",
    "period_end": "'2026-11-01T00:00:00Z'",
    "starts": "strftime(starts, '%Y-%m-%dT%H:%M:%SZ')",
    "ends": "strftime(ends, '%Y-%m-%dT%H:%M:%SZ')",
    "tags": f"to_json({_TAG_MAP})::VARCHAR",
}
_TIMES = {
    "period_start": "TIMESTAMP '2026-10-01'",
    "period_end": "TIMESTAMP '2026-11-01'",
    "starts": "starts",
    "ends": "ends",
    "tags": _TAG_MAP,
}
_NULL_PRODUCT = "".join(f"NULL::VARCHAR AS product_{name.lower()}, " for name in _BLANK_PRODUCT)
_PRODUCT = "{product} AS product_product_name, region AS product_region_code, region AS product_region, 'EU (Ireland)' AS product_location, "
_LEGACY = {
    "product_columns": _PRODUCT + _NULL_PRODUCT,
    "tag_columns": "cost_center AS resource_tags_user_cost_center, environment AS resource_tags_user_environment, app AS "
    "resource_tags_user_app, team AS resource_tags_user_team, named AS resource_tags_user_name, created_by AS resource_tags_aws_created_by",
}
_NESTED = {
    "product_columns": "map(['product_name', 'region', 'location'], [{product}, region, 'EU (Ireland)']) AS product, region AS "
    "product_region_code, 'EU (Ireland)' AS product_location, map([], [])::MAP(VARCHAR, VARCHAR) AS cost_category, "
    "map([], [])::MAP(VARCHAR, DOUBLE) AS discount, ",
    "tag_columns": f"{_USER_MAP} AS resource_tags",
}


@dataclass(frozen=True)
class Bill:
    """A format as a file. `read`: SQL that reads the file bare, `{path}` put in; `seen`: what the bare scan takes the greatest of (the
    columns that make charges, expressions over `read`); `cost`: what it sums."""

    title: str
    connector: str
    file: str
    sql: str
    read: str
    seen: tuple[str, ...]
    cost: str
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def scan(self) -> str:
        greatest = ", ".join(f"max({c})::VARCHAR" for c in self.seen)
        return f"SELECT count(*), {greatest}, sum({self.cost}) FROM {self.read}"


_PARQUET, _CSV = (
    "read_parquet('{path}')",
    "read_csv('{path}', header = true, all_varchar = true, quote = '\"', escape = '\"')",
)
_CUR = """bill_payer_account_id bill_billing_period_start_date bill_billing_period_end_date line_item_usage_account_id
    line_item_line_item_type line_item_usage_start_date line_item_product_code line_item_operation line_item_resource_id
    line_item_currency_code bill_invoice_id reservation_reservation_a_r_n savings_plan_savings_plan_a_r_n product_region_code""".split()
_CUR_CSV = """bill/PayerAccountId bill/BillingPeriodStartDate bill/BillingPeriodEndDate lineItem/UsageAccountId lineItem/LineItemType
    lineItem/UsageStartDate lineItem/ProductCode lineItem/Operation lineItem/ResourceId lineItem/CurrencyCode bill/InvoiceId
    reservation/ReservationARN savingsPlan/SavingsPlanARN product/regionCode product/ProductName resourceTags/user:cost-center
    resourceTags/user:environment resourceTags/user:app resourceTags/user:team resourceTags/user:name resourceTags/aws:createdBy""".split()
_FOCUS = """BillingAccountId BillingCurrency BillingPeriodStart BillingPeriodEnd ChargePeriodStart ChargeCategory ChargeClass
    CommitmentDiscountId CommitmentDiscountStatus ProviderName PublisherName RegionId ResourceId ResourceType ServiceCategory
    ServiceName SubAccountId InvoiceId EffectiveCost""".split()
_AZURE = """SubscriptionId ResourceGroup ResourceLocation Date MeterCategory ConsumedService ResourceId Tags ReservationId BenefitId
    ChargeType PricingModel BillingAccountId BillingPeriodStartDate BillingPeriodEndDate BillingCurrencyCode CostAllocationRuleName""".split()
_GCP = """billing_account_id service.description sku.description usage_start_time usage_end_time project.id project.labels labels
    tags location.region resource.global_name transaction_type seller_name currency credits invoice.month cost_type
    adjustment_info.type""".split()
_GCP_TYPES = (
    "billing_account_id: 'VARCHAR', service: 'STRUCT(description VARCHAR)', sku: 'STRUCT(description VARCHAR)', usage_start_time: 'VARCHAR', "
    "usage_end_time: 'VARCHAR', project: 'STRUCT(id VARCHAR, labels JSON)', labels: 'JSON', tags: 'JSON', location: 'STRUCT(region VARCHAR)', "
    "resource: 'STRUCT(global_name VARCHAR)', transaction_type: 'VARCHAR', seller_name: 'VARCHAR', cost: 'DOUBLE', currency: 'VARCHAR', "
    "credits: 'JSON', invoice: 'STRUCT(month VARCHAR)', cost_type: 'VARCHAR', adjustment_info: 'STRUCT(\"type\" VARCHAR)'"
)
_JSONL = f"read_json('{{path}}', format = 'newline_delimited', columns = {{{_GCP_TYPES}}})"
_QUOTED_CUR = tuple(f'"{c}"' for c in _CUR_CSV)
_DECIMAL = "::DECIMAL(38,24)"
BILLS: Mapping[str, Bill] = {
    "focus-parquet": Bill(
        *(
            "FOCUS, Parquet, MAP",
            "focus",
            "bill.parquet",
            "focus",
            _PARQUET,
            (*_FOCUS, "cardinality(Tags)"),
            "BilledCost",
        ),
        _TIMES,
    ),
    "focus-csv": Bill(
        *("FOCUS, CSV", "focus", "bill.csv", "focus", _CSV, (*_FOCUS, "Tags"), f"BilledCost{_DECIMAL}"),
        _TEXT_TIMES,
    ),
    "cur-csv-gz": Bill(
        *("AWS CUR, csv.gz", "aws", "bill.csv.gz", "cur_csv", _CSV, _QUOTED_CUR),
        f'"lineItem/UnblendedCost"{_DECIMAL}',
    ),
    "cur-parquet": Bill(
        *("AWS CUR, Parquet", "aws", "bill.parquet", "cur_parquet", _PARQUET),
        (*_CUR, "product_product_name", "COLUMNS('resource_tags_.*')"),
        "line_item_unblended_cost",
        _LEGACY,
    ),
    "cur2-parquet": Bill(
        *("AWS CUR 2.0, Parquet, MAP", "aws", "bill.parquet", "cur_parquet", _PARQUET),
        (*_CUR, "cardinality(product)", "cardinality(resource_tags)"),
        "line_item_unblended_cost",
        _NESTED,
    ),
    "azure-csv": Bill(
        *("Azure cost details, CSV", "azure", "bill.csv", "azure_csv", _CSV, tuple(_AZURE)),
        *(f"CostInBillingCurrency{_DECIMAL}", _AZURE_WORDS),
    ),
    "gcp-jsonl": Bill(
        *("Google Cloud detailed, JSON lines", "gcp", "bill.jsonl", "gcp", _JSONL, tuple(_GCP), "cost"),
        {**_GOOGLE, **_GOOGLE_TEXT},
    ),
    "gcp-parquet": Bill(
        *("Google Cloud detailed, Parquet", "gcp", "bill.parquet", "gcp", _PARQUET, tuple(_GCP), "cost"),
        {**_GOOGLE, **_GOOGLE_TIME},
    ),
}


def write_bill(folder: Path, name: str, lines: int, unpacked: bool = False) -> Path:
    """A configuration with one month of `lines` bill lines in the format; `scan.sql` beside it. The `unpacked` file
    (for those who can't read gzip) lies at `folder`."""
    bill = BILLS[name]
    (folder / "exports").mkdir(parents=True, exist_ok=True)
    path = folder / "exports" / bill.file
    plain = folder / path.with_suffix("").name if path.suffix == ".gz" else path
    _copy(_filled(bill, lines), plain)
    if path.suffix == ".gz":
        _pack(plain, path)
        if not unpacked:
            plain.unlink()
    (folder / "scan.sql").write_text(bill.scan.replace("{path}", str(path)), "utf-8")
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "tagrecon.yaml").write_text(
        f"registry: registry.yaml\nbilling: [{{name: bill, connector: {bill.connector}, location: exports/}}]\n",
        "utf-8",
    )
    return path


def _filled(bill: Bill, lines: int) -> str:
    sql = (_SQL / f"{bill.sql}.sql").read_text("utf-8")
    for word, text in (*bill.words.items(), *_WORDS.items()):
        sql = sql.replace(f"{{{word}}}", text)
    line = (_SQL / "line.sql").read_text("utf-8").format(lines=lines, resources=RESOURCES)
    return f"WITH line AS ({line})\n{sql}"


def _copy(query: str, path: Path) -> None:
    options: Mapping[str, str] = {
        ".csv": "FORMAT csv, HEADER",
        ".jsonl": "FORMAT json",
        ".parquet": "FORMAT parquet, ROW_GROUP_SIZE 122880",
    }
    con = duckdb.connect(config={"memory_limit": "3GB", "temp_directory": str(path.parent / "spill")})
    con.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false; SET TimeZone = 'UTC'")
    con.execute(f"COPY ({query}) TO '{path}' ({options[path.suffix]})")
    con.close()


def _pack(plain: Path, packed: Path) -> None:
    with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as out:
        shutil.copyfileobj(source, out, 1 << 20)
