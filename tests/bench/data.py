"""A synthetic FOCUS month of any size, written by DuckDB: hourly lines, skewed tags, a believable mix.

Not the sample estate: nothing is planted here, only volume. 200,000 resources, about 24,000 distinct tag maps.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

RESOURCES = 200_000
_LINES = """
COPY (
WITH line AS (
    SELECT i, (hash(i // 6) % {resources})::INTEGER AS r, (hash(i // 6, 'd') % 30)::INTEGER AS d, (i % 24)::INTEGER AS h FROM range({lines}) t(i)
)
SELECT ((hash(i) % 1000000)::DOUBLE / 1e9 + (i % 7) * 0.0123456789)::DOUBLE AS BilledCost,
       ((hash(i) % 1000000)::DOUBLE / 1e9 + (i % 5) * 0.0123456789)::DOUBLE AS EffectiveCost,
       ((hash(i) % 1000000)::DOUBLE / 1e9)::DOUBLE AS ListCost, ((hash(i) % 1000000)::DOUBLE / 1e9)::DOUBLE AS ContractedCost,
       '90000000000' || (r % 3) AS BillingAccountId, 'USD' AS BillingCurrency,
       TIMESTAMP '2026-10-01' AS BillingPeriodStart, TIMESTAMP '2026-11-01' AS BillingPeriodEnd,
       TIMESTAMP '2026-10-01' + to_days(d) + to_hours(h) AS ChargePeriodStart,
       TIMESTAMP '2026-10-01' + to_days(d) + to_hours(h + 1) AS ChargePeriodEnd,
       CASE WHEN i % 997 = 0 THEN 'Tax' WHEN i % 991 = 0 THEN 'Credit' ELSE 'Usage' END AS ChargeCategory,
       NULL::VARCHAR AS ChargeClass, 'Usage for an hour of service number ' || (r % 37) AS ChargeDescription,
       NULL::VARCHAR AS CommitmentDiscountId, NULL::VARCHAR AS CommitmentDiscountStatus,
       'AWS' AS ProviderName, 'Amazon Web Services, Inc.' AS PublisherName, 'inv-' || (r % 3) AS InvoiceId,
       ['us-east-1', 'eu-west-1', 'ap-south-1', 'eu-central-1'][1 + r % 4] AS RegionId,
       CASE WHEN i % 997 = 0 OR i % 11 = 0 THEN NULL ELSE 'arn:aws:ec2:eu-west-1:' || (100000000000 + r % 40) || ':instance/i-' || substr(md5(r::VARCHAR), 1, 17) END AS ResourceId,
       'AWS::EC2::Instance' AS ResourceType, 'Compute' AS ServiceCategory,
       ['Amazon Elastic Compute Cloud', 'Amazon RDS', 'Amazon S3', 'AWS Lambda', 'Amazon EKS', 'Amazon SQS'][1 + r % 6] AS ServiceName,
       (100000000000 + r % 40)::VARCHAR AS SubAccountId, 'sku-' || (hash(r) % 5000) AS SkuId,
       {tags} AS Tags
FROM line ORDER BY hash(i // 1000)
) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 122880)"""
_MAP = """map(['cost-center', 'environment', 'app', 'team', 'name', 'createdby'],
        [CASE WHEN r % 9 = 0 THEN '' WHEN r % 13 = 0 THEN 'Payments' ELSE 'cc-' || (hash(r % 24000) % 60) END,
         ['prod', 'production', 'test', 'dev'][1 + (r % 24000) % 4], 'app' || (hash(r % 24000, 1) % 400),
         'team' || ((r % 24000) % 25), 'n' || (r % 24000), 'user' || ((r % 24000) % 7)])"""
_LIVE = """
COPY (SELECT 'aws' AS provider, (100000000000 + r % 40)::VARCHAR AS account, 'eu-west-1' AS region, 'AWS::EC2::Instance' AS type,
      'arn:aws:ec2:eu-west-1:' || (100000000000 + r % 40) || ':instance/i-' || substr(md5(r::VARCHAR), 1, 17) AS id,
      'n' || r AS name, to_json({tags})::VARCHAR AS tags, TIMESTAMP '2026-{at}' AS observed_at
      FROM range({resources}) t(r)) TO '{path}' (FORMAT parquet)"""
_SEEN = """BillingAccountId BillingCurrency BillingPeriodStart BillingPeriodEnd ChargePeriodStart ChargeCategory ChargeClass
    CommitmentDiscountId CommitmentDiscountStatus ProviderName PublisherName RegionId ResourceId ResourceType ServiceCategory
    ServiceName SubAccountId InvoiceId""".split()
REGISTRY = """\
version: 1
owner: cost-center
keys:
  cost-center:
    required: true
    values: {pattern: 'cc-[0-9]+|payments'}
  environment:
    required: true
    values: {list: [prod, test, dev]}
    value_aliases: {prod: [production]}
  app: {required: {environment: prod}}
"""


def write_case(folder: Path, lines: int, *, json_tags: bool = False) -> None:
    """A ready configuration with one month of `lines` bill lines and two inventory snapshots."""
    folder.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute(
        "SET memory_limit = '2GB'; SET preserve_insertion_order = false; SET enable_progress_bar = false"
    )
    tags = f"to_json({_MAP})::VARCHAR" if json_tags else _MAP
    (folder / "exports").mkdir(exist_ok=True)
    (folder / "inventory").mkdir(exist_ok=True)
    con.execute(
        _LINES.format(lines=lines, resources=RESOURCES, tags=tags, path=folder / "exports" / "bill.parquet")
    )
    for n, at in enumerate(("10-02", "10-31")):
        path = folder / "inventory" / f"live{n}.parquet"
        con.execute(_LIVE.format(tags=_MAP, resources=RESOURCES, path=path, at=at))
    greatest = ", ".join(f"max({c})" for c in (*_SEEN, "Tags" if json_tags else "cardinality(Tags)"))
    bill = folder / "exports" / "bill.parquet"
    (folder / "scan.sql").write_text(
        f"SELECT {greatest}, sum(BilledCost), sum(EffectiveCost) FROM '{bill}'", "utf-8"
    )
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "tagrecon.yaml").write_text(
        "registry: registry.yaml\nbilling: [{name: bill, connector: focus, location: exports/}]\n"
        "inventory: [{name: live, connector: files, location: inventory/}]\n",
        "utf-8",
    )
