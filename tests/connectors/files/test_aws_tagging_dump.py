"""A dump of the AWS tagging API: are types, names and regions those of the live route, for one estate seen both ways?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.aws.inventory.names import parse
from connectors.files import open_dump
from recon.taggability import load_taggability

ME, HERE = "111111111111", "eu-west-1"
# the ARN → its type, as the taggability table spells it
TYPES = {
    f"arn:aws:ec2:{HERE}:{ME}:instance/i-0": "ec2:instance",
    f"arn:aws:sqs:{HERE}:{ME}:orders": "sqs:queue",
    f"arn:aws:sns:{HERE}:{ME}:alerts": "sns:topic",
    f"arn:aws:sns:{HERE}:{ME}:alerts:9f0c": "sns:subscription",
    "arn:aws:s3:::bills": "s3:bucket",
    f"arn:aws:apigateway:{HERE}::/restapis/a1b2": "apigateway:restapis",
    f"arn:aws:apigateway:{HERE}::/apis/a1b2": "apigateway:apis",
    f"arn:aws:wafv2:{HERE}:{ME}:regional/webacl/edge/5f": "wafv2:regional/webacl",
    f"arn:aws:wafv2:us-east-1:{ME}:global/rulegroup/edge/5f": "wafv2:global/rulegroup",
    f"arn:aws:emr-serverless:{HERE}:{ME}:/applications/00f": "emr-serverless:applications",
    f"arn:aws:cassandra:{HERE}:{ME}:/keyspace/shop": "cassandra:keyspace",
    f"arn:aws:rds:{HERE}:{ME}:db:orders": "rds:db",
    f"arn:aws:logs:{HERE}:{ME}:log-group:/aws/lambda/x": "logs:log-group",
    f"arn:aws:elasticloadbalancing:{HERE}:{ME}:loadbalancer/app/web/50dc": "elasticloadbalancing:loadbalancer",
    f"arn:aws:iam::{ME}:role/service-role/audit": "iam:role",
    f"arn:aws:dynamodb:{HERE}:{ME}:table/orders": "dynamodb:table",
    f"arn:aws-cn:kms:cn-north-1:{ME}:key/11": "kms:key",
    f"arn:aws:secretsmanager:{HERE}:{ME}:secret:a/b-Xy12": "secretsmanager:secret",
}


def page(*arns: str) -> dict[str, Any]:
    return {
        "ResourceTagMappingList": [{"ResourceARN": arn, "Tags": [{"Key": "k", "Value": "v"}]} for arn in arns]
    }


def opened(path: Path, *pages: dict[str, Any]) -> dict[str, dict[str, Any]]:
    path.write_text("\n".join(json.dumps(each) for each in pages), "utf-8")
    with duckdb.connect() as con:
        found = con.execute(f"SELECT * FROM {open_dump(con, path, 'dump').relation}")
        names = [column[0] for column in found.description or ()]
        return {row[names.index("id")]: dict(zip(names, row, strict=True)) for row in found.fetchall()}


@pytest.fixture(scope="module")
def dumped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return opened(tmp_path_factory.mktemp("dump") / "page.json", page(*TYPES))


@pytest.mark.parametrize("arn", TYPES)
def test_dump_and_live_listing_name_it_alike(dumped: dict[str, dict[str, Any]], arn: str) -> None:
    row, live = dumped[arn], parse(arn)
    assert live is not None
    assert (row["type"], live.type) == (TYPES[arn], TYPES[arn])
    assert (row["name"], row["account"] or "") == (live.name, live.account)
    if live.service != "s3":
        assert (row["region"] or "") == live.region


@pytest.mark.parametrize("kind", sorted(set(TYPES.values())))
def test_the_shipped_table_knows_the_type_by_this_name(kind: str) -> None:
    patterns = [p for p in load_taggability().patterns if p.provider == "aws" and p.type_glob]
    assert any(pattern.speaks_of(kind, "") for pattern in patterns)


def test_a_bucket_lies_in_the_region_of_its_page(tmp_path: Path) -> None:
    west, east = (f"arn:aws:ec2:{region}:{ME}:volume/vol-1" for region in (HERE, "us-east-1"))
    role = f"arn:aws:iam::{ME}:role/audit"
    rows = opened(
        tmp_path / "pages.jsonl",
        page(west, "arn:aws:s3:::a"),
        page("arn:aws:s3:::b", east, role),
        page("arn:aws:s3:::c"),
    )
    assert {row["name"]: row["region"] for row in rows.values() if row["type"] == "s3:bucket"} == {
        "a": HERE, "b": "us-east-1", "c": None,
    }  # fmt: skip
    assert rows[role]["region"] is None


def test_a_page_of_several_regions_says_nothing_of_its_buckets(tmp_path: Path) -> None:
    arns = [f"arn:aws:ec2:{region}:{ME}:volume/vol-1" for region in (HERE, "us-east-1")]
    assert opened(tmp_path / "page.json", page(*arns, "arn:aws:s3:::a"))["arn:aws:s3:::a"]["region"] is None
