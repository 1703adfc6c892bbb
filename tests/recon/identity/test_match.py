"""Which live resource a billed id means: one table of examples per provider, and what is never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import duckdb
import pytest

from recon.identity.match import match_bills

ME, OTHER = "111111111111", "222222222222"
ARN = f"arn:aws:ec2:eu-central-1:{ME}:instance/i-0abc12345678"
GCE = "//compute.googleapis.com/projects/shop/zones/b/instances/web"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/shop"
VM = "/subscriptions/s-1/resourcegroups/rg/providers/microsoft.compute/virtualmachines/vm-1"


@dataclass
class Both:
    """A store of nothing but resources and billed ids."""

    con: duckdb.DuckDBPyConnection
    numbers: int = 0

    def live(self, provider: str, id: str, *also: str, account: str = ME, type: str = "") -> None:
        self.numbers += 1
        folded = id.lower() if provider == "azure" else id
        self.con.execute(
            "INSERT INTO base.resource (resource_no, provider_id, account_id, resource_type, resource_id, folded_id) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [self.numbers, provider, account, type, id, folded],
        )
        self.con.executemany(
            "INSERT INTO base.resource_alias VALUES (?, ?)", [(self.numbers, alias) for alias in also]
        ) if also else None

    def billed(
        self, provider: str, id: str, account: str = ME, service: str = "Compute"
    ) -> tuple[str | None, str | None]:
        """How it met, and the id that it met."""
        self.con.execute(
            "DELETE FROM base.bill_resource; DELETE FROM base.charge; DELETE FROM base.charge_dim"
        )
        self.con.execute("INSERT INTO base.bill_resource VALUES (1, ?, ?)", [provider, id])
        self.con.execute(
            "INSERT INTO base.charge_dim (dim_no, sub_account_id, service_name) VALUES (1, ?, ?)",
            [account, service],
        )
        self.con.execute("INSERT INTO base.charge (charge_no, dim_no, bill_resource_no) VALUES (1, 1, 1)")
        self.ambiguous = match_bills(self.con)
        row: Any = self.con.execute(
            "SELECT match_method, resource_id FROM base.bill_match JOIN base.resource USING (resource_no)"
        ).fetchone()
        return row or (None, None)


@pytest.fixture
def both() -> Iterator[Both]:
    with duckdb.connect() as con:
        con.execute((files("recon.store") / "schema.sql").read_text("utf-8"))
        yield Both(con)


@pytest.mark.parametrize(
    ("live", "billed", "service", "method"),
    [
        (ARN, ARN, "AmazonEC2", "exact"),
        (ARN, "i-0abc12345678", "AmazonEC2", "short-id"),
        (ARN.replace("arn:aws:", "arn:aws-cn:"), ARN, "AmazonEC2", "arn"),
        ("arn:aws:s3:::logs-of-shop", "logs-of-shop", "Amazon Simple Storage Service", "bucket"),
        ("arn:aws:s3:::logs-of-shop", "logs-of-shop", "AmazonS3", "bucket"),
        (f"arn:aws:lambda:r:{ME}:function:f", f"arn:aws:lambda:r:{ME}:function:f:live", "AWS Lambda", "arn"),
        (f"arn:aws:lambda:r:{ME}:function:f", "f", "AWSLambda", "name"),
        (f"arn:aws:dynamodb:r:{ME}:table/t", f"arn:aws:dynamodb:r:{ME}:table/t/index/i", "AmazonDynamoDB", "arn"),
        (f"arn:aws:logs:r:{ME}:log-group:/aws/x:*", f"arn:aws:logs:r:{ME}:log-group:/aws/x", "CloudWatch", "arn"),
        (f"arn:aws:ec2:r:{ME}:natgateway/nat-0123456789abcdef0", "nat-0123456789abcdef0", "AmazonVPC", "short-id"),
    ],
)  # fmt: skip
def test_ids_of_aws_meet(both: Both, live: str, billed: str, service: str, method: str) -> None:
    both.live("aws", live)
    assert both.billed("aws", billed, service=service) == (method, live)


@pytest.mark.parametrize(
    ("live", "billed", "service"),
    [
        (
            "arn:aws:s3:::logs-of-shop",
            "logs-of-shop",
            "AmazonEC2",
        ),  # a name alone says nothing in another service
        (f"arn:aws:rds:r:{ME}:db:orders", "orders", "AmazonRDS"),
        (ARN, "i-0abc1234567", "AmazonEC2"),
        (f"arn:aws:ec2:r:{ME}:instance/web", "web", "AmazonEC2"),
        (ARN, "", "AmazonEC2"),
    ],
)
def test_what_only_looks_alike_meets_nothing(both: Both, live: str, billed: str, service: str) -> None:
    both.live("aws", live)
    assert both.billed("aws", billed, service=service) == (None, None)
    assert both.ambiguous == 0


def test_a_short_id_counts_within_its_account_alone(both: Both) -> None:
    both.live("aws", ARN)
    assert both.billed("aws", "i-0abc12345678", account=OTHER) == (None, None)


def test_an_id_that_could_mean_two_is_counted_and_met_with_neither(both: Both) -> None:
    for region in ("eu-central-1", "us-east-1"):
        both.live("aws", f"arn:aws:ec2:{region}:{ME}:instance/i-0abc12345678")
    assert both.billed("aws", "i-0abc12345678") == (None, None)
    assert both.ambiguous == 1
    assert both.con.execute("SELECT found, resources FROM base.ambiguous_match").fetchall() == [(2, [1, 2])]


def test_the_surest_key_that_meets_anything_decides(both: Both) -> None:
    both.live("aws", "i-0abc12345678")
    both.live("aws", ARN)
    assert both.billed("aws", "i-0abc12345678") == ("exact", "i-0abc12345678")


@pytest.mark.parametrize(
    "billed", [VM, VM.upper(), f"{VM}/", VM.lstrip("/"), VM.replace("resourcegroups", "resourceGroups")]
)
def test_ids_of_azure_meet_however_they_are_written(both: Both, billed: str) -> None:
    both.live("azure", VM)
    assert both.billed("azure", billed)[1] == VM


def test_a_child_of_azure_is_not_its_parent(both: Both) -> None:
    both.live("azure", "/subscriptions/s/resourcegroups/g/providers/microsoft.sql/servers/x")
    child = "/subscriptions/s/resourcegroups/g/providers/microsoft.sql/servers/x/databases/y"
    assert both.billed("azure", child) == (None, None)


@pytest.mark.parametrize(
    ("billed", "method"),
    [
        (GCE, "exact"),
        (GCE.replace("/projects/shop/", "/projects/4242/"), "project"),
        (GCE.replace("/web", "/987654321"), "alias"),
        (GCE.replace("/projects/shop/", "/projects/4242/").replace("/web", "/987654321"), "alias"),
    ],
)
def test_ids_of_google_cloud_meet_by_number_and_by_name(both: Both, billed: str, method: str) -> None:
    both.live(
        "gcp", PROJECT, "projects/4242", account="shop", type="cloudresourcemanager.googleapis.com/Project"
    )
    both.live("gcp", GCE, GCE.replace("/web", "/987654321"), account="shop")
    assert both.billed("gcp", billed, account="shop") == (method, GCE)


@pytest.mark.parametrize(
    "billed",
    [
        "//storage.googleapis.com/projects/_/buckets/logs-of-shop",
        "projects/_/buckets/logs-of-shop",
        "logs-of-shop",
    ],
)
def test_a_bucket_of_google_cloud_is_written_in_many_ways(both: Both, billed: str) -> None:
    both.live("gcp", "//storage.googleapis.com/logs-of-shop", account="shop")
    assert both.billed("gcp", billed, "shop", "Cloud Storage") == (
        "bucket",
        "//storage.googleapis.com/logs-of-shop",
    )


def test_another_id_that_the_inventory_knows_meets_as_an_alias(both: Both) -> None:
    both.live("aws", f"arn:aws:rds:r:{ME}:cluster:orders", f"arn:aws:rds:r:{ME}:cluster:cluster-ABC")
    assert both.billed("aws", f"arn:aws:rds:r:{ME}:cluster:cluster-ABC")[0] == "alias"


def test_a_provider_that_nobody_knows_meets_by_the_id_itself(both: Both) -> None:
    both.live("oci", "ocid1.instance.oc1..x")
    assert both.billed("oci", "ocid1.instance.oc1..x") == ("exact", "ocid1.instance.oc1..x")
    assert both.billed("oci", "OCID1.INSTANCE.OC1..X") == (None, None)
