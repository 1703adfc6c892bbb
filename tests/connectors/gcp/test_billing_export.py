"""Is a Google Cloud billing export read alike in every form that leaves BigQuery?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.connectors.gcp.exports import as_csv, as_jsonl, as_parquet, credit, labels, line, opened, tag

CREDITED = [
    line(
        cost=10.0,
        labels=labels(app="web", team="a"),
        credits=[credit(-2.5), credit(-0.1, "SUSTAINED_USAGE_DISCOUNT")],
    ),
    line(cost=-5e-06, labels=labels(app="db", note=None), project__labels=labels(env="prod")),
    line(cost=0.3, tags=[tag("cost-center", "77", inherited=True), tag("tier", "gold")]),
]


def written(folder: Path, form: str) -> Path:
    if form == "parquet":
        return as_parquet(folder / "export.parquet", CREDITED)
    if form == "jsonl":
        return as_jsonl(folder / "export.json", CREDITED)
    return as_csv(folder / "export.csv", CREDITED, repr if form == "csv of Python" else json.dumps)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv", "csv of Python"])
def test_every_form_that_leaves_bigquery_says_the_same(tmp_path: Path, form: str, full: bool) -> None:
    bill = opened(written(tmp_path, form), full)
    assert bill.sums() == {
        "billed": Decimal("7.699995"), "effective": Decimal("7.699995"), "raw": Decimal("10.299995"), "gap": 0, "rows": 3,
    }  # fmt: skip
    assert bill.tags() == [{"app": "web", "team": "a"}, {"app": "db", "note": None}, {"tier": "gold"}]
    assert bill.inherited() == [{}, {"env": "prod"}, {"cost-center": "77"}]
    assert bill.rows(
        "BilledCost", "SubAccountId", "ServiceName", "RegionId", "ResourceType", where="x_row = 2"
    ) == [(Decimal("-0.000005"), "shop", "Compute Engine", "europe-west1", "instances")]
    assert bill.lines.has_resources
    assert not bill.bad()


def test_each_credit_is_a_row_of_its_own_and_no_further_line(tmp_path: Path) -> None:
    bill = opened(as_parquet(tmp_path / "e.parquet", CREDITED))
    assert bill.rows("x_row", "x_count", "x_SourceCost", "step_credits", "ListCost", where="x_row = 1") == [
        (1, 1, Decimal(10), Decimal(0), Decimal("1.5")),
        (1, 0, Decimal(0), Decimal("-2.5"), Decimal(0)),
        (1, 0, Decimal(0), Decimal("-0.1"), Decimal(0)),
    ]
    assert bill.classes()[:3] == [("Usage", "usage"), ("Credit", "credit"), ("Credit", "credit")]


def test_credits_are_not_multiplied_by_labels_and_tags(tmp_path: Path) -> None:
    many = line(
        cost=1.0,
        labels=labels(a="1", b="2", c="3"),
        tags=[tag("d", "4")],
        credits=[credit(-0.5), credit(-0.25)],
    )
    assert opened(as_parquet(tmp_path / "e.parquet", [many])).sums()["billed"] == Decimal("0.25")


def test_a_credit_keeps_the_tags_project_and_resource_of_its_line(tmp_path: Path) -> None:
    bill = opened(as_jsonl(tmp_path / "e.json", [line(labels=labels(app="web"), credits=[credit(-1.0)])]))
    [charge, relief] = bill.rows(
        "Tags", "SubAccountId", "ResourceId", "ChargePeriodStart", "BillingPeriodStart"
    )
    assert charge == relief


def test_a_credit_of_nothing_makes_no_row(tmp_path: Path) -> None:
    one = line(credits={"id": "", "full_name": "", "name": "", "type": "", "amount": 0})
    assert len(opened(as_jsonl(tmp_path / "e.json", [one])).rows("x_row")) == 1


def test_a_lone_credit_object_counts_as_a_list_of_one(tmp_path: Path) -> None:
    bill = opened(as_jsonl(tmp_path / "e.json", [line(credits=credit(-0.5))]))
    assert bill.sums()["billed"] == Decimal("0.75")


@pytest.mark.parametrize(
    ("resource", "found", "kind"),
    [
        ({"name": "web", "global_name": "//compute.googleapis.com/projects/p/zones/z/instances/42"}, "//compute.googleapis.com/projects/p/zones/z/instances/42", "instances"),
        ({"name": "b", "global_name": "//storage.googleapis.com/projects/_/buckets/b"}, "//storage.googleapis.com/projects/_/buckets/b", "buckets"),
        ({"name": "b", "global_name": "//storage.googleapis.com/b"}, "//storage.googleapis.com/b", None),
        ({"name": "web", "global_name": None}, "web", None),
        ({"name": "", "global_name": ""}, None, None),
        (None, None, None),
    ],
)  # fmt: skip
def test_a_resource_is_known_by_its_global_name(
    tmp_path: Path, resource: object, found: str | None, kind: str | None
) -> None:
    bill = opened(as_parquet(tmp_path / "e.parquet", [line(resource=resource)]))
    assert bill.rows("ResourceId", "ResourceType") == [(found, kind)]


def test_the_standard_export_has_no_resource_level(tmp_path: Path) -> None:
    bill = opened(as_parquet(tmp_path / "e.parquet", [line()], without=["resource", "price"]))
    assert not bill.lines.has_resources
    assert bill.lines.format == "Google Cloud billing export (standard)"


def test_a_json_file_whose_later_lines_name_resources_is_detailed(tmp_path: Path) -> None:
    plain = {k: v for k, v in line().items() if k != "resource"}
    assert opened(as_jsonl(tmp_path / "e.json", [plain, line()])).lines.has_resources
    assert not opened(as_jsonl(tmp_path / "f.json", [plain])).lines.has_resources


def test_a_new_cost_column_is_reported_and_harmless_ones_are_not(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "e.csv", [line()])
    path.write_text(
        path.read_text("utf-8")
        .replace("seller_name", "cost_after_tax", 1)
        .replace("transaction_type", "partition_date", 1),
        "utf-8",
    )
    assert opened(path).lines.unknown_columns == ("cost_after_tax",)


def test_flattened_columns_may_be_joined_by_underscores_and_in_capitals(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "e.csv", [line(project__labels=labels(env="prod"))])
    header, rest = path.read_text("utf-8").split("\n", 1)
    path.write_text(header.replace(".", "_").upper() + "\n" + rest, "utf-8")
    bill = opened(path)
    assert bill.rows("ServiceName", "BilledCost", "BillingPeriodStart::DATE::VARCHAR") == [
        ("Compute Engine", Decimal("1.25"), "2026-03-01")
    ]
    assert bill.inherited() == [{"env": "prod"}]


def test_dimensions_rest_on_no_column_with_a_value_per_line(tmp_path: Path) -> None:
    rows = [line(cost=n / 8, resource__name=f"vm-{n}", resource__global_name=f"//compute.googleapis.com/projects/p/zones/z/instances/{n}",
                 usage_start_time=f"2026-03-05T{n:02}:00:00Z", usage__amount=n, sku__id=f"s{n}") for n in range(20)]  # fmt: skip
    bill = opened(as_parquet(tmp_path / "e.parquet", rows), full=False)
    named = ", ".join(bill.lines.dim_columns)
    assert bill.con.execute(
        f"SELECT count(*) FROM (SELECT DISTINCT {named} FROM {bill.lines.raw})"
    ).fetchone() == (1,)


def test_an_older_table_with_fewer_fields_is_read(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    pair = pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())]))
    schema = pa.schema(
        [
            ("billing_account_id", pa.string()),
            ("service", pa.struct([("description", pa.string())])),
            ("usage_start_time", pa.timestamp("us", "UTC")),
            ("project", pa.struct([("id", pa.string())])),
            ("labels", pair),
            ("tags", pair),
            ("cost", pa.float64()),
            ("currency", pa.string()),
            ("credits", pa.list_(pa.struct([("name", pa.string()), ("amount", pa.float64())]))),
            ("invoice", pa.struct([("month", pa.string())])),
        ]
    )
    row = {
        "billing_account_id": "0A", "service": {"description": "Storage"}, "project": {"id": "p"}, "cost": 2.0, "currency": "USD",
        "usage_start_time": datetime(2026, 3, 5, tzinfo=UTC), "labels": labels(app="a"), "tags": labels(tier="1"),
        "credits": [{"name": "free", "amount": -0.5}], "invoice": {"month": "202603"},
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([row], schema), path)
    bill = opened(path)
    assert bill.rows("BilledCost", "x_CreditName", "ChargePeriodEnd") == [
        (2, None, None),
        (Decimal("-0.5"), "free", None),
    ]
    assert bill.tags() == [{"app": "a", "tier": "1"}]
    assert bill.classes() == [
        ("Usage", "usage"),
        ("Credit", "credit"),
    ]  # no cost_type: every line is a regular one
