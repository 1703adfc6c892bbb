"""Are the written files what the clouds would write, and the same for the same seed?"""

from __future__ import annotations

import gzip
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from configs.sample import write_estate
from configs.sample.company import ACCOUNTS, OWNERS, RETIRED_OWNER, accounts_of
from configs.sample.stories import REQUIRED_KEYS

MANDATORY = (
    "BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
    "ChargeCategory", "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost",
    "EffectiveCost", "InvoiceIssuerName", "ListCost", "ProviderName", "PublisherName", "ServiceCategory",
    "ServiceName",
)  # fmt: skip


def digests(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_estate(tmp_path / name, seed=3, scale=0.05)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_writes_another_bill(tmp_path: Path) -> None:
    for seed in (3, 4):
        write_estate(tmp_path / str(seed), seed=seed, scale=0.05)
    one, two = digests(tmp_path / "3"), digests(tmp_path / "4")
    assert one["exports/gcp/2026-10/focus.csv"] != two["exports/gcp/2026-10/focus.csv"]


def test_an_earlier_estate_in_the_folder_is_replaced(tmp_path: Path) -> None:
    stale = tmp_path / "exports" / "aws" / "2026-08" / "stale.parquet"
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"PAR1")
    write_estate(tmp_path, seed=3, scale=0.05)
    assert not stale.exists()


def test_a_scale_that_is_not_above_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        write_estate(tmp_path, scale=0)


def test_every_line_fills_the_columns_that_focus_makes_mandatory(estate: Any) -> None:
    for row in estate.bill:
        assert not [c for c in MANDATORY if row[c] is None]


def test_every_charge_lies_in_its_billing_period_unless_it_corrects_an_earlier_one(estate: Any) -> None:
    corrections = 0
    for row in estate.bill:
        start, end = instant(row["ChargePeriodStart"]), instant(row["ChargePeriodEnd"])
        assert start < end
        inside = instant(row["BillingPeriodStart"]) <= start and end <= instant(row["BillingPeriodEnd"])
        assert inside or row["ChargeClass"] == "Correction"
        corrections += not inside
    assert corrections


def test_covered_usage_is_billed_at_nothing_and_purchases_have_no_effective_cost(estate: Any) -> None:
    bought = [r for r in estate.bill if r.get("CommitmentDiscountId")]
    used = [r for r in bought if r["CommitmentDiscountStatus"] == "Used"]
    fees = [r for r in bought if r["ChargeCategory"] == "Purchase"]
    assert used
    assert fees
    assert all(r["BilledCost"] == 0 and r["EffectiveCost"] > 0 for r in used)
    assert all(r["EffectiveCost"] == 0 and r["BilledCost"] > 0 for r in fees)


def test_purchases_and_unused_commitments_are_their_own_resource(estate: Any) -> None:
    for row in estate.bill:
        bought = row.get("CommitmentDiscountId")
        if bought and row["CommitmentDiscountStatus"] != "Used":
            assert row["ResourceId"] == bought
            assert not row["Tags"]


def test_every_charge_category_is_there_in_every_cloud(estate: Any) -> None:
    for cloud in ("aws", "azure", "gcp"):
        found = {r["ChargeCategory"] for r in estate.bill if r["x_provider"] == cloud}
        assert found == {"Usage", "Purchase", "Tax", "Credit", "Adjustment"}


def test_an_aws_file_has_decimal_costs_and_a_map_of_tags(estate: Any) -> None:
    schema = pq.read_schema(next((estate.folder / "exports" / "aws").rglob("*.parquet")))
    assert pa.types.is_decimal(schema.field("BilledCost").type)
    assert schema.field("Tags").type == pa.map_(pa.string(), pa.string())


def test_google_names_the_service_provider_in_the_newest_month_only(estate: Any) -> None:
    heads = {
        p.parent.name: p.read_text(encoding="utf-8").splitlines()[0].split(",")
        for p in (estate.folder / "exports" / "gcp").rglob("*.csv")
    }
    assert [m for m, head in sorted(heads.items()) if "ServiceProviderName" in head] == ["2026-10"]


def test_azure_writes_ids_in_lower_case_and_knows_no_invoice(estate: Any) -> None:
    for path in (estate.folder / "exports" / "azure").rglob("*.csv.gz"):
        assert b"InvoiceId" not in gzip.decompress(path.read_bytes()).splitlines()[0]
    ids = [r["ResourceId"] for r in estate.bill if r["x_provider"] == "azure" and r["ResourceId"]]
    assert all(i == i.lower() for i in ids)


def test_the_vendor_has_its_own_currency_and_neither_resources_nor_tags(estate: Any) -> None:
    rows = [r for r in estate.bill if r["x_provider"] == "pagemark"]
    assert {r["BillingCurrency"] for r in rows} == {"GBP"}
    assert not any("ResourceId" in r for r in rows)


def test_the_tagging_dump_shows_no_resource_without_tags(estate: Any) -> None:
    dumps = list((estate.folder / "inventory").glob("*/aws-tagging/*.json"))
    assert len(dumps) == 6
    for path in dumps:
        assert all(m["Tags"] for m in json.loads(path.read_text(encoding="utf-8"))["ResourceTagMappingList"])


def test_azure_lists_its_containers_with_their_tags(estate: Any) -> None:
    path = estate.folder / "inventory" / "2026-11-02" / "azure" / "resources.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["data"]
    kinds = {r["type"] for r in rows if r["tags"] and r["type"].startswith("microsoft.resources/")}
    assert kinds == {"microsoft.resources/subscriptions", "microsoft.resources/subscriptions/resourcegroups"}


def test_an_instance_is_billed_by_its_short_id_and_listed_by_its_arn(estate: Any) -> None:
    path = estate.folder / "inventory" / "2026-11-02" / "aws"
    listed = [json.loads(x) for p in path.glob("*.jsonl") for x in p.read_text(encoding="utf-8").splitlines()]
    instances = {r["id"].split("/")[-1] for r in listed if r["type"] == "AWS::EC2::Instance"}
    billed = {
        r["ResourceId"]
        for r in estate.bill
        if r.get("ResourceType") == "AWS::EC2::Instance" and day(r) == "2026-10-31"
    }
    assert billed
    assert billed <= instances


def day(row: dict[str, Any]) -> str:
    return str(row["ChargePeriodStart"])[:10]


def test_the_registry_names_the_keys_owners_and_accounts_of_the_company(estate: Any) -> None:
    registry = yaml.safe_load((estate.folder / "registry.yaml").read_text(encoding="utf-8"))
    assert {k for k, key in registry["keys"].items() if key["required"]} == set(REQUIRED_KEYS)
    listed = registry["keys"]["cost-center"]["values"]["list"]
    assert [v if isinstance(v, str) else v["value"] for v in listed] == [*OWNERS, RETIRED_OWNER]
    exempted = {e["scope"]["account"] for e in registry["exemptions"]}
    assert exempted == {a.id for a in ACCOUNTS if a.exempt}


def test_the_allocation_sends_the_transit_account_to_its_pool(estate: Any) -> None:
    rules = yaml.safe_load((estate.folder / "allocation.yaml").read_text(encoding="utf-8"))["rules"]
    transit = next(a for a in accounts_of("aws") if a.pool)
    assert rules[0] == {"id": "transit-network", "when": {"SubAccountId": transit.id}, "to": "shared:network"}
